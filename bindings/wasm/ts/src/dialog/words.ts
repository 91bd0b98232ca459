/** Sentences and dates for users. Does not access the DOM. */

/** Replaces the placeholders of a sentence. */
export function fillPlaceholders(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** Formats a time as a date. With `UTC`, the time stands for a whole day. */
export function dateOf(time: string, locale: string, timeZone?: "UTC"): string {
  const write = (locale: string | undefined): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone }).format(new Date(time));
  try {
    return write(locale);
  } catch {
    // the locale of the app or the page is invalid
    return write(undefined);
  }
}

/**
 * Formats the label of a device, such as `Debian 12 · 2026-11-21 · 7F3A`: the day in it is written like other dates.
 */
export function labelOf(label: string, locale: string): string {
  return label.replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => (Number.isNaN(Date.parse(day)) ? day : dateOf(day, locale, "UTC")));
}
