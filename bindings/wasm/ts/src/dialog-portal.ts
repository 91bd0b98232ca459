/**
 * Further pages for the dialog, over the customer portal: "Find my key" and "Manage devices". A part of its own, so that the
 * dialog is as small without it.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
