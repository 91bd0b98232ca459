/** Sentences and dates for users. Does not access the DOM. */

/** Replaces the placeholders in a sentence with their values. */
export function fillPlaceholders(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/**
 * Formats a time as a date, in the user's time zone or in `timeZone`. Pass `"UTC"` for a text without a time of day,
 * such as `2026-11-21`. It means midnight in UTC, so in other time zones it could become the day before.
 */
export function dateOf(time: string, locale: string, timeZone?: "UTC"): string {
  const write = (locale: string | undefined): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone }).format(new Date(time));
  try {
    return write(locale);
  } catch {
    // the app or the page has set an invalid locale, so the date is written in the runtime's default locale
    return write(undefined);
  }
}

/**
 * Formats the label of a device, such as `Debian 12 · 2026-11-21 · 7F3A`. Writes the day in the same form as the
 * dialog's other dates.
 */
export function labelOf(label: string, locale: string): string {
  return label.replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => (Number.isNaN(Date.parse(day)) ? day : dateOf(day, locale, "UTC")));
}
