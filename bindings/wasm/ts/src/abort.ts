/**
 * Abort signals: checks the one that an app gave, and lets many wait for one signal with a single listener, since Node
 * warns of a leak at the eleventh.
 */

import { LicenseError } from "./error.js";

interface Waiting {
  readonly works: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Returns the app's own signal, if it gave one. Throws if it is not an AbortSignal. */
export function checkedSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal == null || typeof signal.addEventListener === "function") return signal;
  throw new LicenseError("invalid_argument", "`signal` is not an AbortSignal");
}

/**
 * Calls `work` once when `signal` aborts, immediately if it has aborted already. The returned function cancels the
 * call.
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
