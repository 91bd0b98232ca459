/**
 * Elements of the dialog. Writes no HTML from text, so that it works where a policy demands trusted types.
 */

/** An element with attributes and what is in it. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Only what differs: a screen reader hears each change. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What a field for something that is neither prose nor a name has. */
export const PLAIN_FIELD = {
  dir: "ltr",
  autocapitalize: "off",
  autocorrect: "off",
  spellcheck: "false",
  enterkeyhint: "go",
} as const;

/** Makes an anchor lead to a page of the vendor's. */
export function point(anchor: HTMLAnchorElement, text: string, url: string): void {
  anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  write(anchor, text);
}
