/**
 * Signals: the app's own, which may be anything, and many that wait for one, with one listener on it: Node warns of a
 * leak at the eleventh.
 */

import { LicenseError } from "./error.js";

interface Waiting {
  readonly works: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** The app's own signal, if it gave one. Throws if that is not an AbortSignal. */
export function checkedSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal == null || typeof signal.addEventListener === "function") return signal;
  throw new LicenseError("invalid_argument", "`signal` is not an AbortSignal");
}

/** Calls `work` once when `signal` aborts, at once if it has, unless the returned function is called before. */
export function onAbort(signal: AbortSignal, work: () => void): () => void {
  if (signal.aborted) {
    work();
    return () => undefined;
  }
  const known = waiting.get(signal) ?? listened(signal);
  const own = (): void => work();
  known.works.add(own);
  return () => {
    if (!known.works.delete(own) || known.works.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", known.listener);
  };
}

function listened(signal: AbortSignal): Waiting {
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
