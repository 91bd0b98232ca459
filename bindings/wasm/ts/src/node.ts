/**
 * What the main entry is in Node, whatever platform a bundler assumes, for a license of the program itself, a server's
 * too; and the file storage, to choose its directory.
 */

import { create, type LicenseOptions } from "./create.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { node } from "./node/platform.js";

export { fileStorage, type FileStorageOptions } from "./node/file-storage.js";
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
  return create(options, node, inlined);
}
