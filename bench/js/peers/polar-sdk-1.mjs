import { createPolarCore } from "@polar-sh/sdk/2026-10";
import { validateLicenseKeys } from "@polar-sh/sdk/2026-10/services/customer_portal/license_keys";

// This version always sends a token, without one `Bearer undefined`, which Polar answers with 401. The local Polar knows
// this token; a page must not contain one.
const accessToken = "polar_oat_DEMO";

export const validate = async (url, key, organization) => {
  const polar = createPolarCore({ accessToken, baseUrl: url });
  return (await validateLicenseKeys(polar)({ key, organization_id: organization })).status === "granted";
};
