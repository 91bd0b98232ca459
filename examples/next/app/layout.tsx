// The frame of every page, rendered on the server. The pages inside it open the license, in the browser.

import type { ReactNode } from "react";
import { AppLicense } from "./license";

export const metadata = { title: "Acme" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <AppLicense>{children}</AppLicense>
      </body>
    </html>
  );
}
