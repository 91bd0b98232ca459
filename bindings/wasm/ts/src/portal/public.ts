/**
 * The exports of the entry with the customer portal: those of every entry, and the portal's types.
 */

export * from "../public.js";
export type { PortalClient } from "./portal.js";
export type * from "./public-types.js";
// the portal's, and not the subscription or order of a decision
export type { Purchase } from "./types.js";
