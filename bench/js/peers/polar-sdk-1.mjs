import { createPolarCore } from "@polar-sh/sdk/2026-10";
import { validateLicenseKeys } from "@polar-sh/sdk/2026-10/services/customer_portal/license_keys";

// This version of the SDK always sends a token. Without this constant it would send `Bearer undefined`, to which Polar
// replies with 401. The local Polar accepts this token. A real page must not contain a token.
const accessToken = "polar_oat_DEMO";

export const validate = async (url, key, organization) => {
  const polar = createPolarCore({ accessToken, baseUrl: url });
  return (await validateLicenseKeys(polar)({ key, organization_id: organization })).status === "granted";
};
