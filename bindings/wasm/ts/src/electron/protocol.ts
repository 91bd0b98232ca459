/**
 * The messages between the main process and preload scripts. Everything here survives structured cloning, and nothing
 * of it can hold a license key on the way to a renderer.
 */

import { messageOf } from "../error.js";
import type { Deactivated, Decision, ErrorKind, NextStep, Reason } from "../types.js";

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
export interface LicenseFailure {
  name: "LicenseError";
  /** What went wrong; a kind never changes its meaning. */
  kind: ErrorKind;
  /** One sentence for the user, in English unless the settings replace it: what happened and what to do. */
  message: string;
  /** One line for developers and logs. */
  detail: string;
  /** Why Polar or the configuration denied it, if the kind is `refused`. */
  reason: Reason | null;
  /** How long to wait before trying again, if that is known. */
  retryAfterMs: number | null;
  /** Whether Polar may have done what was asked although no answer came back. */
  maybeApplied: boolean;
  /** What the user can do about it; that of the `decision` is about the license that is here instead. */
  nextStep: NextStep;
  /** The vendor's page for the next step, if the settings have one. */
  nextUrl: string | null;
  /** The decision that holds after the failure; `null` if the main process sent none. */
  decision: Decision | null;
}

export function failure(kind: ErrorKind, detail: string): LicenseFailure {
  const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, nextUrl: null, decision: null };
  return { name: "LicenseError", kind, message: messageOf(kind, detail, undefined), detail, nextStep: "none", ...nothing };
}
