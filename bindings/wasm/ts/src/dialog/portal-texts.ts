/**
 * The texts of the pages for customers. As in the dialog, each text has a code. There are no texts for the results of
 * operations: the pages show the messages that the portal returns with its results.
 */

/** The English texts. A `{name}` is a placeholder. */
export const PORTAL_ENGLISH = {
  "portal.address": "E-mail address",
  "portal.address_question": "Which address did you buy with? A code will be mailed there.",
  "portal.send": "Send the code",
  "portal.code": "Code from the e-mail",
  "portal.continue": "Continue",
  "portal.other_address": "Use another address",
  "portal.customer_question": "Several customers have this address. Which one are you?",
  "portal.unnamed": "Customer {number}",
  "portal.key_question": "Which license do you want to use on this device?",
  "portal.devices_question": "Which license do you want to manage devices for?",
  "portal.no_license": "No license for this app was bought with this address.",
  "portal.key_device": "1 device",
  "portal.key_devices": "{count} devices",
  "portal.key_since": "bought on {date}",
  "portal.key_until": "valid until {date}",
  "portal.key_no_end": "no end date",
  "portal.key_expired": "expired on {date}",
  "portal.key_revoked": "has ended",
  "portal.key_disabled": "disabled by the vendor",
  "portal.key_here": "used on this device",
  "portal.choose": "Choose",
  "portal.devices": "These devices use the license.",
  "portal.since": "since {date}",
  "portal.this_device": "this device",
  "portal.release": "Release",
  "portal.try_again": "Try again",
} as const;

/** The codes that identify the texts. */
export type PortalTextCode = keyof typeof PORTAL_ENGLISH;
