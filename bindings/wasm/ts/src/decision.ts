/**
 * Decisions as values: compared by what they say, and frozen, since everybody who reads one gets the same.
 */

import type { Decision } from "./types.js";

/** Whether two decisions say the same; their members have one order. */
export function isSame(one: Decision, other: Decision): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The decision itself, with all that is in it. */
export function frozen<Some extends Decision>(decision: Some): Some {
  Object.freeze(decision.features);
  Object.freeze(decision.problem);
  Object.freeze(decision.purchase);
  return Object.freeze(decision);
}
