/** The only error class of this package. Each error has a stable kind. No error contains a full license key. */

import { MESSAGES } from "./messages.js";
import type {
  AnyFailure,
  Decision,
  ErrorKind,
  Failure,
  LicenseSettings,
  NextStep,
  OtherFailure,
  Reason,
  RefusedFailure,
  TextCode,
} from "./types.js";

/** The error of a failed operation. Its `kind` determines whether it has a `reason`. */
export type LicenseError = AnyLicenseError & (RefusedFailure | OtherFailure);

/** The members of all errors. */
export interface AnyLicenseError extends Error, AnyFailure {
  readonly name: "LicenseError";
  /** One sentence that tells the user what happened and what to do. It is in English unless the settings replace it. */
  readonly message: string;
  /**
   * The decision that applies after the failure. `null` if the client, or the client for the other computer, does not
   * exist yet.
   */
  readonly decision: Decision | null;
  /**
   * The exception of the platform or the app that caused the failure, or the app's reason for aborting the call.
   * `undefined` if there is neither.
   */
  readonly cause: unknown;
  /** Returns all members except `cause` and `stack`, for logs in JSON. */
  toJSON(): object;
}

/** The error class, for `instanceof` and for tests that throw errors. */
export interface LicenseErrorClass {
  readonly prototype: LicenseError;
  new (kind: ErrorKind, detail: string, details?: LicenseErrorDetails): LicenseError;
}

class TheError extends Error {
  static {
    // consoles show this name; the build shortens the name of the class itself
    Object.defineProperty(this, "name", { value: "LicenseError" });
  }

  override readonly name = "LicenseError";
  readonly detail: string;
  readonly kind: ErrorKind;
  readonly reason: Reason | null;
  readonly retryAfterMs: number | null;
  readonly maybeApplied: boolean;
  readonly nextStep: NextStep;
  readonly nextUrl: string | null;
  readonly decision: Decision | null;
  override readonly cause: unknown;

  constructor(kind: ErrorKind, detail: string, details: LicenseErrorDetails = {}) {
    super(details.message ?? messageOf(kind, detail, undefined));
    this.detail = detail;
    this.kind = kind;
    this.reason = details.reason ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.maybeApplied = details.maybeApplied ?? false;
    this.nextStep = details.nextStep ?? "none";
    this.nextUrl = details.nextUrl ?? null;
    this.decision = details.decision ?? null;
    this.cause = details.cause;
  }

  toJSON(): object {
    const { cause: _, ...own } = this;
    return { ...own, message: this.message };
  }
}

export const LicenseError = TheError as LicenseErrorClass;

/** The optional parts of a `LicenseError`. */
export interface LicenseErrorDetails {
  message?: string;
  reason?: Reason | null;
  retryAfterMs?: number | null;
  maybeApplied?: boolean;
  nextStep?: NextStep;
  nextUrl?: string | null;
  decision?: Decision | null;
  cause?: unknown;
}

/** Creates an error for an exception of the platform or the app. `what` says what failed. */
export function errorFrom(kind: ErrorKind, what: string, cause: unknown): LicenseError {
  return new LicenseError(kind, `${what} (${words(cause)})`, { cause });
}

/** The app's own messages for users. Each replaces the English message that has the same code. */
export type Texts = LicenseSettings["texts"];

/** Returns the message that tells the user about an error that occurred outside of the engine. */
export function messageOf(kind: ErrorKind, detail: string, texts: Texts): string {
  const code = `error.${kind}` as TextCode;
  // `texts` is checked, because this error may be the one that reports wrong settings of the app
  const own: unknown = texts?.[code];
  const sentence = typeof own === "string" ? own : (MESSAGES[code] ?? "{detail}");
  return sentence.replaceAll("{detail}", () => detail);
}

/** Returns a copy of the error whose message comes from the app's own texts. */
export function worded(error: LicenseError, texts: Texts): LicenseError {
  const { kind, detail } = error;
  return new LicenseError(kind, detail, { ...error, message: messageOf(kind, detail, texts) });
}

/** Returns the message of `thrown`, which can be any value. */
export function words(thrown: unknown): string {
  try {
    const message = (thrown as { message?: unknown } | null | undefined)?.message;
    return typeof message === "string" && message !== "" ? message : String(thrown);
  } catch {
    return "an unknown error";
  }
}

/** Converts a failure of the engine to an error. */
export function errorOf(failure: Failure, decision: Decision | null, cause?: unknown): LicenseError {
  return new LicenseError(failure.kind, failure.detail, { ...failure, decision, cause });
}
