// The settings of this extension's license. Service workers have no localStorage, so the record is in IndexedDB, which
// all pages share.

import { createLicenseClient, indexedDbStorage } from "polar-license";

export const openLicense = () =>
  createLicenseClient({
    organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
    appId: "com.acme.extension",
    features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
    environment: "production", // or the address of a local Polar, which `host_permissions` in the manifest needs too
    storage: indexedDbStorage(),
    autoRefresh: false, // a service worker ends after a few seconds, so a timer in it is useless
  });
