// Drawn on the server, where there is no license; the parts that need one are drawn in the browser.

import { ExportButton, LicenseForm } from "./license";

export default function Page() {
  return (
    <main>
      <h1>Acme</h1>
      <LicenseForm />
      <ExportButton />
    </main>
  );
}
