/**
 * Clocks and waiting. Only this file reads the time. It also sets all timers, except one in Node's file lock and one in
 * React's store.
 */

import { onAbort } from "./abort.js";
import type { AbortSignal } from "./platform.js";

/** A source of time. A test of your app can replace it, for example to simulate a month offline. */
export interface Clock {
  /** Returns the reading of the user's clock, in milliseconds since 1970. */
  now(): number;
  /** Returns the number of milliseconds since some fixed moment. The number never decreases. */
  monotonic(): number;
  /**
   * Called when the client has to wait `ms` before it sends a request. The clock of a test can define this method and
   * jump forward by `ms`, so that the client sends the request at once.
   */
  rest?(ms: number): void;
}

/**
 * The largest accepted time. Durations can safely be added to this time, because numbers are exact to the millisecond
 * up to twice this value.
 */
const LONGEST_MS = 2 ** 52;

/** The longest delay that `setTimeout` accepts. `setTimeout` treats a longer delay as 0. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Timers = { setTimeout: typeof setTimeout; clearTimeout: typeof clearTimeout };

/**
 * Returns the platform's own timers, even if a test has replaced the global ones. Time limits within a call use these
 * timers, so that a call does not hang in such a test.
 *
 * Two tools replace timers: the library fake-timers, which Vitest and jest use, and Playwright's `page.clock`. Both
 * keep the platform's timers in properties of their own.
 */
function timers(): { set: typeof setTimeout; clear: typeof clearTimeout } {
  type Replaced = { clock?: { _setTimeout?: typeof setTimeout; _clearTimeout?: typeof clearTimeout } };
  const { __pwClock: playwright } = globalThis as { __pwClock?: { builtins?: Timers } };
  const { setTimeout, clearTimeout } = playwright?.builtins ?? globalThis;
  const { clock } = setTimeout as Replaced;
  const { _setTimeout: set = setTimeout, _clearTimeout: clear = clearTimeout } = clock ?? {};
  return { set, clear };
}

/**
 * The platform's clocks. All clients use these same clocks, because all clients together have one limit on how fast
 * they may send requests.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: neverDecreasing(() => performance.now()),
};

/** Makes a clock that never goes back, even if a test replaces the clock behind `read` with one that begins at 0. */
function neverDecreasing(read: () => number): () => number {
  let last = 0;
  let behind = 0;
  return () => {
    const now = read();
    if (now >= last) behind = 0;
    else if (now + behind < last) behind = last - now;
    return (last = now + behind);
  };
}

/**
 * Wraps a clock so that it always returns whole milliseconds. The app's own clock may return fractions or even values
 * that are not numbers, or throw.
 */
export function steady(clock: Clock): Clock {
  const read = (look: () => unknown): number => {
    try {
      const ms = Math.floor(Number(look())) || 0;
      return Math.min(Math.max(ms, -LONGEST_MS), LONGEST_MS);
    } catch {
      return 0;
    }
  };
  const own = { now: () => read(() => clock.now()), monotonic: () => Math.max(0, read(() => clock.monotonic())) };
  return typeof clock.rest === "function" ? { ...own, rest: (ms) => clock.rest?.(ms) } : own;
}

/** Waits until the clock reads `until`, or until one of `signals` aborts. */
export async function waitUntil(until: number, clock: Clock, ...signals: AbortSignal[]): Promise<void> {
  const ms = until - clock.monotonic();
  if (ms > 0 && clock.rest) clock.rest(ms);
  else await pause(ms, ...signals);
}

/**
 * Calls `work` once after `ms`. The returned function cancels the call. The timer does not keep a process alive. If a
 * test has replaced `setTimeout`, `work` may never be called. That does no harm, because no method of the license waits
 * for this timer.
 */
export function later(ms: number, work: () => void): () => void {
  const timer: unknown = setTimeout(work, Math.max(0, ms));
  (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** Resolves after `ms` or when one of `signals` aborts. */
export function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signals.some((signal) => signal?.aborted)) return resolve();
    const { set, clear } = timers();
    const end = (): void => {
      clear.call(globalThis, timer);
      for (const stop of stops) stop?.();
      resolve();
    };
    const timer = set.call(globalThis, end, Math.min(ms, LONGEST_TIMER_MS));
    const stops = signals.map((signal) => signal && onAbort(signal, end));
  });
}

/**
 * Returns the result of `work`. If `work` takes longer than `ms`, or `signal` aborts first, returns the result of
 * `late`.
 */
export function within<T>(ms: number, work: Promise<T>, late: () => T, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  return Promise.race([work, pause(ms, done.signal, signal).then(late)]).finally(() => done.abort());
}
