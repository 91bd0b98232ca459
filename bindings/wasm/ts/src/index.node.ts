/**
 * License keys sold through Polar, for programs with a file system: `createLicenseClient`. What an app writes is the same
 * as in browsers; the license is kept in a file, and a seat belongs to the machine. A server that draws pages gets this
 * entry too, where a license of the user's device has no place.
 */

import { create, type LicenseOptions } from "./create.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { platform } from "./node/apps-platform.js";

export * from "./public.js";

/**
 * Reads what is stored on this device. Asks nobody: `refresh` does.
 *
 * Storage that cannot be read does not fail: the decision says so. Rejects with a `LicenseError` of kind
 * `invalid_config` if a setting is wrong or on a server that draws pages, and `unsupported` if WebAssembly does not run here.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, platform(), inlined);
}
