/**
 * Takes the place of the engine while a page has not loaded the engine yet. Shows decisions that an engine computed
 * during an earlier visit, and that were stored as an outlook. This file only looks up the decision for the current
 * time, and runs no operation.
 */

import { freeze } from "./decision.js";
import type { Tags } from "./engine.js";
import { LicenseError } from "./error.js";
import { explanationOf, type Phase } from "./outlook.js";
import { type Clock, later } from "./time.js";
import type { Decision, Explanation } from "./types.js";

export interface StandIn {
  /** Always true, so that the client replaces the stand-in with an engine before it runs an operation. */
  readonly hasStopped: true;

  /** Returns the tags of the record from which the decisions were made. */
  tags(): Tags;

  isCurrent(): boolean;

  current(): Decision;

  explain(feature: string): Explanation;

  /** Throws, because there is no engine. */
  call(): never;

  /** Calls `load` when the browser is idle. Calls it earlier if a phase ends, or if the clock has been set back. */
  whenNeeded(load: () => void): void;

  /** Sets the `problem` of every later decision to `error`, which says why the engine could not be loaded. */
  report(error: LicenseError): void;

  /**
   * Drops the function that was passed to `whenNeeded`, so that its memory can be reclaimed. The function is not called
   * after that.
   */
  free(): void;
}

/**
 * The delay before the engine is loaded in a browser without `requestIdleCallback`. Other browsers load it when they
 * are idle.
 */
const IDLE_MS = 200;

/** Creates a stand-in that shows the decisions of these phases. The first phase must already have begun. */
export function standIn(tags: Tags, phases: [Phase, ...Phase[]], clock: Clock): StandIn {
  const nothing = (): void => undefined;
  const ahead = clock.now() - clock.monotonic();
  let load = nothing;

  /**
   * Returns the phase at this instant. A phase begins as soon as one of the two clocks has reached the start of the
   * phase. Setting a clock back does not end a phase. If a new phase has begun or a clock was set back, also loads the
   * engine, because only the engine can decide whether a clock is right.
   */
  const phase = (): Phase => {
    const wall = clock.now();
    const time = Math.max(wall, ahead + clock.monotonic());
    const over = phases.slice(1).filter((next) => next.wall <= time).length;
    phases.splice(0, over);
    if (over > 0 || wall < phases[0].wall) load();
    return phases[0];
  };

  return {
    hasStopped: true,
    tags: () => tags,
    isCurrent: () => false,
    current: () => freeze(phase().decision),
    explain: (feature) => explanationOf(phase(), feature),
    call() {
      throw new LicenseError("internal", "the licensing engine is not loaded");
    },
    whenNeeded(work) {
      load = work;
      const { requestIdleCallback } = globalThis as { requestIdleCallback?: (work: () => void) => void };
      if (requestIdleCallback) requestIdleCallback(() => load());
      else later(IDLE_MS, () => load());
    },
    report({ kind, message, detail, retryAfterMs, maybeApplied }) {
      const problem = { kind, message, detail, retryAfterMs, maybeApplied };
      for (const phase of phases) phase.decision = { ...phase.decision, problem };
    },
    free() {
      load = nothing;
    },
  };
}
