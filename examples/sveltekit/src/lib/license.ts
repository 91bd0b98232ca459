// The settings of this app's license. The caller creates the client: in the browser, never on the server.

import { createLicenseClient } from "polar-license";

export const openLicense = () =>
  createLicenseClient({
    organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
    appId: "com.acme.sveltekit",
    features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
    environment: "production", // or the address of a local Polar
  });
