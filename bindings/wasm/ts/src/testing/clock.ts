/** A clock that a test sets. Stands still in between; only the client's own pauses advance it. */

import type { Clock } from "../time.js";

/** The option `clock` of a client under test. */
export interface TestClock extends Clock {
  /** Advances both clocks. */
  advance(ms: number): void;
  /** Sets the user's clock, as a user can, without any time passing. */
  set(date: Date | string | number): void;
}

/** Creates a clock that stands at `start`. */
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
