/**
 * What an app uses of the customer portal. Types only, so that a page can name them without loading the portal.
 *
 * ```text
 *   license.portal() ── requestCode ── authenticate ─┐
 *                    ── checkout ── follow ──────────┤
 *                    ── claimSeat ───────────────────┼─► session ── restore · licenseKeys · usableKeys · devices · release · rotate
 *                    ── sessionFromToken ────────────┘
 * ```
 *
 * What is personal or secret (addresses, names, labels) is a member that no log, `JSON.stringify` or copy shows; tokens,
 * codes and license keys are in none.
 */

import type { LicenseError } from "../error.js";
import type { CallOptions, LicenseClient } from "../license.js";
import type { Deactivated, Decision } from "../types.js";
import type { CodeSent, Customer, Device, HiddenDevices, LicenseKey, Progress } from "./types.js";

/** A license that this program holds itself, and the customer portal for it. */
export interface PortalClient<Feature extends string = string> extends LicenseClient<Feature> {
  /** The customer portal: for a customer who lost the key, has a dead machine, or has just bought. Sends nothing. */
  portal(this: void): Portal;
}

/** What a customer can do before there is a session. Each method works without its object too. */
export interface Portal {
  /**
   * Has a code mailed to the address of the purchase. Nobody can tell whether the address is known: show `message`, which
   * has the address in it.
   *
   * Rejects with `invalid_argument` for what is no e-mail address; `rate_limited` with `retryAfterMs` if too many codes were
   * requested or tried; `storage` if that cannot be counted: then nothing was sent.
   */
  requestCode(this: void, email: string, options?: CallOptions): Promise<CodeRequest>;

  /** Has a code mailed for one of several customers with the same address. Rejects as `requestCode`. */
  requestCodeFor(this: void, customer: Customer, options?: CallOptions): Promise<CodeRequest>;

