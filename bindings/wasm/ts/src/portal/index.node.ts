/**
 * The main entry for programs with a file system, with the customer portal: `createLicenseClient`, whose client has `portal()`
 * as well.
 */

import type { LicenseOptions } from "../create.js";
import { platform } from "../node/apps-platform.js";
import { isPage } from "../node/test-runner.js";
import { createWithPortal } from "./create.js";
import type { PortalClient } from "./portal.js";

export * from "./public.js";

/** As that of the main entry. The client has the customer portal besides. */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<PortalClient<Feature>> {
  return createWithPortal(options, platform(), !isPage());
}
