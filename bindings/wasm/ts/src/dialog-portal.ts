/**
 * More pages for the dialog, which use the customer portal: "Find my key" and "Manage devices". They are a separate
 * entry, so that the dialog stays small without them.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
