/**
 * The main entry point for programs that run in Node, in Electron's main process, in Deno or in Bun. Apps call
 * `createLicenseClient` as they do in browsers, but the license is kept in a file, and a seat belongs to the machine.
 *
 * A server that renders pages also loads this entry point. `createLicenseClient` rejects if it detects such a server,
 * because the license belongs to the user's device.
 */

import { create, type LicenseOptions } from "./create.js";
import type { LicenseClient } from "./license.js";
import { platform } from "./node/apps-platform.js";
import { inlined } from "./portal/inlined.js";

export * from "./public.js";

/**
 * Creates a client, and reads the license that is stored on this device. Sends no request. To ask Polar, call
 * `refresh`.
 *
 * If the storage cannot be read, the decision has a `problem`. Rejects with a `LicenseError` of kind `invalid_config`
 * if a setting is wrong, or if this is a server that renders pages. Rejects with the kind `unsupported` if WebAssembly
 * does not run here.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, platform(), inlined);
}
