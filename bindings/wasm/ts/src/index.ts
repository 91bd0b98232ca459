/**
 * License keys sold through Polar, for browsers: `createLicenseClient`.
 */

import { create, type LicenseOptions } from "./create.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { web } from "./web.js";

export * from "./public.js";

/**
 * Reads what is stored on this device. Asks nobody: `refresh` does.
 *
 * Storage that cannot be read does not fail: the decision says so. Rejects with a `LicenseError` of kind
 * `invalid_config` if a setting is wrong, and `unsupported` if WebAssembly does not run here.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, web, inlined);
}
