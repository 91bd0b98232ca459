/**
 * Clocks and waiting. Only this file reads the time or sets a timer, but for the file lock in Node.
 */

import { onAbort } from "./abort.js";
import type { AbortSignal } from "./platform.js";

/** Reads the time, so that a test of your app can be a month offline. */
export interface Clock {
  /** Milliseconds since 1970, as the user's clock says. */
  now(): number;
  /** Milliseconds since any moment; never goes back. */
  monotonic(): number;
  /** Lets this time pass before a request that is to leave later, in place of a timer. */
  rest?(ms: number): void;
}

/** Times that numbers hold to the millisecond, with room for what is added to them. */
const LONGEST_MS = 2 ** 52;

/** What `setTimeout` takes; it would take a longer one for 0. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Timers = { setTimeout: typeof setTimeout; clearTimeout: typeof clearTimeout };

/**
 * The platform's timers, for what a call waits for: a call must not hang because a test turns the timers by hand. Those of
 * fake-timers, which are Vitest's and jest's, and those of Playwright's `page.clock` keep the platform's.
 */
function timers(): { set: typeof setTimeout; clear: typeof clearTimeout } {
  type Replaced = { clock?: { _setTimeout?: typeof setTimeout; _clearTimeout?: typeof clearTimeout } };
  const { __pwClock: playwright } = globalThis as { __pwClock?: { builtins?: Timers } };
  const { setTimeout, clearTimeout } = playwright?.builtins ?? globalThis;
  const { clock } = setTimeout as Replaced;
  const { _setTimeout: set = setTimeout, _clearTimeout: clear = clearTimeout } = clock ?? {};
  return { set, clear };
}

/** The platform's clocks. All clients share them, as they share the pace of requests. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: neverBack(() => performance.now()),
};

/** Goes on from the last reading where a test puts another clock in its place, which begins at 0. */
function neverBack(read: () => number): () => number {
  let last = 0;
  let behind = 0;
  return () => {
    const now = read();
    if (now >= last) behind = 0;
    else if (now + behind < last) behind = last - now;
    return (last = now + behind);
  };
}

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
  const own = { now: () => read(() => clock.now()), monotonic: () => Math.max(0, read(() => clock.monotonic())) };
  return typeof clock.rest === "function" ? { ...own, rest: (ms) => clock.rest?.(ms) } : own;
}

/** Waits until the clock says `until`, or one of `signals` aborts. */
export async function waitUntil(until: number, clock: Clock, ...signals: AbortSignal[]): Promise<void> {
  const ms = until - clock.monotonic();
  if (ms > 0 && clock.rest) clock.rest(ms);
  else await pause(ms, ...signals);
}

/**
 * Calls `work` once after `ms`, unless the returned function is called before. Does not keep a process alive. A test may
 * replace this timer: no call waits for it.
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

/** The result of `work`; or of `late`, if `work` takes longer than `ms` or `signal` aborts before. */
export function within<T>(ms: number, work: Promise<T>, late: () => T, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  return Promise.race([work, pause(ms, done.signal, signal).then(late)]).finally(() => done.abort());
}
