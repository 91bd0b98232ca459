/**
 * More pages for the dialog, over the customer portal: "Find my key" and "Manage devices". A separate entry keeps the
 * dialog small without them.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
