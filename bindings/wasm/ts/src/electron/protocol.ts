/**
 * The messages between the main process and preload scripts. Every message survives structured cloning, and none that
 * is sent to a renderer can hold a license key.
 */

import { messageOf } from "../error.js";
import type { Deactivated, Decision, Explanation, OtherFailure, RefusedFailure } from "../types.js";

/** The channel of calls: `invoke`, with a `Call` answered by a `Reply`. */
export const CALL = "polar-license:call";

/** The channel of the decision at this instant, for a page that cannot wait: `sendSync`, answered by a `Reply`. */
export const CURRENT = "polar-license:current";

/**
 * The channel that explains why a feature is on or off: `sendSync` with its name, answered by an `Explanation`, or by a
 * `Reply` with an error.
 */
export const EXPLAIN = "polar-license:explain";

/** The channel of changed decisions from the main process: a `Decided` for each. */
export const CHANGE = "polar-license:change";

/** The channel that ends the wait for a call: a message with the call's `id`. */
export const CANCEL = "polar-license:cancel";

/**
 * A call by a renderer. `follow` returns the decision; every call makes changes follow. The page numbers its calls, by
 * `id`.
 */
export type Call = { id: number } & (
  | { method: "follow" | "validate" | "refresh" | "deactivate" | "forget" }
  | { method: "activate"; key: string | null; replacePrevious: boolean }
  | { method: "consume"; count: number }
);

/** The reply to a request for an explanation. */
export type ExplanationReply = Explanation | { error: LicenseFailure };

/** A decision with a number, `at`: replies and changes may overtake each other, and the higher number is newer. */
export interface NumberedDecision {
  at: number;
  decision: Decision;
  /** The outcome for the seat, in reply to `deactivate`. */
  deactivated?: Deactivated | undefined;
}

/** The reply to a call. An error is part of the value, because Electron converts an exception of a handler to text. */
export type Reply = NumberedDecision | { error: LicenseFailure };

/**
 * The rejection of a renderer's call: a plain object, because an `Error` loses its members when it crosses into the
 * page. The members are those of `LicenseError`, without `cause`.
 */
export type LicenseFailure = (RefusedFailure | OtherFailure) & {
  name: "LicenseError";
  /** The decision that holds after the failure; `null` if the main process sent none. */
  decision: Decision | null;
};

export function failure(kind: OtherFailure["kind"], detail: string): LicenseFailure {
  const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, nextUrl: null, decision: null } as const;
  return { name: "LicenseError", kind, message: messageOf(kind, detail, undefined), detail, nextStep: "none", ...nothing };
}
