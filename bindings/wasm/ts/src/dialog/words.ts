/**
 * Sentences and dates as the user reads them. Knows no document.
 */

/** A sentence with its placeholders filled. */
export function filled(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

/** A time as a date, in the language of the page. */
export function dateOf(time: string, locale: string | undefined): string {
  const write = (locale: string | undefined): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(new Date(time));
  try {
    return write(locale);
  } catch {
    // the page's `lang` is not a language
    return write(undefined);
  }
}
