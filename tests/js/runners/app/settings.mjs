// The settings of the tested app. Its product is the demo product of the local Polar.
export const SETTINGS = {
  organizationId: "de300000-0000-4000-8000-000000000001",
  appId: "com.acme.runners",
  features: { export: ["de300000-0000-4000-8000-0000000000b1"] },
};
export const KEY = "POLAR-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0";
