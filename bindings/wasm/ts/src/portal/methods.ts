/**
 * The methods of the customer portal, with the same names as in Rust, in C and in Python.
 *
 * Written by bindings/wasm/tests/types from the core's operations: change them there.
 */

import type { CallOptions } from "../license.js";
import type { Deactivated } from "../types.js";
import type { FollowOptions, RotateOptions, WaitOptions } from "./options.js";
import type { CodeRequest, Customer, Device, Devices, LicenseKey, Purchase, Restored } from "./types.js";

/** The operations of a customer who has no session. Each method can also be called without its object. */
export interface Portal {
  /**
   * Asks Polar to mail a code to `email`, the address that was used for the purchase. Polar does not say whether it
   * knows the address. So show the user the `message` of the result, which contains the address.
   *
   * Rejects with `invalid_argument` if `email` is not an e-mail address. Rejects with `rate_limited` and the time to
   * wait if too many codes were requested or tried. Rejects with `storage` if the number of requests cannot be stored;
   * in this case nothing was sent.
   */
  requestCode(this: void, email: string, options?: CallOptions): Promise<CodeRequest>;

  /**
   * Asks Polar to mail a code for the customer whom the user has chosen from several customers with the same address.
   * Rejects like `requestCode`.
   */
  requestCodeFor(this: void, customer: Customer, options?: CallOptions): Promise<CodeRequest>;

