/**
 * Chooses the platform for an app that has loaded the Node entry of this package. A test of a page gets the platform of
 * pages. Another test works in memory. A server that renders pages gets an error, because it must not open the license
 * of a user's device. Every other program gets Node's platform.
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

/**
 * The platform for apps that run under a test runner. Works in memory only, and does not use the files or the machine
 * id of the developer.
 */
const underTest: Platform = { ...node, storage: memoryOfTests, device: async () => "" };
