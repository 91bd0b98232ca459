/**
 * The main entry point, with the customer portal. The client that `createLicenseClient` creates also has the method
 * `portal()`.
 */

import type { LicenseOptions } from "../create.js";
import { web } from "../web.js";
import { createWithPortal } from "./create.js";
import type { PortalClient } from "./portal.js";

export * from "./public.js";

/** Creates a client in the same way as the package's main entry, and adds the customer portal to the client. */
export function createLicenseClient<Feature extends string = string>(
  options: LicenseOptions<Feature>,
): Promise<PortalClient<Feature>> {
  return createWithPortal(options, web, false);
}
