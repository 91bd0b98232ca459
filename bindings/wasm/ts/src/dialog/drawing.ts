/**
 * The dialog's document. It is built once and then updated, so that the focus stays in place and a screen reader
 * announces what has changed. Never parses text as HTML, and works under a Content-Security-Policy without
 * `unsafe-inline`.
 */

import { adoptStyle, create, PLAIN_FIELD, point, write } from "./document.js";
import STYLE from "./style.css";
import { type DialogTextCode, type DialogTexts, textOf } from "./texts.js";
import type { Action, View } from "./view.js";

/** Receives the user's actions. */
export interface Listener {
  act(action: Action, key: string): void;
  /** Goes one step back: cancels the running operation, leaves the present page, or closes the dialog. */
  leave(): void;
  close(): void;
  /**
   * Called when the user follows a link to one of the vendor's pages. If it returns `true`, the dialog opens the page.
   * If it returns `false`, the app opens the page itself.
   */
  follow(url: string): boolean;
}

const SVG = "http://www.w3.org/2000/svg";

/** Options for `focus()` that keep the page from scrolling. */
const STAYING: FocusOptions = { preventScroll: true };

/** The lines of each icon, in a square of 24 by 24. */
const ICONS = {
  good: "M5.5 12.5l4.5 4.5 8.5-9.5",
  waiting: "M12 5.5V12l4 2.5",
  bad: "M12 5v8.5M12 18.5v.01",
  none: "M18.5 9a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0ZM12.3 11.7 5.5 18.5M8 16l2 2",
};

/**
 * The main buttons and their labels, in the order in which they are shown. The action `link` is not in the list,
 * because its label depends on the page that it opens.
 */
const BUTTONS: readonly (readonly [Action, DialogTextCode])[] = [
  ["devices", "dialog.manage_devices"],
  ["request", "dialog.new_request"],
  ["move", "dialog.move"],
  ["submit", "dialog.activate"],
  ["activate", "dialog.activate_here"],
  ["start_trial", "dialog.start_trial"],
  ["deactivate", "dialog.deactivate"],
  ["keep", "dialog.keep"],
  ["check", "dialog.check"],
  ["done", "dialog.done"],
  ["back", "dialog.back"],
  ["cancel", "dialog.cancel"],
];

/** The buttons for less important actions. They are shown below the main buttons. */
const FURTHER: readonly (readonly [Action, DialogTextCode])[] = [
  ["check", "dialog.check"],
  ["find_key", "dialog.find_key"],
  ["enter_key", "dialog.enter_key"],
  ["other_key", "dialog.other_key"],
  ["devices", "dialog.manage_devices"],
  ["ask_deactivate", "dialog.deactivate"],
  ["return", "dialog.give_back"],
  ["request", "dialog.not_online"],
  ["answer", "dialog.other_computer"],
];

