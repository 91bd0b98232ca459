// Rendered on the server, without a license. The parts that need one are rendered in the browser.

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
