/**
 * More pages for the dialog: "Find my key" and "Manage devices", which use the customer portal. The pages have an entry
 * point of their own, so that the dialog stays small in apps that do not use them.
 */

export { portalPages, type PortalPagesOptions } from "./dialog/portal.js";
