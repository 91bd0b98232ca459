/**
 * More pages for the dialog: "This computer is not online" and "License another computer". On these pages, users carry
 * texts between the two computers: as text, as a file, or as a QR code. The pages have an entry point of their own,
 * because the QR code needs a library that other apps need not load.
 */

export { offlinePages } from "./dialog/offline.js";
