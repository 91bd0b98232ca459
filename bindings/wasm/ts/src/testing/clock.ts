/**
 * A clock that a test turns. It stands still in between; the client's own pauses move it on.
 */

import type { Clock } from "../time.js";

/** The option `clock` of a client under test. */
export interface TestClock extends Clock {
  /** Lets this time pass. */
  advance(ms: number): void;
  /** Sets the user's clock, as a user can, without letting time pass. */
  set(date: Date | string | number): void;
}

/** A clock that stands at `start`. */
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
