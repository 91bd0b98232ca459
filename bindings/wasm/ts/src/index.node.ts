/**
 * License keys sold through Polar, for programs with a file system: `createLicenseClient`. What an app writes is the same
 * as in browsers; the license is kept in a file, and a seat belongs to the machine. A server that draws pages gets this
 * entry too, where a license of the user's device has no place.
 */

import { create, type LicenseOptions, type Platform } from "./create.js";
import { LicenseError } from "./error.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { node } from "./node/platform.js";
import { isPage, isTest, memoryOfTests } from "./node/test-runner.js";
import { web } from "./web.js";

export * from "./public.js";

const program: Platform = {
  ...node,
  storage() {
    // Next puts it there where it draws on a server
    if (process.env["NEXT_RUNTIME"]) throw new LicenseError("invalid_config", ON_A_SERVER);
    return node.storage();
  },
};

/** Not the developer's own files and machine: what a test does ends with it. */
const underTest: Platform = { ...node, storage: memoryOfTests, device: async () => "" };
const ON_A_SERVER =
  "the client would be made on Next's server, and a license belongs to the user's device: make it in the browser, in a file " +
  'that begins with "use client", by `<LicenseProvider license={() => createLicenseClient(…)}>` or in an effect; for a ' +
  "license of the server itself import `polar-license/node`, or give the client a `storage`";

/**
 * Reads what is stored on this device. Asks nobody: `refresh` does.
 *
 * Storage that cannot be read does not fail: the decision says so. Rejects with a `LicenseError` of kind
 * `invalid_config` if a setting is wrong, if WebAssembly is not allowed, or on a server that draws pages.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, isPage() ? web : isTest() ? underTest : program, inlined);
}