  /**
   * Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text that
   * cannot be a code is refused without asking Polar.
   *
   * Rejects with `invalid_argument` if the code is wrong, was used before, or has expired. Otherwise, fails for the
   * same reasons as `requestCode`. If no answer arrives, the code may have been used up. In this case, request another
   * code.
   */
  authenticate(this: void, code: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Starts a session by accepting an invitation to a team. `invitation` is the link from the e-mail, or the token in
   * this link. An invitation works once. Polar creates the license key a moment later, so continue with
   * `restoreWhenGranted`, which waits for the key.
   *
   * Rejects with `refused` if the invitation was used or has expired. If no answer arrives, Polar may have accepted the
   * invitation. In this case, start a session with a code by e-mail instead.
   */
  claimSeat(this: void, invitation: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Starts a session with a token from a success page or the vendor's backend. Sends nothing. Use a token from a
   * success page only if the page was opened with a secret that the app created for this purchase, such as a random
   * number in the success URL. Otherwise anybody could open the success page with a token of their own.
   *
   * Rejects with `invalid_argument` if `token` cannot be a token.
   */
  sessionFromToken(this: void, token: string, options?: CallOptions): Promise<PortalSession>;

  /**
   * Creates a checkout from the vendor's checkout link, `https://buy.polar.sh/polar_cl_…`. Open the checkout's
   * `address` in a browser. The parameters of the link are kept, except for parameters that identify the buyer.
   *
   * Rejects with `invalid_argument` if `link` is not a checkout link. Rejects with `invalid_argument` in every web
   * page, because a web page cannot see where a link leads; use `checkoutFromSecret` there. Rejects with `refused` if
   * Polar does not know the link.
   */
  checkout(this: void, link: string, options?: CallOptions): Promise<Checkout>;

  /**
   * Returns the checkout that the vendor's backend has created and that `clientSecret` identifies. Sends nothing.
   *
   * Rejects with `invalid_argument` if `clientSecret` cannot be a client secret.
   */
  checkoutFromSecret(this: void, clientSecret: string, options?: CallOptions): Promise<Checkout>;
}

/**
 * A customer's session. Its methods find license keys, restore a license, and manage devices. A session lasts an hour,
 * and Polar cannot end it early. So keep it in memory only, and drop it together with the dialog that it belongs to.
 * Each method can also be called without its object. If the session has ended, each method rejects with `refused` and
 * no `reason`.
 */
export interface PortalSession {
  /**
   * Returns the customer's license keys that belong to this organization and to a benefit that the configuration
   * accepts. Usable keys come first, sorted by expiry with the latest first.
   *
   * Rejects with `refused` if the session has ended.
   */
  licenseKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Returns the keys of `licenseKeys` that can be used, in the same order. If no key can be used, the result contains
   * the expired key with the latest expiry, because this device's clock may be wrong. Polar decides during the
   * activation whether that key is valid. The result always has at least one key.
   *
   * Rejects with `refused` and a reason if the customer has neither a usable nor an expired key for this app. Fails
   * with `refused` and no reason if the session has ended.
   */
  usableKeys(this: void, options?: CallOptions): Promise<readonly LicenseKey[]>;

  /**
   * Activates one of the customer's license keys on this device. If the key of the license on this device can be used,
   * activates that key. Otherwise activates the only key that can be used. If several keys can be used, returns them
   * instead, so that the user can choose one. If the key has no free seat, returns the key and its devices.
   *
   * If no key can be used, but some have expired by this device's clock, asks Polar to activate the expired key with
   * the latest expiry, because the clock may be wrong. If this key has really expired, Polar refuses it and no seat is
   * taken.
   *
   * Rejects with `refused` and a reason if the customer has no key for this app, or no key that can be used. Fails with
   * `refused` and no reason if the session has ended. The other failures are those of the license's `activate`.
   */
  restore(this: void, options?: CallOptions): Promise<Restored>;

  /**
   * Restores the license like `restore`, but waits up to five minutes if the customer has no usable key yet. Use this
   * operation after `claimSeat`, because Polar creates the key a moment after an invitation is accepted.
   *
   * Rejects with `timeout` if the customer still has no key after this wait. The other failures are those of `restore`.
   */
  restoreWhenGranted(this: void, options?: WaitOptions): Promise<Restored>;

  /**
   * Activates the key of a purchase, and waits up to five minutes for the key if it does not exist yet. Rejects like
   * `restoreWhenGranted`.
   */
  restorePurchase(this: void, purchase: Purchase, options?: WaitOptions): Promise<Restored>;

  /** Activates `key`, which the user has chosen from several license keys. Rejects like `restore`. */
  activate(this: void, key: LicenseKey, options?: CallOptions): Promise<Restored>;

  /**
   * Returns the devices on which a key is active. If Polar shows none, either the vendor hides devices from customers,
   * or there are none. The result says which of the two is the case, if that can be determined.
   *
   * Rejects with `refused` if the session has ended, or if the key no longer belongs to the customer.
   */
  devices(this: void, key: LicenseKey, options?: CallOptions): Promise<Devices>;

  /**
   * Releases the seat of a device. Does not send the session's token. If the device is this one, does the same as the
   * license's `deactivate`. Returns `unknown` if Polar does not know the seat, for example because the seat was
   * released before.
   *
   * Rejects with `network`, `timeout` or `server` if no valid answer arrives, and with `rate_limited` if Polar accepts
   * no request at the moment. If the error says that the request may have been applied, the seat may have been
   * released: list the devices again.
   */
  release(this: void, device: Device, options?: CallOptions): Promise<Deactivated>;

  /**
   * Replaces a license key with a new one. The old key stops working at once on all devices of the customer. The
   * devices keep their seats, but need the new key. Ask the user before you call this operation.
   *
   * If the license on this device belongs to this key, the license continues with the new key, even if the key has been
   * replaced before and this device did not know that. The new key is stored before this operation returns.
   *
   * Rejects with `storage` if nothing can be stored on this device. If an error says that the request may have been
   * applied, the key may have been replaced: list the keys again.
   */
  rotate(this: void, key: LicenseKey, options: RotateOptions): Promise<LicenseKey>;
}

/** A purchase in progress. */
export interface Checkout {
  /**
   * The address to open in a browser. It contains a secret that gives access to the buyer's data, so pass it to the
   * browser only.
   */
  readonly address: string;

  /**
   * Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits for at most `withinMs`, or
   * for at most half an hour if `withinMs` is absent. The buyer may close the page during the wait. After any error,
   * this operation may be called again for the same checkout.
   *
   * Rejects with `timeout` if the purchase was not paid in time. Rejects with `refused` if the payment failed, or if
   * the checkout is older than a day. Rejects like `requestCode` if the purchase is paid, but no code can be requested.
   */
  follow(this: void, options?: FollowOptions): Promise<Purchase>;
}
