/**
 * What an app runs on where the entry for Node was loaded: a program, a test of one, a test of a page, or a server that draws
 * pages, where a license of the user's device has no place.
 */

import type { Platform } from "../create.js";
import { LicenseError } from "../error.js";
import { web } from "../web.js";
import { node } from "./platform.js";
import { isPage, isTest, memoryOfTests } from "./test-runner.js";

export function platform(): Platform {
  return isPage() ? web : isTest() ? underTest : program;
}

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
