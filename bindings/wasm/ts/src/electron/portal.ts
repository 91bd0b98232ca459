/** For pages in the windows of an Electron app: the customer portal that the main process shares. */

import { LicenseError } from "../error.js";
import type { License } from "../license.js";
import type { Portal } from "../portal/methods.js";
import { type PageLicense, pagePortal } from "../portal/page.js";

export { LicenseError } from "../error.js";
export type * from "../portal/public-types.js";

/**
 * Returns the customer portal of a window's license. The portal helps a customer who has lost the key, whose device is
 * dead, or who has just bought a license. `license` is `window.license`, which `exposeLicense` has created. This
 * function itself sends no message to the main process.
 *
 * The portal's operations reject with `invalid_argument` unless the main process passes the option `portal` to
 * `shareLicense`.
 */
export function portalOf(license: License): Portal {
  if ("callPortal" in license) return pagePortal(license as PageLicense);
  throw new LicenseError("invalid_argument", "`license` must be the license that `exposeLicense` has given to the window");
}
