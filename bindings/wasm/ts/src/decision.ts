/** Decisions as values: comparable by their content, and frozen because all readers share one object. */

import type { Decision } from "./types.js";

/** Whether two decisions are equal. The members of decisions are always in the same order. */
export function isSame(one: Decision, other: Decision): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Freezes a decision and everything in it. */
export function freeze<Some extends Decision>(decision: Some): Some {
  Object.freeze(decision.features);
  Object.freeze(decision.problem);
  Object.freeze(decision.purchase);
  return Object.freeze(decision);
}
