/**
 * The messages between the main process and preload scripts. Everything here survives structured cloning, and nothing
 * of it can hold a license key on the way to a renderer.
 */

import { messageOf } from "../error.js";
import type { Deactivated, Decision, Explanation, OtherFailure, RefusedFailure } from "../types.js";

/** A call and its reply: `invoke`, with a `Call` answered by a `Reply`. */
export const CALL = "polar-license:call";

/** The decision at this instant, for a page that cannot wait: `sendSync`, answered by a `Reply`. */
export const CURRENT = "polar-license:current";

/** Why a feature is on or off: `sendSync` with its name, answered by an `Explanation`, or by a `Reply` with an error. */
export const EXPLAIN = "polar-license:explain";

/** A decision that differs from the one before, from the main process: a `Decided`. */
export const CHANGE = "polar-license:change";

/** The wait for a call ends: a message with the `id` that the call had. */
export const CANCEL = "polar-license:cancel";

/**
 * What a renderer may ask for. `follow` answers with the decision; every call makes changes follow. The page numbers its
 * calls, by `id`.
 */
export type Call = { id: number } & (
  | { method: "follow" | "validate" | "refresh" | "deactivate" | "forget" }
  | { method: "activate"; key: string | null; replacePrevious: boolean }
  | { method: "consume"; count: number }
);

/** What is answered to a question for an explanation. */
export type Explained = Explanation | { error: LicenseFailure };

/** The two kinds of answers travel on ways that may overtake each other, so each has a number, `at`, and the higher one is later. */
export interface Decided {
  at: number;
  decision: Decision;
  /** What became of the seat, in reply to `deactivate`. */
  deactivated?: Deactivated | undefined;
}

/** Errors thrown in a handler would arrive as a text, so they travel as a value. */
export type Reply = Decided | { error: LicenseFailure };

/**
 * What a call of the renderer rejects with: a plain object, because an `Error` loses its members between the worlds of
 * a page. The members are those of `LicenseError`, without its `cause`.
 */
export type LicenseFailure = (RefusedFailure | OtherFailure) & {
  name: "LicenseError";
  /** The decision that holds after the failure; `null` if the main process sent none. */
  decision: Decision | null;
};

export function failure(kind: OtherFailure["kind"], detail: string): LicenseFailure {
  const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, decision: null } as const;
  return { name: "LicenseError", kind, message: messageOf(kind, detail), detail, ...nothing };
}
