/**
 * The client for Node. Import this entry if a bundler would otherwise choose the entry of another platform, or if the
 * licensed program is itself a server. Also exports the file storage, so that an app can choose the directory.
 */

import { create, type LicenseOptions } from "./create.js";
import type { NodeLicenseClient } from "./license.js";
import { node } from "./node/platform.js";
import { inlined } from "./portal/inlined.js";

export type { NodeLicenseClient } from "./license.js";
export { fileStorage, type FileStorageOptions } from "./node/file-storage.js";
export * from "./public.js";

/**
 * Creates a client, and reads the license that is stored on this device. Sends no request. To ask Polar, call
 * `refresh`.
 *
 * If the storage cannot be read, the decision has a `problem`. Rejects with a `LicenseError` of kind `invalid_config`
 * if a setting is wrong, or of kind `unsupported` if WebAssembly does not run here.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<NodeLicenseClient<Feature>> {
  return create(options, node, inlined);
}
