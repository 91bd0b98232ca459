/** The exports of the entry with the customer portal: the exports that all entries share, and the portal's types. */

export * from "../public.js";
export type { PortalClient } from "./portal.js";
export type * from "./public-types.js";
// exports the portal's `Purchase`, which is not the subscription or order of a decision
export type { Purchase } from "./types.js";
