/**
 * The customer portal for a page whose license is held by another process. That process runs the operations, and keeps
 * the tokens, the license keys and the secrets of checkouts. The page gets objects that refer to these values.
 */

import { checkedSignal } from "../abort.js";
import { LicenseError } from "../error.js";
import type { License, OfflineService } from "../license.js";
import type { AbortSignal } from "../platform.js";
import { customerPortal } from "./customer-portal.js";
import type { Portal } from "./methods.js";
import { report, type Reply, type RunPortal } from "./run.js";
import type { Progress } from "./types.js";

/** A page's license, with the function that sends the portal's requests to the process that holds the license. */
export interface PageLicense extends License, OfflineService {
  /** Runs an operation of the customer portal. `request` describes the operation in JSON. */
  readonly callPortal: (
    request: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal | undefined,
  ) => Promise<Omit<Reply, "holder">>;
}

/** Returns the customer portal for a page's license. */
export function pagePortal(license: PageLicense): Portal {
  const { callPortal } = license;
  const run: RunPortal = async (request, { signal, onProgress }) => {
    const json = JSON.stringify(request(callPortal));
    try {
      const reply = await callPortal(json, (progress) => report(onProgress, progress), checkedSignal(signal));
      return { holder: callPortal, ...reply };
    } catch (thrown) {
      throw errorFrom(thrown as LicenseError, signal);
    }
  };
  return customerPortal({ current: () => license.current(), run, seesRedirects: true });
}

/** Creates the error with which a call rejects. `failure` may be a plain object that has the members of an error. */
function errorFrom(failure: LicenseError, signal: AbortSignal | undefined): LicenseError {
  const { kind, detail, message } = failure;
  const { aborted = false, reason } = (signal ?? {}) as { aborted?: boolean; reason?: unknown };
  return new LicenseError(kind, detail, { ...failure, message, cause: aborted ? reason : failure.cause });
}
