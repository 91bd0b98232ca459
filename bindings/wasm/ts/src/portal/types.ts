/**
 * The data of the customer portal, with the same names as in Rust, in C and on the command line.
 *
 * Written by bindings/wasm/tests/types from the core's types: change them there.
 */

import type { LicenseError } from "../error.js";
import type { Decision } from "../types.js";

/** Whether a license key can be used. */
export type KeyStatus =
  /** A status that this version does not know. */
  | "unknown"
  /** The key can be used. */
  | "granted"
  /** The key has expired, by the clock of this device. */
  | "expired"
  /** The purchase was refunded, the subscription has ended, or the seat was taken back. */
  | "revoked"
  /** The vendor has disabled the key. */
  | "disabled";

/** The event that an operation of the portal is waiting for. */
export type Stage =
  /** The buyer completes the purchase. */
  | "open"
  /** The payment succeeds. */
  | "paying"
  /** The license key is created. */
  | "granting";

/** An e-mail is on its way if Polar knows the address. Polar does not say whether it does. */
export interface CodeSent {
  readonly kind: "sent";
  /** The address for which the code was requested. */
  readonly email: string;
  /** The sentence to show to the user, which contains the address. */
  readonly message: string;
}

/** Several customers have this address. Let the user choose one of them, and request a code for that customer. */
export interface CustomerChoice {
  readonly kind: "choose";
  /** The address for which the code was requested. */
  readonly email: string;
  /** The customers to choose from. */
  readonly customers: readonly Customer[];
}

/**
 * The outcome of requesting a code. Either the code was requested, or the user has to choose a customer first. Polar
 * mails a code only if it knows the address.
 */
export type CodeRequest = CodeSent | CustomerChoice;

/** One of several customers with the same e-mail address. A customer may be a person or a team. */
export interface Customer {
  /** The customer's name; null if the customer has none. */
  readonly name: string | null;
}

/** A purchase that is paid, and the outcome of requesting a code for the buyer. */
export interface Purchase {
  /** The result of the request for a code: an e-mail is on its way, or the user has to choose a customer. */
  readonly code: CodeRequest;
}

/** A license key of the customer for this app. Only the last six characters of the key itself are shown. */
export interface LicenseKey {
  /**
   * Polar's id of the key, which distinguishes the key from others in a list. The id is not the key itself, and is not
   * secret.
   */
  readonly id: string;
  /** `****-` and the last six characters of the key. */
  readonly displayKey: string;
  /**
   * The status, which says whether the key can be used. The status `expired` depends on this device's clock, which may
   * be wrong.
   */
  readonly status: KeyStatus;
  /** The id of the benefit to which the key belongs. */
  readonly benefitId: string;
  /** The number of devices on which the key may be active at once; null if the key needs no activation. */
  readonly limitActivations: number | null;
  /** The total number of uses that the key allows; null if there is no limit. */
  readonly limitUsage: number | null;
  /** The usage so far. */
  readonly usage: number;
  /** The time at which the key was issued. */
  readonly createdAt: string;
  /** The time at which the key expires; null if it never expires. */
  readonly expiresAt: string | null;
  /** Whether the license on this device used this key when the list was read. */
  readonly isHere: boolean;
}

/** The license is active on this device; the current decision describes it. */
export interface Licensed {
  readonly kind: "licensed";
  /** The current decision. */
  readonly decision: Decision;
}

/** Several license keys are suitable. Let the user choose one of them, and activate that key. */
export interface KeyChoice {
  readonly kind: "choose";
  /** The keys to choose from. The best key comes first. */
  readonly keys: readonly LicenseKey[];
}

/**
 * The key is already active on as many devices as it allows. Let the user choose one of these devices. Then release the
 * seat of that device, and activate the key here.
 */
export interface NoSeat {
  readonly kind: "no_seat";
  /** The license key, which has no free seat. */
  readonly key: LicenseKey;
  /** The devices that occupy the key's seats. */
  readonly devices: Devices;
  /** The error of the activation. Its kind is `refused`, and its reason is `activation_limit`. */
  readonly error: LicenseError;
}

/** The outcome of restoring a license. Only `licensed` means that this device is licensed now. */
export type Restored = Licensed | KeyChoice | NoSeat;

/** The devices are listed. */
export interface ListedDevices {
  readonly kind: "listed";
  /** The devices, the oldest first. */
  readonly devices: readonly Device[];
}

/** No device is shown: the vendor hides devices from customers, or there are none. */
export interface HiddenDevices {
  readonly kind: "hidden";
  /** Whether it is certain that devices have seats: either every seat is taken, or this device has a seat. */
  readonly isCertain: boolean;
  /**
   * The page on which customers of this vendor manage their purchases; null if its address is unknown or if it is
   * certain that no device has a seat.
   */
  readonly page: string | null;
  /**
   * The sentence to show to the user. The sentence does not contain the address of `page`; show `page` as a link beside
   * the sentence.
   */
  readonly message: string;
}

/** The devices on which a license key is active: a list, or the reason why none can be shown. */
export type Devices = ListedDevices | HiddenDevices;

/** A device on which a license key is active. */
export interface Device {
  /** Polar's id of the activation, which distinguishes the device from others in a list. */
  readonly id: string;
  /** The label that the device had when it was activated. */
  readonly label: string;
  /** The time at which the device was activated. */
  readonly since: string;
  /** Whether this is the device on which this app runs. */
  readonly isThis: boolean;
}

/** The progress of an operation that waits for something outside of the app, such as a payment. */
export interface Progress {
  /** What the operation waits for at present. */
  readonly stage: Stage;
  /** The time for which the operation has waited so far. */
  readonly waitedMs: number;
  /** The time until Polar is asked again. */
  readonly nextInMs: number;
}
