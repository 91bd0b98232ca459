/**
 * The methods of the customer portal, with the same names as in Rust, in C and in Python.
 *
 * Written by bindings/wasm/tests/types from the core's operations: change them there.
 */

import type { CallOptions } from "../license.js";
import type { Deactivated } from "../types.js";
import type { FollowOptions, RotateOptions, WaitOptions } from "./options.js";
import type { CodeRequest, Customer, Device, Devices, LicenseKey, Purchase, Restored } from "./types.js";

/** The operations of a customer who has no session. Each method also works without its object. */
export interface Portal {
  /**
   * Makes Polar e-mail a code to the address of the purchase. Polar does not tell whether it knows the address: show
   * `message`, which contains the address.
   *
   * Rejects with `invalid_argument` if `email` is not an e-mail address; with `rate_limited` and the time to wait if
   * too many codes were requested or tried; with `storage` if the try cannot be counted, in which case nothing was
   * sent.
   */
  requestCode(this: void, email: string, options?: CallOptions): Promise<CodeRequest>;

  /** Makes Polar e-mail a code to one of several customers with the same address. Rejects like `requestCode`. */
  requestCodeFor(this: void, customer: Customer, options?: CallOptions): Promise<CodeRequest>;

  /**
   * Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
   * cannot be a code is refused without a request.
   *
   * Rejects with `invalid_argument` if the code is wrong or has expired; otherwise like `requestCode`. If no answer
   * comes, the code may be used up: request another one.
   */
  authenticate(this: void, code: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Starts a session by accepting an invitation to a team. `invitation` is its token, or the link in its e-mail, and
   * works once. The key arrives a moment later: continue with `restoreWhenGranted`.
   *
   * Rejects with `refused` if the invitation was used or has expired. If no answer comes, it may have been accepted;
   * then a code by e-mail starts the session.
   */
  claimSeat(this: void, invitation: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Starts a session with a token from a success page or the vendor's backend. Sends nothing. A page cannot know who
   * sent it a token: compare a value that only the app and its own purchase know.
   *
   * Rejects with `invalid_argument` if `token` cannot be a token.
   */
  sessionFromToken(this: void, token: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Creates a checkout with the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its `address` in a browser.
   * Keeps the link's parameters, except those that name the buyer.
   *
   * Rejects with `invalid_argument` if `link` is not such a link, and in web pages, which cannot see the target of a
   * link: use `checkoutFromSecret` there. Rejects with `refused` if Polar does not know the link.
   */
  checkout(this: void, link: string, options?: CallOptions): Promise<Checkout>;

  /**
   * Returns a checkout that the vendor's backend has created, by its client secret. Sends nothing.
   *
   * Rejects with `invalid_argument` if `clientSecret` cannot be a client secret.
   */
  checkoutFromSecret(this: void, clientSecret: string, options?: CallOptions): Promise<Checkout>;
}

/**
 * A customer's session, which lasts an hour: finds license keys, restores a license, manages devices. Keep it in memory
 * only, and drop it together with the dialog that it belongs to. Polar cannot end it early. Each method also works
 * without its object, and rejects with `refused` and no `reason` if the session has ended.
 */
export interface PortalSession {
  /**
   * Returns the customer's license keys for this organization and the benefits that the configuration accepts. Usable
   * keys come first, and among them those with the latest expiry.
   *
   * Rejects with `refused` if the session has ended.
   */
  licenseKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Returns those license keys that can be used, in the order of `licenseKeys`; at least one. If all have expired by
   * this device's clock, which may be wrong, returns the key with the latest expiry: Polar decides when it is
   * activated.
   *
   * Rejects with `refused` and a reason if the customer has no key for this app or none that can be used; with
   * `refused` and no reason if the session has ended.
   */
  usableKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Activates the customer's license key on this device: the one that is active here, or the only one that can be used.
   * Returns several usable keys to choose from, or the devices if no seat is free. If all keys have expired by this
   * device's clock, which may be wrong, Polar is asked about the one with the latest expiry; an expired key takes no
   * seat.
   *
   * Rejects with `refused` and a reason if the customer has no key for this app or none that can be used; with
   * `refused` and no reason if the session has ended; otherwise like the license's `activate`.
   */
  restore(this: void, options?: CallOptions): Promise<Restored>;

  /**
   * Restores the license like `restore`, and waits up to five minutes for a key that is still on its way, after an
   * invitation was accepted.
   *
   * Rejects with `timeout` if the key has not arrived; otherwise like `restore`.
   */
  restoreWhenGranted(this: void, options?: WaitOptions): Promise<Restored>;

  /** Activates the key of a purchase, and waits up to five minutes for it. Rejects like `restoreWhenGranted`. */
  restorePurchase(this: void, purchase: Purchase, options?: WaitOptions): Promise<Restored>;

  /** Activates one of several suitable keys. Rejects like `restore`. */
  activate(this: void, key: LicenseKey, options?: CallOptions): Promise<Restored>;

  /**
   * Returns the devices on which a key is active, or that the vendor does not show them.
   *
   * Rejects with `refused` if the session has ended, or the key does not belong to the customer any more.
   */
  devices(this: void, key: LicenseKey, options?: CallOptions): Promise<Devices>;

  /**
   * Releases the seat of a device. Does not send the session's token. For this device it does the same as the license's
   * `deactivate`. Returns `unknown` if Polar does not know the seat, or not any more.
   *
   * Rejects with `network`, `timeout`, `server` or `rate_limited` if Polar did not answer. Then the seat may have been
   * released: list the devices again.
   */
  release(this: void, device: Device, options?: CallOptions): Promise<Deactivated>;

  /**
   * Replaces a license key with a new one. The old key stops working at once on all devices of the customer, which then
   * need the new one. Seats are kept. Ask the user first. If the license here belongs to this key, even to an earlier
   * text of it, it continues with the new key, which is stored before this returns.
   *
   * Rejects with `storage` if nothing can be stored here. Any error that may have been applied means that the key may
   * have been replaced: list the keys again.
   */
  rotate(this: void, key: LicenseKey, options: RotateOptions): Promise<LicenseKey>;
}

/** A purchase in progress. */
export interface Checkout {
  /**
   * The address to open in a browser. It contains a secret that shows the buyer's data: pass it to nothing but the
   * browser.
   */
  readonly address: string;

  /**
   * Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits half an hour, or no longer
   * than `withinMs`. The buyer may close the page meanwhile. May be called again after any error.
   *
   * Rejects with `timeout` if the purchase was not paid in time; with `refused` if the payment failed or the checkout
   * is older than a day; once it is paid, like `requestCode`.
   */
  follow(this: void, options?: FollowOptions): Promise<Purchase>;
}
