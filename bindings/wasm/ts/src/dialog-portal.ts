/**
 * More pages for the dialog, over the customer portal: "Find my key" and "Manage devices". They are a separate entry to
 * keep the dialog small.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
