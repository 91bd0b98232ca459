/**
 * The one type of error, with a stable code. Never contains a whole license key.
 */

import type { Decision, ErrorCode, Reason } from "./types.js";

/** Why an operation failed. `message` says what to do, in English. */
export class LicenseError extends Error {
  static {
    // what consoles show; the build shortens the names of classes
    Object.defineProperty(this, "name", { value: "LicenseError" });
  }

  override readonly name = "LicenseError";
  /** What went wrong, as a stable code. */
  readonly code: ErrorCode;
  /** Why Polar or the configuration said no, where the code is `refused`. */
  readonly reason: Reason | null;
  /** How long to wait before trying again, where that is known. */
  readonly retryAfterMs: number | null;
  /** Whether Polar may have done what was asked although no answer came back. */
  readonly maybeApplied: boolean;
  /** The decision that holds after the failure; `null` where there is no client. */
  readonly decision: Decision | null;
  /** What a function of the platform or of the app threw. */
  override readonly cause: unknown;

  constructor(code: ErrorCode, message: string, details: LicenseErrorDetails = {}) {
    super(message);
    this.code = code;
    this.reason = details.reason ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.maybeApplied = details.maybeApplied ?? false;
    this.decision = details.decision ?? null;
    this.cause = details.cause;
  }

  /** For logs in JSON: what is the library's own, with the message. */
  toJSON(): object {
    const { cause: _, ...own } = this;
    return { ...own, message: this.message };
  }
}

/** The optional parts of a `LicenseError`. */
export interface LicenseErrorDetails {
  reason?: Reason | null;
  retryAfterMs?: number | null;
  maybeApplied?: boolean;
  decision?: Decision | null;
  cause?: unknown;
}

/** An error for what the platform or the app threw while doing `what`. */
export function failed(code: ErrorCode, what: string, cause: unknown): LicenseError {
  return new LicenseError(code, `${what} (${words(cause)})`, { cause });
}

/** What anything thrown says about itself, in one line. */
export function words(thrown: unknown): string {
  try {
    const message = (thrown as { message?: unknown } | null | undefined)?.message;
    return typeof message === "string" && message !== "" ? message : String(thrown);
  } catch {
    return "an unknown error";
  }
}
