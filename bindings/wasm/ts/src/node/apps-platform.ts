/**
 * What an app runs on where the entry for Node was loaded: a program, a test of one, a test of a page, or a server that draws
 * pages, where a license of the user's device has no place.
 */

import type { Platform } from "../create.js";
import { LicenseError } from "../error.js";
import { web } from "../web.js";
import { refusalOnPageServer } from "./page-servers.js";
import { node } from "./platform.js";
import { isPage, isTest, memoryOfTests } from "./test-runner.js";

export function platform(): Platform {
  return isPage() ? web : isTest() ? underTest : program;
}

const program: Platform = {
  ...node,
  storage() {
    const refusal = refusalOnPageServer();
    if (refusal) throw new LicenseError("invalid_config", refusal);
    return node.storage();
  },
};

/** Not the developer's own files and machine: what a test does ends with it. */
const underTest: Platform = { ...node, storage: memoryOfTests, device: async () => "" };
