// The settings of this app's license.

import { net } from "electron";
import { createLicenseClient } from "polar-license/node";

export const openLicense = () =>
  createLicenseClient({
    organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
    appId: "com.acme.electron",
    features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
    environment: "production", // or the address of a local Polar
    fetch: (url, init) => net.fetch(url, init), // uses the system's proxy and the certificates that the system trusts
  });
