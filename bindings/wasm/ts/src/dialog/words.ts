/**
 * Sentences and dates as the user reads them. Knows no document.
 */

/** A sentence with its placeholders filled. */
export function filled(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** A time as a date; of a whole day, in `UTC`. */
export function dateOf(time: string, locale: string, timeZone?: "UTC"): string {
  const write = (locale: string | undefined): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone }).format(new Date(time));
  try {
    return write(locale);
  } catch {
    // what the app or the page says is not a language
    return write(undefined);
  }
}

/** The name of a device, with the day in it, as in `Debian 12 · 2026-11-21 · 7F3A`, written like other dates. */
export function labelOf(label: string, locale: string): string {
  return label.replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => (Number.isNaN(Date.parse(day)) ? day : dateOf(day, locale, "UTC")));
}
