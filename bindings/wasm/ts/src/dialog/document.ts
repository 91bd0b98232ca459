/**
 * Helpers that create, update and style the dialog's elements. They never parse text as HTML, so they also work on
 * pages whose Content Security Policy requires Trusted Types.
 */

/** Creates an element with attributes and children. */
export function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets the text of an element, but only if the text differs, because a screen reader announces every change. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The attributes of an input field for a key, a code or an e-mail address. The text is written from left to right, and
 * the browser does not correct or capitalize it.
 */
export const PLAIN_FIELD = {
  dir: "ltr",
  autocapitalize: "off",
  autocorrect: "off",
  spellcheck: "false",
  enterkeyhint: "go",
} as const;

/** Makes `anchor` a link that shows `text` and opens `url`, which is one of the vendor's pages. */
export function point(anchor: HTMLAnchorElement, text: string, url: string): void {
  anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  write(anchor, text);
}

/** Adds a style sheet to a shadow tree. */
export function adoptStyle(root: ShadowRoot, style: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } catch {
    // Safari before 16.4 and jsdom have no `adoptedStyleSheets`
    root.append(create("style", {}, style));
  }
}
