/** The exports of the entry with the customer portal: what every entry exports, and the portal's types. */

export * from "../public.js";
export type { PortalClient } from "./portal.js";
export type * from "./public-types.js";
// the portal's `Purchase`, and not the subscription or order of a decision
export type { Purchase } from "./types.js";
