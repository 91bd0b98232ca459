/**
 * Checks an abort signal that an app has passed. Adds only one listener to the signal, however many callers wait for
 * the signal, because Node warns of a memory leak at the eleventh listener.
 */

import { LicenseError } from "./error.js";

interface Waiting {
  readonly works: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Returns the signal that the app has passed, if any. Throws if `signal` is not an AbortSignal. */
export function checkedSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal == null || typeof signal.addEventListener === "function") return signal;
  throw new LicenseError("invalid_argument", "`signal` is not an AbortSignal");
}

/**
 * Calls `work` once when `signal` aborts, or immediately if `signal` has already aborted. The returned function cancels
 * the call.
 */
export function onAbort(signal: AbortSignal, work: () => void): () => void {
  if (signal.aborted) {
    work();
    return () => undefined;
  }
  const known = waiting.get(signal) ?? listen(signal);
  const own = (): void => work();
  known.works.add(own);
  return () => {
    if (!known.works.delete(own) || known.works.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", known.listener);
  };
}

function listen(signal: AbortSignal): Waiting {
  const works = new Set<() => void>();
  const listener = (): void => {
    waiting.delete(signal);
    for (const work of [...works]) if (works.delete(work)) work();
  };
  const made = { works, listener };
  waiting.set(signal, made);
  signal.addEventListener("abort", listener);
  return made;
}
