/**
 * The client with the customer portal. Types only, so that a page can name them without loading the portal.
 *
 * ```text
 *   license.portal() ── requestCode ── authenticate ─┐
 *                    ── checkout ── follow ──────────┤
 *                    ── claimSeat ───────────────────┼─► session ── restore · licenseKeys · usableKeys · devices · release · rotate
 *                    ── sessionFromToken ────────────┘
 * ```
 *
 * Addresses, names and labels are members that no log, `JSON.stringify` or copy shows. Tokens, codes and license keys are in
 * no object.
 */

import type { LicenseClient } from "../license.js";
import type { Portal } from "./methods.js";

/** A license that this program holds itself, and the customer portal for it. */
export interface PortalClient<Feature extends string = string> extends LicenseClient<Feature> {
  /** The customer portal: for a customer who lost the key, has a dead machine, or has just bought. Sends nothing. */
  portal(this: void): Portal;
}
