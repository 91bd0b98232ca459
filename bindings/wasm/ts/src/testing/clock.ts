/**
 * A clock that a test sets. It advances only when the test advances it, or when the client would have to wait: instead
 * of waiting, the client advances the clock to the end of the wait.
 */

import type { Clock } from "../time.js";

/** A clock that a test controls. Pass it to a client as the option `clock`. */
export interface TestClock extends Clock {
  /** Advances both the user's clock and the monotonic clock. */
  advance(ms: number): void;
  /** Sets the user's clock, as a user can do. Does not advance the monotonic clock. */
  set(date: Date | string | number): void;
}

/** Creates a clock that shows `start`. */
export function testClock(start: Date | string | number = "2026-01-02T03:04:05Z"): TestClock {
  let wall = +new Date(start);
  let passed = 0;
  const advance = (ms: number): void => {
    wall += ms;
    passed += ms;
  };
  return {
    now: () => wall,
    monotonic: () => passed,
    rest: advance,
    advance,
    set: (date) => {
      wall = +new Date(date);
    },
  };
}
