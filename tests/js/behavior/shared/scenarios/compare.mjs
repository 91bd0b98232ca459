// Compares expected with actual values.

import { moment, time } from "./read.mjs";

/** The tolerance for times. Requests take a while, so times are compared to the minute. */
const SLACK_MS = 60_000;

/**
 * Returns the differences, each as `member: expected …, got …`. Unless `closed`, inner objects may have additional
 * members.
 */
export function differences(expected, actual, closed = false) {
  return Object.entries(expected)
    .filter(([name, value]) => !matches(name, value, actual?.[name] ?? null, closed))
    .map(
      ([name, value]) => `${name}: expected ${JSON.stringify(value)}, got ${JSON.stringify(actual?.[name] ?? null)}`,
    );
}

function matches(name, expected, actual, closed) {
  if (isObject(expected)) {
    if ("contains" in expected) return typeof actual === "string" && actual.includes(expected.contains);
    if ("oneOf" in expected) return expected.oneOf.some((one) => matches(name, one, actual, closed));
    if ("not" in expected) return !matches(name, expected.not, actual, closed);
    if ("count" in expected) return actual?.length === expected.count;
    if ("atLeast" in expected || "atMost" in expected) {
      return typeof actual === "number" && actual >= (expected.atLeast ?? 0) && actual <= (expected.atMost ?? Infinity);
    }
    if ("from" in expected) {
      const at = time(actual);
      return at !== undefined && moment(expected.from) <= at && at <= moment(expected.to);
    }
    if (!isObject(actual)) return false;
    const further = closed && Object.keys(expected).length !== Object.keys(actual).length;
    return !further && differences(expected, actual, closed).length === 0;
  }
  if (typeof expected === "string" && name.endsWith("At")) {
    const at = time(actual);
    return at !== undefined && Math.abs(at - moment(expected)) <= SLACK_MS;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && !closed) {
    return expected.length === actual.length && expected.every((one, at) => matches("", one, actual[at], closed));
  }
  return JSON.stringify(expected) === JSON.stringify(actual);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
