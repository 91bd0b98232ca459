// An app with one paid feature, which renders again whenever the license changes.

import { Gate, LicenseProvider, useLicense } from "polar-license/react";
import { openLicense } from "./license";

export const App = () => (
  <LicenseProvider license={openLicense}>
    <h1>Acme</h1>
    <License />
    <Gate feature="export" fallback={({ message }) => <p>Exporting is off: {message}</p>}>
      <button>Export</button>
    </Gate>
  </LicenseProvider>
);

/** The state of the license, and the form for the key. */
function License() {
  const { decision, busy, error, activate, deactivate } = useLicense();
  if (!decision) return <p>{error?.message}</p>; // the client is still opening, or could not be opened
  const status = error?.message ?? decision.message;
  if (decision.allowed) {
    return (
      <p>
        <output>{status}</output> <button onClick={() => deactivate()}>Deactivate</button>
      </p>
    );
  }
  return (
    <form action={(form) => void activate(String(form.get("key")))}>
      <output>{status}</output> <input name="key" aria-label="License key" /> <button disabled={busy}>Activate</button>
    </form>
  );
}
