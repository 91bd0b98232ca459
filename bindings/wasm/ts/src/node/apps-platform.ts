/**
 * The platform of an app that loads the entry for Node: a program, a test of one, a test of a page, or a server that
 * draws pages, which must not open a license of the user's device.
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

/** The platform of tests: without the developer's own files and machine, and in memory only. */
const underTest: Platform = { ...node, storage: memoryOfTests, device: async () => "" };
