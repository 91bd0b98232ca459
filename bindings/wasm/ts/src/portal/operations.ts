/**
 * The methods of the customer portal's objects, as the engine describes them.
 *
 * Written by bindings/wasm/tests/types from the core's operations: change them there.
 */

/** A method. */
export interface Operation {
  /** Maps an argument's name to the way in which the argument is passed. */
  takes: Record<string, "plain" | "handle">;
  /** The members of the method's options that are arguments too. */
  options: readonly string[];
  /** The name of the method's result. */
  gives: Result;
}

export type Result = "Checkout" | "CodeRequest" | "Devices" | "LicenseKey" | "LicenseKeys" | "Purchase" | "Released" | "Restored" | "Session";

export const OPERATIONS = {
  portal: {
    requestCode: { takes: { email: "plain" }, options: [], gives: "CodeRequest" },
    requestCodeFor: { takes: { customer: "handle" }, options: [], gives: "CodeRequest" },
    authenticate: { takes: { code: "plain" }, options: [], gives: "Session" },
    claimSeat: { takes: { invitation: "plain" }, options: [], gives: "Session" },
    sessionFromToken: { takes: { token: "plain" }, options: [], gives: "Session" },
    checkout: { takes: { link: "plain" }, options: [], gives: "Checkout" },
    checkoutFromSecret: { takes: { clientSecret: "plain" }, options: [], gives: "Checkout" },
  },
  session: {
    licenseKeys: { takes: {}, options: [], gives: "LicenseKeys" },
    usableKeys: { takes: {}, options: [], gives: "LicenseKeys" },
    restore: { takes: {}, options: [], gives: "Restored" },
    restoreWhenGranted: { takes: {}, options: [], gives: "Restored" },
    restorePurchase: { takes: { purchase: "handle" }, options: [], gives: "Restored" },
    activate: { takes: { key: "handle" }, options: [], gives: "Restored" },
    devices: { takes: { key: "handle" }, options: [], gives: "Devices" },
    release: { takes: { device: "handle" }, options: [], gives: "Released" },
    rotate: { takes: { key: "handle" }, options: ["confirmedByUser"], gives: "LicenseKey" },
  },
  checkout: {
    follow: { takes: {}, options: ["withinMs"], gives: "Purchase" },
  },
} as const satisfies Record<string, Record<string, Operation>>;
