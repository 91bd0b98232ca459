/**
 * A page's copy of the state of a license that another process holds: the present decision, and the decisions that
 * follow as time passes. The engine in that process has computed all these decisions. This file only chooses the
 * decision for the current time.
 */

import { freeze, isSame } from "./decision.js";
import { type Clock, later, LONGEST_TIMER_MS } from "./time.js";
import type { Decision, Explanation } from "./types.js";

/** The decisions of a license over time. Of two outlooks, the one with the higher `at` is newer. */
export interface Outlook {
  at: number;
  phases: CountedPhase[];
}

/** A decision, the time at which it begins to hold, and the explanations of features under this decision. */
export interface Phase {
  /** The start of the phase by the wall clock, in ms since 1970. */
  wall: number;
  decision: Decision;
  explanations: Record<string, Explanation>;
  /**
   * The explanation for an unconfigured feature. The feature's name is inserted between the two backticks in `detail`.
   */
  unknown: Explanation;
}

/** A phase that begins as soon as either `wall` or `after` is reached. */
interface CountedPhase extends Phase {
  /** The start of the phase by the monotonic clock, in ms since the outlook was made. */
  after: number;
}

/** Returns the explanation for a feature in a phase. */
export function explanationOf({ explanations, unknown }: Phase, feature: string): Explanation {
  const known = Object.hasOwn(explanations, feature) ? explanations[feature] : undefined;
  return known ?? { ...unknown, detail: unknown.detail.replace("``", () => `\`${feature}\``) };
}

/**
 * The tolerance for the wall clock. If the clock is behind the start of the outlook by more than this, it was set back.
 */
const SET_BACK_MS = 1_000;

/** The latest outlook that a page has received. */
export class Horizon {
  readonly #clock: Clock;
  readonly #askAgain: () => void;
  readonly #onChange: (decision: Decision) => void;
  #outlook: Outlook;
  #since: number;
  #phase: CountedPhase;
  #cancel = (): void => undefined;

  /**
   * Calls `onChange` whenever a later phase changes the decision, but never from within `look`. Calls `askAgain` when a
   * phase has ended or a clock was set back. The page must then get a new outlook from the process that holds the
   * license, because that process makes the decisions and may use another clock.
   */
  constructor(outlook: Outlook, clock: Clock, askAgain: () => void, onChange: (decision: Decision) => void) {
    this.#clock = clock;
    this.#askAgain = askAgain;
    this.#onChange = onChange;
    this.#outlook = outlook;
    this.#since = clock.monotonic();
    this.#phase = first(outlook);
    freeze(this.#phase.decision);
    this.#wait();
  }

  /** Replaces the outlook if `outlook` is newer. */
  take(outlook: Outlook): void {
    if (outlook.at <= this.#outlook.at) return;
    const before = this.#phase.decision;
    this.#outlook = outlook;
    this.#since = this.#clock.monotonic();
    this.#phase = first(outlook);
    // if the decisions are equal, `look` keeps returning the same object
    if (isSame(this.#phase.decision, before)) this.#phase.decision = before;
    else this.#onChange(freeze(this.#phase.decision));
    this.#wait();
  }

  /** Returns the phase at this instant. */
  look(): CountedPhase {
    const { phases } = this.#outlook;
    const wall = this.#clock.now();
    const passed = this.#clock.monotonic() - this.#since;
    const began = phases.filter((phase) => wall >= phase.wall || passed >= phase.after);
    const phase = began.at(-1) ?? this.#phase;
    if (phases.indexOf(phase) > phases.indexOf(this.#phase)) {
      this.#phase = phase;
      freeze(phase.decision);
      this.#askAgain();
    } else if (wall < first(this.#outlook).wall - SET_BACK_MS) {
      this.#askAgain();
    }
    return this.#phase;
  }

  /** Sets a timer that calls `look` when the next phase is expected to begin. */
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

function first(outlook: Outlook): CountedPhase {
  const [phase] = outlook.phases;
  if (!phase) throw new Error("an outlook has no phase");
  return phase;
}