  /**
   * Begins a session with a code from a mail. It is trimmed and written in capital letters, and refused without a request
   * if it cannot be a code.
   *
   * Rejects with `invalid_argument` for a code that is wrong or has expired; otherwise as `requestCode`. If no answer comes,
   * the code may be used up: ask for another one.
   */
  authenticate(this: void, code: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Begins a session by accepting an invitation to a team: its token, or the link in its mail. It works once. The key comes
   * a moment later: `restoreWhenGranted`.
   *
   * Rejects with `refused` if the invitation was used or has expired. If no answer comes, it may have been accepted; a code
   * by e-mail does the same then.
   */
  claimSeat(this: void, invitation: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * A session with a token that a success page or the vendor's backend hands over. Sends nothing. A page cannot know who
   * sent it a token: compare a value that only the app and its own purchase know.
   *
   * Rejects with `invalid_argument` for what cannot be a token.
   */
  sessionFromToken(this: void, token: string): Promise<PortalSession>;

  /**
   * Makes a checkout by the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its `address` in a browser. Parameters of
   * the link are kept, except those that name the buyer.
   *
   * Rejects with `invalid_argument` for what is no link, and in web pages, which cannot see where a link leads: there use
   * `checkoutFromSecret`; `refused` if Polar does not know it.
   */
  checkout(this: void, link: string, options?: CallOptions): Promise<Checkout>;

  /** A checkout that the vendor's backend has made, by its client secret. Sends nothing. */
  checkoutFromSecret(this: void, clientSecret: string): Promise<Checkout>;
}

/**
 * What a customer may do for an hour: find the license keys, restore the license, manage devices. Keep it in memory only, and
 * drop it with the dialog that it belongs to; Polar cannot end it early. Each method works without its object too, and rejects
 * with `refused` and no `reason` if the session has ended.
 */
export interface PortalSession {
  /**
   * The customer's license keys of this organization and of the benefits that the settings accept: those that can be used
   * first, and of them those that last longest.
   */
  licenseKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Those of the `licenseKeys` that can be used, in the same order; one at least. Where all have expired by the clock of this
   * device, which may be wrong, it is the one that lasts longest: Polar decides when it is activated.
   *
   * Rejects with `refused` and a `reason` if the customer has no key for this app, or none that can be used.
   */
  usableKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Activates the customer's license key on this device: the one that is active here, or the only one that can be used.
   * Where all have expired by the clock of this device, which may be wrong, Polar is asked about the one that lasts longest;
   * a key that has expired takes no seat.
   *
   * Rejects with `refused` and a `reason` if the customer has no key for this app, or none that can be used; otherwise as
   * the license's `activate`.
   */
  restore(this: void, options?: CallOptions): Promise<Restored>;

  /**
   * The same, but waits up to five minutes for a key that is on its way, after an invitation was accepted. Rejects with
   * `timeout` if it is still not there.
   */
  restoreWhenGranted(this: void, options?: WaitOptions): Promise<Restored>;

  /** Activates the key of a purchase, and waits for it as `restoreWhenGranted`. */
  restorePurchase(this: void, purchase: Purchase, options?: WaitOptions): Promise<Restored>;

  /** Activates this key, of several that fit. */
  activate(this: void, key: LicenseKey, options?: CallOptions): Promise<Restored>;

  /** The devices that a key is active on, or that the vendor does not show them. */
  devices(this: void, key: LicenseKey, options?: CallOptions): Promise<Devices>;

  /**
   * Releases the seat of a device, without the token. On this device it does what the license's `deactivate` does. Resolves
   * to `unknown` if Polar knows no such seat (any more).
   */
  release(this: void, device: Device, options?: CallOptions): Promise<Deactivated>;

  /**
   * Replaces a license key by another one. The old one ends at once on **all** devices of the customer, which need the new
   * one then; seats stay. Ask the user first. If the license here is of this key, even if that was replaced since, it goes on
   * with the new one, which is stored before this resolves.
   *
   * Rejects with `storage` if nothing can be stored here. With `maybeApplied` the key may have been replaced: list the keys
   * again.
   */
  rotate(this: void, key: LicenseKey, options: RotateOptions): Promise<LicenseKey>;
}

/** A purchase under way. */
export interface Checkout {
  /**
   * The address to open in a browser. It holds a secret that shows the buyer's data: give it to the browser and to nobody
   * else.
   */
  readonly address: string;

  /**
   * Follows the purchase until it is paid, and has a code mailed to the buyer then. It does not matter whether the buyer
   * closes the page afterwards. May be called again after any error.
   *
   * Rejects with `timeout` if it was not paid in time, `refused` if the payment failed or the checkout is older than a day;
   * as `requestCode` once it is paid.
   */
  follow(this: void, options?: FollowOptions): Promise<Purchase>;
}

/** What became of a request for a code: a mail is on its way if the address is known, or the user has to choose. */
export type CodeRequest = ({ readonly kind: "sent" } & CodeSent) | ({ readonly kind: "choose" } & CustomerChoice);

/** Customers with the same address: let the user choose one, for `requestCodeFor`. */
export interface CustomerChoice {
  /** The address that the code was requested for. */
  readonly email: string;
  /** The customers to choose from. */
  readonly customers: readonly Customer[];
}

/** A purchase that is paid, and what became of the code for its buyer. */
export interface Purchase {
  /** The user needs to know where to look for the code, or has to choose. */
  readonly code: CodeRequest;
}

/** The devices of a license key, the oldest first; or that none are shown. */
export type Devices =
  | { readonly kind: "listed"; readonly devices: readonly Device[] }
  | ({ readonly kind: "hidden" } & HiddenDevices);

/** How restoring a license ended. Only `licensed` means that the license is here. */
export type Restored =
  /** The license is active on this device. */
  | { readonly kind: "licensed"; readonly decision: Decision }
  /** Several license keys fit, the best first: let the user choose, and `activate` that one. */
  | { readonly kind: "choose"; readonly keys: readonly LicenseKey[] }
  /** The key is in use on as many devices as it allows: let the user choose one to `release`, and `activate` the key then. */
  | NoSeat;

/** A license key without a free seat. */
export interface NoSeat {
  readonly kind: "no_seat";
  readonly key: LicenseKey;
  /** Who has its seats. */
  readonly devices: Devices;
  /** The error of the activation: `refused`, for `activation_limit`. */
  readonly error: LicenseError;
}

/** What operations take that wait for somebody else. */
export interface WaitOptions extends CallOptions {
  /** Called before each wait. To end it, abort the `signal`. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What following a purchase takes. */
export interface FollowOptions extends WaitOptions {
  /** How long to follow it. Default: half an hour. */
  withinMs?: number | undefined;
}

/** What replacing a license key takes. */
export interface RotateOptions extends CallOptions {
  /** That the user has confirmed it: nobody can bring the old key back. */
  confirmedByUser: true;
}
