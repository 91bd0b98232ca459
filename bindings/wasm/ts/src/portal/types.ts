/**
 * The data of the customer portal, with the same names as in Rust, in C and on the command line.
 *
 * Written by bindings/wasm/tests/types from the core's types: change them there.
 */

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

/** A mail may be on its way. Nobody can tell whether the address is known. */
export interface CodeSent {
  /** The address that the code was requested for. */
  readonly email: string;
  /** What to show to the user, the address included. */
  readonly message: string;
}

/** One of several customers with the same address: a team, for example. */
export interface Customer {
  /** The customer's name, if it has one. */
  readonly name: string | null;
}

/** A license key of the customer's, for this app. Of the key itself only the last six characters can be seen. */
export interface LicenseKey {
  /** Polar's id of it, which tells it from others in a list. It is not the key, and not secret. */
  readonly id: string;
  /** `****-` and the last six characters. */
  readonly displayKey: string;
  /** Whether it can be used. That it has expired is what the clock of this device says, which may be wrong. */
  readonly status: KeyStatus;
  /** What it was sold as. */
  readonly benefitId: string;
  /** How many devices it allows; null if it needs no activation. */
  readonly limitActivations: number | null;
  /** How often it may be used; null for no limit. */
  readonly limitUsage: number | null;
  /** How often it was used. */
  readonly usage: number;
  /** When it was issued. */
  readonly createdAt: string;
  /** When it expires; null for never. */
  readonly expiresAt: string | null;
  /** Whether it was the key of the license on this device when it was read. */
  readonly isHere: boolean;
}

/** A device that a license key is active on. */
export interface Device {
  /** Polar's id of its activation, which tells it from others in a list. */
  readonly id: string;
  /** What the device was called when it was activated. */
  readonly label: string;
  /** When it was activated. */
  readonly since: string;
  /** Whether it is the one that this app runs on. */
  readonly isThis: boolean;
}

/** No device is shown: the vendor does not show them to customers, or there is none. */
export interface HiddenDevices {
  /** Whether there are devices for certain: every seat is taken, or this one has a seat. */
  readonly isCertain: boolean;
  /** The page where customers of this vendor manage their purchases, where that could be found out. */
  readonly page: string | null;
  /** What to show to the user: enough by itself, and without the page, which is a link beside it. */
  readonly message: string;
}

/** How long something has been waited for, and for what. */
export interface Progress {
  /** What is waited for. */
  readonly stage: Stage;
  /** How long it has been waited for. */
  readonly waitedMs: number;
  /** When Polar is asked again. */
  readonly nextInMs: number;
}
