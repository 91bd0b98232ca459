/**
 * What a page knows of a license that another process holds: the decision, and those that time alone will make of it. Looks
 * up which of them the clocks have come to; what they say was decided in the engine.
 */

import { frozen, isSame } from "./decision.js";
import { type Clock, later, LONGEST_TIMER_MS } from "./time.js";
import type { Decision, Explanation } from "./types.js";

/** Of two outlooks, that with the higher number, `at`, is later. */
export interface Outlook {
  at: number;
  phases: Phase[];
}

/** A decision, from when on it holds, and what it says of features. */
export interface Phase {
  /** The wall clock in ms since 1970. */
  wall: number;
  /** Ms since the outlook was made, by a clock that nobody sets. The phase begins as soon as either is over. */
  after: number;
  decision: Decision;
  explanations: Record<string, Explanation>;
  /** Of a feature that the configuration does not name: its name stands between the two backticks. */
  unknown: Explanation;
}

/** A clock that is this much behind the outlook was set back since. */
const SET_BACK_MS = 1_000;

/** The latest outlook that a page has received. */
export class Horizon {
  readonly #clock: Clock;
  readonly #askAgain: () => void;
  readonly #onChange: (decision: Decision) => void;
  #outlook: Outlook;
  #since: number;
  #phase: Phase;
  #cancel = (): void => undefined;

  /**
   * `askAgain` is called when a phase has ended or a clock was set, since who holds the license may judge the clocks
   * otherwise; `onChange` with each decision that follows, but not from inside of a look.
   */
  constructor(outlook: Outlook, clock: Clock, askAgain: () => void, onChange: (decision: Decision) => void) {
    this.#clock = clock;
    this.#askAgain = askAgain;
    this.#onChange = onChange;
    this.#outlook = outlook;
    this.#since = clock.monotonic();
    this.#phase = first(outlook);
    frozen(this.#phase.decision);
    this.#wait();
  }

  /** Replaces the outlook, if this one is later. */
  take(outlook: Outlook): void {
    if (outlook.at <= this.#outlook.at) return;
    const before = this.#phase.decision;
    this.#outlook = outlook;
    this.#since = this.#clock.monotonic();
    this.#phase = first(outlook);
    // the same object for as long as it says the same
    if (isSame(this.#phase.decision, before)) this.#phase.decision = before;
    else this.#onChange(frozen(this.#phase.decision));
    this.#wait();
  }

  /** What holds at this instant. */
  look(): Phase {
    const { phases } = this.#outlook;
    const wall = this.#clock.now();
    const passed = this.#clock.monotonic() - this.#since;
    const began = phases.filter((phase) => wall >= phase.wall || passed >= phase.after);
    const phase = began.at(-1) ?? this.#phase;
    if (phases.indexOf(phase) > phases.indexOf(this.#phase)) {
      this.#phase = phase;
      frozen(phase.decision);
      this.#askAgain();
    } else if (wall < first(this.#outlook).wall - SET_BACK_MS) {
      this.#askAgain();
    }
    return this.#phase;
  }

  /** Looks when the next phase begins, if both clocks go on as they should. */
  #wait(): void {
    this.#cancel();
    const { phases } = this.#outlook;
    const next = phases[phases.indexOf(this.#phase) + 1];
    if (!next) return;
    const wall = next.wall - this.#clock.now();
    const passed = this.#since + next.after - this.#clock.monotonic();
    const ms = Math.min(Math.max(0, Math.min(wall, passed)), LONGEST_TIMER_MS);
    this.#cancel = later(ms, () => {
      this.#onChange(this.look().decision);
      this.#wait();
    });
  }
}

function first(outlook: Outlook): Phase {
  const [phase] = outlook.phases;
  if (!phase) throw new Error("an outlook has no phase");
  return phase;
}
