/**
 * The type of a client that has the customer portal. This module contains only types, so that a page can import them
 * without loading the portal.
 *
 * ```text
 *   license.portal() ── requestCode ── authenticate ─┐
 *                    ── checkout ── follow ──────────┤
 *                    ── claimSeat ───────────────────┼─► session ── restore · licenseKeys · usableKeys · devices · release · rotate
 *                    ── sessionFromToken ────────────┘
 * ```
 *
 * Addresses, names and labels are personal data. When an object is logged, copied, or converted by `JSON.stringify`,
 * the members that hold such data are left out. No object contains tokens, codes or license keys.
 */

import type { LicenseClient, OfflineService } from "../license.js";
import type { Portal } from "./methods.js";

/** A license that this program itself holds, together with its customer portal. */
export interface PortalClient<Feature extends string = string> extends LicenseClient<Feature> {
  /**
   * Returns the customer portal, which helps a customer who has lost the key, whose device is dead, or who has just
   * bought a license. Sends no request.
   */
  portal(this: void): Portal;
}

/**
 * A license that a program in Node, Bun, Deno or Electron's main process holds, together with its customer portal. Such
 * a program can also act for computers that are never online.
 */
export interface NodePortalClient<Feature extends string = string> extends PortalClient<Feature>, OfflineService {}
