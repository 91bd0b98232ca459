/** The main entry point for browsers. Apps create their client with `createLicenseClient`. */

import { create, type LicenseOptions } from "./create.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { web } from "./web.js";

export * from "./public.js";

/**
 * Creates a client, and reads the license that is stored on this device. Does not wait for Polar. The automatic refresh
 * asks Polar in the background; call `refresh` to wait for the answer.
 *
 * If the storage cannot be read, the decision has a `problem`. Rejects with a `LicenseError` of kind `invalid_config`
 * if a setting is wrong, and of kind `unsupported` if WebAssembly does not run here.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, web, inlined);
}
