/**
 * The main entry with the customer portal, for programs with a file system. The client that `createLicenseClient`
 * creates also has the method `portal()`, and can act for computers that are never online.
 */

import type { LicenseOptions } from "../create.js";
import { platform } from "../node/apps-platform.js";
import { isPage } from "../node/test-runner.js";
import { createWithPortal } from "./create.js";
import type { NodePortalClient } from "./portal.js";

export * from "./public.js";

/** Creates a client in the same way as the package's main entry, and adds the customer portal to the client. */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<NodePortalClient<Feature>> {
  return createWithPortal(options, platform(), !isPage());
}
