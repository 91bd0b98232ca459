"use client";
// The parts of the page that need the license. `LicenseProvider` calls `open`, which creates the client in the browser.

import type { ReactNode } from "react";
import { createLicenseClient } from "polar-license";
import { Gate, LicenseProvider, useLicense } from "polar-license/react";

const open = () =>
  createLicenseClient({
    organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
    appId: "com.acme.next",
    features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
    environment: "production", // or the address of a local Polar
  });

export const AppLicense = ({ children }: { children: ReactNode }) => (
  <LicenseProvider license={open}>{children}</LicenseProvider>
);

export const ExportButton = () => (
  <Gate feature="export" fallback={({ message }) => <p>Exporting is off: {message}</p>}>
    <button>Export</button>
  </Gate>
);

export function LicenseForm() {
  const { decision, busy, error, allows, activate, deactivate } = useLicense();
  if (!decision) return <p>{error?.message ?? "Looking for the license …"}</p>;
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
