/**
 * For tests of apps: a license in any state, a clock that the test sets, and replies in the form that Polar sends. Not
 * meant for production.
 */

export { testClock, type TestClock } from "./clock.js";
export { fakeLicense, type FakeLicenseOptions } from "./license.js";
export { type PolarRequest, testPolar, type TestPolar } from "./polar.js";
export { type Denial, type LicenseFields, type PolarReply, replies, responseOf, type SeatFields } from "./replies.js";
export * from "../public.js";
