/** The exports of the entry with the customer portal: the exports that all entries share, and the portal's types. */

export * from "../public.js";
export type { NodePortalClient, PortalClient } from "./portal.js";
export type * from "./public-types.js";
// This is the `Purchase` of the customer portal. Decisions use another type with the same name, for a subscription or
// an order.
export type { Purchase } from "./types.js";
