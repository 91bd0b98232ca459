/**
 * Clocks and waiting. The only file that reads the time or sets a timer.
 */

/** Tells the time, so that a test of your app can be a month offline. */
export interface Clock {
  /** Milliseconds since 1970, as the user's clock says. */
  now(): number;
  /** Milliseconds since any moment; never goes back. */
  monotonic(): number;
}

/** The platform's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Calls `work` once after `ms`, unless the returned function is called before. Never keeps a process alive. */
export function later(ms: number, work: () => void): () => void {
  const timer: unknown = setTimeout(work, Math.max(0, ms));
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** What `promise` settles to; `otherwise` where it takes longer than `ms`. A late rejection is nobody's concern. */
export function within<T>(ms: number, promise: Promise<T>, otherwise: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(otherwise());
      } catch (error) {
        reject(error);
      }
    }, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
