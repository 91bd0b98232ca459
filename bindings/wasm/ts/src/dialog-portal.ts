/**
 * More pages for the dialog: "Find my key" and "Manage devices". They use the customer portal. They are a separate
 * entry, so that the dialog stays small without them.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
