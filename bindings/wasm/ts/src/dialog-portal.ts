/**
 * More pages for the dialog, over the customer portal: "Find my key" and "Manage devices". A separate entry, so that
 * the dialog is small without them.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
