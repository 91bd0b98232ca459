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

/** The event that an operation of the portal waits for. */
export type Stage =
  /** The buyer completes the purchase. */
  | "open"
  /** The payment succeeds. */
  | "paying"
  /** The license key is created. */
  | "granting";

/** An e-mail may be on its way. Polar does not tell whether the address is known. */
export interface CodeSent {
  readonly kind: "sent";
  /** The address that the code was requested for. */
  readonly email: string;
  /** The sentence to show to the user, which contains the address. */
  readonly message: string;
}

/** Several customers have this address: let the user choose one, and request a code for that one. */
export interface CustomerChoice {
  readonly kind: "choose";
  /** The address that the code was requested for. */
  readonly email: string;
  /** The customers to choose from. */
  readonly customers: readonly Customer[];
}

/** The outcome of a request for a code: an e-mail is on its way if the address is known, or the user has to choose. */
export type CodeRequest = CodeSent | CustomerChoice;

/** One of several customers with the same address, such as a team. */
export interface Customer {
  /** The customer's name, if it has one. */
  readonly name: string | null;
}

/** A purchase that is paid, and the outcome of the request for a code for its buyer. */
export interface Purchase {
  /** The outcome of that request: an e-mail is on its way, or the user has to choose a customer. */
  readonly code: CodeRequest;
}

/** A license key of the customer's, for this app. Of the key itself only the last six characters can be seen. */
export interface LicenseKey {
  /** Polar's id of the key, which distinguishes it from others in a list. It is not the key, and not secret. */
  readonly id: string;
  /** `****-` and the last six characters. */
  readonly displayKey: string;
  /** Whether the key can be used. Its expiry is judged by this device's clock, which may be wrong. */
  readonly status: KeyStatus;
  /** The id of the benefit that the key was sold as. */
  readonly benefitId: string;
  /** The number of devices that may be active at once; null if the key needs no activation. */
  readonly limitActivations: number | null;
  /** The most usage that may be consumed; null for no limit. */
  readonly limitUsage: number | null;
  /** The usage that was consumed. */
  readonly usage: number;
  /** The time at which the key was issued. */
  readonly createdAt: string;
  /** The time at which the key expires; null for never. */
  readonly expiresAt: string | null;
  /** Whether it was the key of the license on this device when it was read. */
  readonly isHere: boolean;
}

/** The license is active on this device; the current decision describes it. */
export interface Licensed {
  readonly kind: "licensed";
  /** The current decision. */
  readonly decision: Decision;
}

/** Several license keys are suitable: let the user choose one, and activate it. */
export interface KeyChoice {
  readonly kind: "choose";
  /** The keys to choose from, the best first. */
  readonly keys: readonly LicenseKey[];
}

/** The key is in use on as many devices as it allows: let the user choose one to release, and then activate the key. */
export interface NoSeat {
  readonly kind: "no_seat";
  /** The license key without a free seat. */
  readonly key: LicenseKey;
  /** The devices that have its seats. */
  readonly devices: Devices;
  /** The error of the activation: `refused`, for `activation_limit`. */
  readonly error: LicenseError;
}

/** The outcome of restoring a license. Only `licensed` means that the license is here. */
export type Restored = Licensed | KeyChoice | NoSeat;

/** The devices are listed. */
export interface ListedDevices {
  readonly kind: "listed";
  /** The devices, the oldest first. */
  readonly devices: readonly Device[];
}

/** No device is shown: the vendor does not show them to customers, or there is none. */
export interface HiddenDevices {
  readonly kind: "hidden";
  /** Whether there are devices for certain: every seat is taken, or this device has one. */
  readonly isCertain: boolean;
  /** The page where customers of this vendor manage their purchases; null if it is unknown. */
  readonly page: string | null;
  /** The sentence to show to the user. It does not contain the page, which is a link beside it. */
  readonly message: string;
}

/** The devices of a license key, or that none are shown. */
export type Devices = ListedDevices | HiddenDevices;

/** A device on which a license key is active. */
export interface Device {
  /** Polar's id of the activation, which distinguishes it from others in a list. */
  readonly id: string;
  /** The name of the device when it was activated. */
  readonly label: string;
  /** The time at which it was activated. */
  readonly since: string;
  /** Whether it is the device that this app runs on. */
  readonly isThis: boolean;
}

/** The progress of an operation that waits for somebody else. */
export interface Progress {
  /** The event that the operation waits for. */
  readonly stage: Stage;
  /** The time that the operation has waited. */
  readonly waitedMs: number;
  /** The time until Polar is asked again. */
  readonly nextInMs: number;
}
