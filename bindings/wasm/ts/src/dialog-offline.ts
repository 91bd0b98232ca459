/**
 * More pages for the dialog: "This computer is not online" and "License another computer". Users carry texts between
 * the two computers: as text, as a file, or as a QR code. They have an entry point of their own, because the QR code
 * needs a library, which other apps do not have to load.
 */

export { offlinePages } from "./dialog/offline.js";
