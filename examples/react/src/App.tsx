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

/** The state of the license, and the form for the key while the feature is off. */
function License() {
  const { decision, busy, error, allows, activate, deactivate } = useLicense();
  if (!decision) return <p>{error?.message}</p>; // the client is still opening, or could not be opened
  return (
    <>
      <output>{error?.message ?? decision.message}</output>
      {decision.allowed && <button onClick={() => deactivate()}>Deactivate</button>}
      {!allows("export") && ( // also shown to a customer of another plan, who needs it to enter an upgrade's key
        <form action={(form) => void activate(String(form.get("key")))}>
          <input name="key" aria-label="License key" /> <button disabled={busy}>Activate</button>
        </form>
      )}
    </>
  );
}
