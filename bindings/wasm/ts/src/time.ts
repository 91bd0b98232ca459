/**
 * Clocks and waiting. Only this file reads the time or sets a timer, but for the file lock in Node.
 */

/** Reads the time, so that a test of your app can be a month offline. */
export interface Clock {
  /** Milliseconds since 1970, as the user's clock says. */
  now(): number;
  /** Milliseconds since any moment; never goes back. */
  monotonic(): number;
}

/** Times that numbers hold to the millisecond, with room for what is added to them. */
const LONGEST_MS = 2 ** 52;

/** What `setTimeout` takes; it would take a longer one for 0. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The platform's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A clock that always returns whole milliseconds, whatever the app's own does. */
export function steady(clock: Clock): Clock {
  const read = (look: () => unknown): number => {
    try {
      const ms = Math.floor(Number(look())) || 0;
      return Math.min(Math.max(ms, -LONGEST_MS), LONGEST_MS);
    } catch {
      return 0;
    }
  };
  return { now: () => read(() => clock.now()), monotonic: () => Math.max(0, read(() => clock.monotonic())) };
}

/** Calls `work` once after `ms`, unless the returned function is called before. Does not keep a process alive. */
export function later(ms: number, work: () => void): () => void {
  const timer: unknown = setTimeout(work, Math.max(0, ms));
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
}

/**
 * Resolves after `ms` or when one of `signals` aborts. Leaves its listeners on them, so they should be those of one
 * operation.
 */
export function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signals.some((signal) => signal?.aborted)) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
    for (const signal of signals) signal?.addEventListener("abort", end);
  });
}

/** The result of `work`; or of `late`, if `work` takes longer than `ms` or `signal` aborts before. */
export function within<T>(ms: number, work: Promise<T>, late: () => T, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  return Promise.race([work, pause(ms, done.signal, signal).then(late)]).finally(() => done.abort());
}