export class Drawing {
  readonly dialog = create("dialog", { part: "dialog", "aria-labelledby": "title", "aria-describedby": "message" });
  readonly #root: ShadowRoot;
  readonly #listener: Listener;
  readonly #title = create("h2", { id: "title", part: "title", tabindex: "-1" });
  readonly #close = create("button", { part: "close", class: "close", type: "button" }, createIcon(["", "M6 6l12 12M18 6 6 18"]));
  readonly #icon = create("div", { part: "icon" }, createIcon(...Object.entries(ICONS)));
  readonly #message = create("p", { id: "message", part: "message" });
  readonly #note = create("p", { part: "note", class: "note" });
  readonly #details = create("dl", { part: "details" });
  readonly #label = create("label", { part: "label", for: "key" });
  readonly #input = create("input", {
    id: "key",
    part: "input",
    type: "text",
    autocomplete: "off",
    "aria-describedby": "hint error",
    ...PLAIN_FIELD,
  });
  readonly #hint = create("p", { id: "hint", part: "hint", class: "hint" });
  readonly #form = create("form", { part: "form", novalidate: "" }, this.#label, this.#input, this.#hint);
  readonly #error = create("p", { id: "error", part: "error", class: "error", role: "alert" });
  /** An empty element for the pages of other modules, such as the pages of the customer portal. */
  readonly place = create("div", { part: "page" });
  readonly #status: HTMLElement;
  readonly #actions: HTMLElement;
  readonly #link = create("a", { class: "link" });
  readonly #buttons: readonly (readonly [HTMLButtonElement, Action, DialogTextCode])[];
  readonly #further: readonly (readonly [HTMLButtonElement, Action, DialogTextCode])[];
  /** A link to the page on which customers find their key and manage devices. */
  readonly #portalLink = create("a", { class: "link" });
  readonly #footer = create("footer", { part: "footer" }, this.#portalLink);

  constructor(root: ShadowRoot, listener: Listener) {
    this.#root = root;
    this.#listener = listener;
    this.#buttons = BUTTONS.map(([action, code]) => [this.#button(action), action, code]);
    this.#further = FURTHER.map(([action, code]) => [this.#button(action), action, code]);
    // a screen reader announces changes of this element
    const live = create("div", { role: "status" }, this.#message, this.#note);
    this.#status = create("div", { part: "status", class: "status" }, this.#icon, live);
    const buttons = this.#buttons.map(([button]) => button);
    this.#actions = create("div", { part: "actions", class: "actions" }, this.#link, ...buttons);
    this.#footer.append(...this.#further.map(([button]) => button));
    this.dialog.append(
      create("header", { part: "header" }, this.#title, this.#close),
      this.#status,
      this.#details,
      this.#form,
      this.#error,
      this.#actions,
      this.#footer,
      this.place,
    );
    this.#listen();
    adoptStyle(root, STYLE);
    root.append(this.dialog);
  }

  /** The key that the user has typed. */
  get key(): string {
    return this.#input.value;
  }

  set key(key: string) {
    this.#input.value = key;
  }

  /** Draws the view, and keeps the focus on a visible element. */
  draw(view: View, texts: DialogTexts): void {
    const say = (code: DialogTextCode): string => textOf(texts, code);
    const focused = this.#root.activeElement as HTMLElement | null;
    const isBusy = view.actions.has("cancel");
    write(this.#title, say("dialog.title"));
    this.#close.setAttribute("aria-label", say("dialog.close"));
    this.#icon.className = `icon ${view.tone}`;
    write(this.#message, view.message);
    write(this.#note, view.note);
    write(this.#label, say("dialog.key"));
    write(this.#hint, say("dialog.key_hint"));
    write(this.#error, view.error);
    this.#form.hidden = !view.hasForm;
    this.#input.readOnly = isBusy;
    this.#input.setAttribute("aria-invalid", String(view.hasForm && view.error !== ""));
    this.#drawDetails(view);
    for (const [button, action, code] of this.#buttons) {
      const isMain = action === view.main;
      // An action in `FURTHER` has two buttons: this one, and one in `#further`. This one is shown if the action is the
      // view's main action. Otherwise the one in `#further` is shown.
      const isHere = view.actions.has(action) && (isMain || !FURTHER.some(([further]) => further === action));
      this.#update(button, isHere, isMain, isBusy && action !== "cancel");
      button.classList.toggle("danger", action === "deactivate");
      write(button, say(code));
    }
    for (const [button, action, code] of this.#further) {
      this.#update(button, view.actions.has(action) && action !== view.main, false, isBusy);
      write(button, say(code));
    }
    this.#drawLink(view, isBusy);
    this.#update(this.#portalLink, view.portalLink !== undefined, false, isBusy);
    if (view.portalLink) point(this.#portalLink, view.portalLink.text, view.portalLink.url);
    for (const part of [this.#status, this.#error, this.#actions]) part.hidden = view.hasPage;
    this.place.hidden = !view.hasPage;
    this.#footer.hidden = [...this.#footer.children].every((control) => (control as HTMLElement).hidden);
    if (focused?.closest("[hidden]")) this.focus(view);
  }

  /**
   * Moves the focus to the control that the user most likely needs next:
   *
   * - the button that keeps the license, if the dialog asks whether to deactivate it,
   * - otherwise the input field for the key, or the button of the main action,
   * - the title if the dialog has none of these.
   *
   * If the dialog is taller than the page, also scrolls to the error, or to the message if there is no error.
   */
  focus(view: View): void {
    if (view.hasPage) return;
    const wanted = view.actions.has("keep") ? "keep" : view.main;
    const button = this.#buttonOf(wanted);
    if (view.hasForm && wanted === "submit") {
      this.#input.focus(STAYING);
      this.#input.select();
    } else (wanted === "link" ? this.#link : button && !button.hidden ? button : this.#title).focus(STAYING);
    // jsdom has no `scrollIntoView`
    if (view.error) this.#error.scrollIntoView?.({ block: "nearest" });
    else this.dialog.scrollTop = 0;
  }

  /**
   * Places the link before the other actions if the link is the main action. Otherwise places it after the button that
   * submits the key.
   */
  #drawLink({ link, main }: View, isBusy: boolean): void {
    this.#update(this.#link, link !== undefined, main === "link", isBusy);
    if (!link) return;
    point(this.#link, link.text, link.url);
    const before = main === "link" ? undefined : this.#buttonOf("submit");
    if (this.#link.previousElementSibling === (before ?? null)) return;
    if (before) before.after(this.#link);
    else this.#actions.prepend(this.#link);
  }

  #buttonOf(action: Action | undefined): HTMLButtonElement | undefined {
    return this.#buttons.find(([, own]) => own === action)?.[0];
  }

  #update(control: HTMLElement, isShown: boolean, isMain: boolean, isDisabled: boolean): void {
    control.hidden = !isShown;
    control.classList.toggle("main", isMain);
    control.setAttribute("part", `${control.localName === "a" ? "link" : "button"}${isMain ? " main" : ""}`);
    // not `disabled`, because a button with `disabled` would lose the focus
    control.setAttribute("aria-disabled", String(isDisabled));
  }

  #drawDetails({ details }: View): void {
    this.#details.hidden = details.length === 0;
    const rows = details.flatMap(({ name, value, link }) => {
      // `bdi` keeps a key or a label readable on a page whose language is written from right to left
      const cell = create("dd", { part: "value" }, create("bdi", {}, value));
      if (link) {
        const page = create("a", {});
        point(page, link.text, link.url);
        cell.append(" ", page);
      }
      return [create("dt", { part: "name" }, name), cell];
    });
    const isSame = (row: HTMLElement, at: number): boolean => row.isEqualNode(this.#details.children[at] ?? null);
    if (rows.length !== this.#details.children.length || !rows.every(isSame)) this.#details.replaceChildren(...rows);
  }

  #button(action: Action): HTMLButtonElement {
    const button = create("button", { type: "button" });
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") this.#listener.act(action, this.key);
    });
    return button;
  }

  /**
   * Makes Tab move the focus from the last control to the first, and Shift+Tab from the first to the last. Without
   * this, Firefox moves the focus to the last control whenever the focus enters a dialog in a shadow tree.
   */
  #cycleFocus(event: KeyboardEvent): void {
    const all = this.dialog.querySelectorAll<HTMLElement>("button, a, input, textarea");
    const controls = [...all].filter((control) => !control.closest("[hidden]"));
    const [first, last] = [controls[0], controls[controls.length - 1]];
    const at = this.#root.activeElement as HTMLElement | null;
    const isOutside = !at || !controls.includes(at);
    if (event.shiftKey ? !isOutside && at !== first : at !== last) return;
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }

  #listen(): void {
    const { dialog } = this;
    const leave = (event: Event): void => {
      event.preventDefault();
      this.#listener.leave();
    };
    dialog.addEventListener("cancel", leave);
    dialog.addEventListener("keydown", (event) => {
      // while the user composes a character with an input method, Escape only ends the composition
      if (event.key === "Escape" && !event.isComposing) leave(event);
      else if (event.key === "Tab") this.#cycleFocus(event);
    });
    // This listener also runs if the browser has closed the dialog without a `cancel` event. It does nothing if the
    // dialog has been opened again in the meantime.
    dialog.addEventListener("close", () => dialog.open || this.#listener.close());
    dialog.addEventListener("click", (event) => {
      const page = (event.target as Element).closest("a");
      if (!page) return;
      const isDisabled = page.getAttribute("aria-disabled") === "true";
      if (isDisabled || !this.#listener.follow(page.href)) event.preventDefault();
    });
    this.#close.addEventListener("click", () => this.#listener.close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#listener.act("submit", this.key);
    });
  }
}

/** Creates an icon from its lines. Each argument is the class of a line and its path data. */
function createIcon(...lines: (readonly [string, string])[]): SVGElement {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  for (const [name, line] of lines) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", line);
    picture.append(path);
  }
  return picture;
}
