/**
 * The dialog's own texts: labels, questions and the language code. An app replaces a text by passing another text under
 * the same key.
 *
 * The dialog also shows messages about results and next steps. These messages come from decisions and errors, so they
 * are not in this file. An app replaces them through the setting `texts` of the license.
 *
 * `texts/dialog.en.json` is generated from this file.
 */

import type { OfflineTextCode } from "./offline-texts.js";
import type { PortalTextCode } from "./portal-texts.js";
import { fillPlaceholders } from "./words.js";

/** The English texts. A `{name}` is a placeholder. */
export const ENGLISH = {
  "dialog.language": "en",
  "dialog.title": "License",
  "dialog.close": "Close",
  "dialog.opening": "Reading the license.",
  "dialog.busy": "Waiting for the license server.",
  "dialog.key": "License key",
  "dialog.key_hint": "It is in the e-mail about your purchase.",
  "dialog.activate": "Activate",
  "dialog.activate_here": "Activate on this device",
  "dialog.move": "Move the license here",
  "dialog.check": "Check again",
  "dialog.find_key": "Find my key",
  "dialog.enter_key": "Enter a key",
  "dialog.other_key": "Enter another key",
  "dialog.start_trial": "Start the trial",
  "dialog.buy": "Buy a license",
  "dialog.renew": "Renew the license",
  "dialog.upgrade": "See plans",
  "dialog.contact_vendor": "Contact the vendor",
  "dialog.manage_devices": "Manage devices",
  "dialog.deactivate": "Deactivate",
  "dialog.deactivate_question": "Deactivate the license on this device?",
  "dialog.deactivate_hint": "To activate it again, you need the whole license key.",
  "dialog.deactivated": "The license was removed from this device.",
  "dialog.keep": "Keep it",
  "dialog.not_online": "This computer is not online",
  "dialog.new_request": "Create a request",
  "dialog.other_computer": "License another computer",
  "dialog.give_back": "Give the license back",
  "dialog.back": "Back",
  "dialog.cancel": "Cancel",
  "dialog.done": "Done",
  "dialog.valid_until": "Valid until",
  "dialog.no_end": "No end date",
  "dialog.confirmed_at": "Last confirmed",
  "dialog.offline_until": "Works offline until",
  "dialog.uses": "Uses",
  "dialog.uses_of": "{usage} of {limit}",
  "dialog.device": "This device",
  "dialog.included": "Included",
  "dialog.subscription": "Subscription",
  "dialog.renews_on": "Renews on {date}",
  "dialog.ends_on": "Ends on {date}",
  "dialog.trial_until": "Trial until {date}",
  "dialog.payment_failed": "Payment failed",
  "dialog.update_payment": "Update payment method",
} as const;

/** The codes that identify the dialog's texts. */
export type DialogTextCode = keyof typeof ENGLISH;

/**
 * Replacements for the English texts. The name of each member is the text's code in `texts/dialog.en.json`.
 * `texts/dialog.de.json` contains German texts.
 */
export type DialogTexts = Readonly<Partial<Record<DialogTextCode | PortalTextCode | OfflineTextCode, string>>>;

/**
 * Returns the locale for dates: the page's locale, such as `en-GB`, if it has the same language as the texts, and
 * otherwise the language of the texts.
 */
export function localeOf(texts: DialogTexts, pages: string | undefined): string {
  const language = textOf(texts, "dialog.language");
  const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
  return pages && primary(pages) === primary(language) ? pages : language;
}

/** Returns the text for a code, with its placeholders replaced. */
export function textOf(texts: DialogTexts, code: DialogTextCode, values: Readonly<Record<string, string>> = {}): string {
  return fillPlaceholders(texts[code] ?? ENGLISH[code], values);
}
