/**
 * The messages between the main process and preload scripts. Every message survives structured cloning. No message to a
 * renderer can contain a license key, except the texts of answers and returns for computers that are never online.
 */

import { messageOf } from "../error.js";
import type { PortalReply } from "../portal/run.js";
import type { Deactivated, Decision, Explanation, OtherFailure, RefusedFailure } from "../types.js";

/** The channel for calls by `invoke`. The message is a `Call`, and the answer is a `Reply`. */
export const CALL = "polar-license:call";

/**
 * The channel on which a page asks for the decision at this instant. The page uses `sendSync`, because it cannot wait
 * for a promise. The answer is a `Reply`.
 */
export const CURRENT = "polar-license:current";

/**
 * The channel on which a page asks why a feature is on or off. The page uses `sendSync`. The message is the feature's
 * name. The answer is an `Explanation`, or a `Reply` with an error.
 */
export const EXPLAIN = "polar-license:explain";

/** The channel on which the main process sends the decision whenever it has changed, as a `NumberedDecision`. */
export const CHANGE = "polar-license:change";

/** The channel on which a page says that it no longer waits for a call. The message is the call's `id`. */
export const CANCEL = "polar-license:cancel";

/** The channel on which the main process reports the progress of a call: the call's `id`, and a `Progress`. */
export const PROGRESS = "polar-license:progress";

/**
 * The channel on which a page asks the main process to wipe the values of a reply of the customer portal. The message
 * is the call's `id`.
 */
export const RELEASE = "polar-license:release";

/**
 * A call by a renderer. `id` is the number that the page has given to the call. The first call of every page is
 * `follow`, which returns the decision. After any call, the main process sends each new decision to the frame that made
 * the call.
 */
export type Call = { id: number } & (
  | { method: "follow" | "validate" | "refresh" | "deactivate" | "forget" | "startTrial" }
  | { method: "activate"; key: string | null; replacePrevious: boolean }
  | { method: "consume"; count: number }
  | OfflineCall
  /** `request` is a request of the customer portal, in JSON. */
  | { method: "portal"; request: string }
);

/** A call of an operation for computers that are never online. */
export type OfflineCall =
  | { method: "offlineRequest" | "offlineReturn" }
  | { method: "offlineImport" | "offlineRelease"; text: string }
  | { method: "offlineAnswer"; text: string; key: string };

/** The reply to a request for an explanation. */
export type ExplanationReply = Explanation | { error: LicenseFailure };

/**
 * A decision with a number, `at`. Replies and changes may arrive out of order, so the page compares their numbers. The
 * decision with the higher number is newer.
 */
export interface NumberedDecision {
  at: number;
  decision: Decision;
  /** Whether Polar has freed the seat. Present in the replies to `deactivate` and `offlineRelease`. */
  deactivated?: Deactivated | undefined;
  /**
   * The text for another computer. Present in the reply to `offlineRequest`, `offlineAnswer` and `offlineReturn`. It is
   * `null` if a return has no text.
   */
  text?: string | null | undefined;
  /** The decision of the other computer. Present in the replies to `offlineAnswer` and `offlineRelease`. */
  other?: Decision | undefined;
  /** The portal's reply. Present only if the method of the call is `portal`. */
  portal?: PortalReply | undefined;
}

/**
 * The reply to a call. It contains errors as values, because Electron would pass on only the message of an exception
 * that a handler throws.
 */
export type Reply = NumberedDecision | { error: LicenseFailure };

/**
 * The value with which a call in the renderer rejects. It is a plain object, because an `Error` loses its members when
 * Electron copies it to the page. It has the members of `LicenseError`, except `cause`.
 */
export type LicenseFailure = (RefusedFailure | OtherFailure) & {
  name: "LicenseError";
  /** The decision after the failure. `null` if the main process sent none. */
  decision: Decision | null;
};

export function failure(kind: OtherFailure["kind"], detail: string): LicenseFailure {
  const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, nextUrl: null, decision: null } as const;
  return { name: "LicenseError", kind, message: messageOf(kind, detail, undefined), detail, nextStep: "none", ...nothing };
}
