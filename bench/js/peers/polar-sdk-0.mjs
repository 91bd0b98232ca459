import { PolarCore } from "polar-sdk-0/core.js";
import { customerPortalLicenseKeysValidate } from "polar-sdk-0/funcs/customerPortalLicenseKeysValidate.js";

export const validate = async (url, key, organizationId) => {
  const polar = new PolarCore({ serverURL: url });
  const result = await customerPortalLicenseKeysValidate(polar, { key, organizationId });
  return result.ok && result.value.status === "granted";
};
