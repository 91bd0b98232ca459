/**
 * License keys sold through Polar, for programs with a file system: `createLicenseClient`. What an app writes is the same
 * as in browsers; the license is kept in a file, and a seat belongs to the machine.
 */

import { create, type LicenseOptions, type Platform } from "./create.js";
import { inlined } from "./inlined.js";
import type { LicenseClient } from "./license.js";
import { fileStorage } from "./node/file-storage.js";
import { machineSource } from "./node/machine.js";
import { systemName } from "./node/system-name.js";
import { isPage, isTest, memoryOfTests } from "./node/test-runner.js";
import { web } from "./web.js";

export * from "./public.js";

const node: Platform = {
  storage: () => fileStorage(),
  system: systemName,
  device: async () => (await machineSource()) ?? "",
};

/** Not the developer's own files and machine: what a test does ends with it. */
const underTest: Platform = { ...node, storage: memoryOfTests, device: async () => "" };

/**
 * Reads what is stored on this device. Asks nobody: `refresh` does.
 *
 * Storage that cannot be read does not fail: the decision says so. Rejects with a `LicenseError` of kind
 * `invalid_config` if a setting is wrong or WebAssembly is not allowed.
 */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  return create(options, isPage() ? web : isTest() ? underTest : node, inlined);
}
