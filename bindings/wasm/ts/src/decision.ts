/**
 * Compares decisions by their content, and freezes them. All callers get the same decision object, so no caller may
 * change it.
 */

import type { Decision } from "./types.js";

/**
 * Returns `true` if two decisions are equal. Comparing JSON is enough, because all decisions have their members in one
 * fixed order.
 */
export function isSame(one: Decision, other: Decision): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Freezes a decision and everything in it. */
export function freeze<Some extends Decision>(decision: Some): Some {
  Object.freeze(decision.features);
  Object.freeze(decision.problem);
  Object.freeze(decision.purchase);
  return Object.freeze(decision);
}
