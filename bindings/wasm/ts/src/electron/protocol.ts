/**
 * What the main process and preload scripts say to each other. Everything here survives structured cloning, and nothing
 * of it can hold a license key on the way to a renderer.
 */

import type { Deactivated, Decision, ErrorCode, Reason } from "../types.js";

/** A call and its reply: `invoke`, with a `Call` answered by a `Reply`. */
export const CALL = "polar-license:call";

/** The decision at this instant, for a page that cannot wait: `sendSync`, answered by a `Reply`. */
export const CURRENT = "polar-license:current";

/** A decision that differs from the one before, from the main process: a `Decided`. */
export const CHANGE = "polar-license:change";

/** What a renderer may ask for. `follow` answers with the decision; every call makes changes follow. */
export type Call =
  | { method: "follow" | "validate" | "refresh" | "deactivate" | "forget" }
  | { method: "activate"; key: string | null; replacePrevious: boolean }
  | { method: "consume"; count: number };

/** The two kinds of answers travel on ways that may overtake each other, so each says by `at` which is later. */
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
export interface LicenseFailure {
  name: "LicenseError";
  /** What went wrong, as a stable code. */
  code: ErrorCode;
  /** What to do, in English. */
  message: string;
  /** Why Polar or the configuration said no, where the code is `refused`. */
  reason: Reason | null;
  /** How long to wait before trying again, where that is known. */
  retryAfterMs: number | null;
  /** Whether Polar may have done what was asked although no answer came back. */
  maybeApplied: boolean;
  /** The decision that holds after the failure; `null` where the main process gave none. */
  decision: Decision | null;
}

export function failure(code: ErrorCode, message: string): LicenseFailure {
  const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, decision: null };
  return { name: "LicenseError", code, message, ...nothing };
}
