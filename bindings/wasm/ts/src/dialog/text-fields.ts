/**
 * The two kinds of fields for texts that users carry between computers. One field shows a text, which can be copied,
 * saved as a file and shown as a QR code. The other field is empty: users paste a text, or load it from a file. This
 * file knows nothing about licenses.
 */

import { create, PLAIN_FIELD } from "./document.js";
import { draw, qrCodeOf } from "./qr-code.js";

/** The labels of the controls. */
export interface FieldLabels {
  readonly copy: string;
  /** The sentence that says that the text was copied. */
  readonly copied: string;
  /** The sentence that asks the user to copy the text, because the browser does not permit the page to do it. */
  readonly selected: string;
  readonly save: string;
  readonly showQrCode: string;
  readonly qrCode: string;
  readonly openFile: string;
}

/** Creates a button of the dialog. */
export type CreateButton = (text: string, press: () => void) => HTMLButtonElement;

/** The largest part of a file that is read, in bytes. Each text that a user carries is much shorter. */
const MAX_FILE_BYTES = 100_000;

const AREA = { part: "input", rows: "4", ...PLAIN_FIELD, enterkeyhint: "enter" };

/** Creates a field that shows `text`. `name` is the label of the field, and `file` the name of the saved file. */
export function textToCarry(
  text: string,
  name: string,
  file: string,
  labels: FieldLabels,
  button: CreateButton,
): HTMLElement[] {
  const area = create("textarea", { id: "carried", readonly: "", ...AREA });
  area.value = text;
  area.addEventListener("focus", () => area.select());
  const status = create("p", { role: "status", part: "note", class: "note" });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = labels.copied;
    } catch {
      // copying is not permitted: by the browser, by the user, or because the page is not in a secure context
      area.focus();
      status.textContent = labels.selected;
    }
  };
  const buttons = [button(labels.copy, () => void copy()), button(labels.save, () => save(text, file))];
  const actions = create("div", { class: "actions" }, ...buttons);
  const elements = [create("label", { for: "carried" }, name), area, actions, status];
  const code = qrCodeOf(text);
  if (!code) return elements;
  const picture = create("div", { part: "qr-code", class: "qr", role: "img", "aria-label": labels.qrCode, hidden: "" });
  const toggle = button(labels.showQrCode, () => {
    picture.hidden = !picture.hidden;
    picture.replaceChildren(draw(code, picture.clientWidth));
    toggle.setAttribute("aria-expanded", String(!picture.hidden));
    // jsdom has no `scrollIntoView`
    picture.scrollIntoView?.({ block: "nearest" });
  });
  toggle.setAttribute("aria-expanded", "false");
  actions.append(toggle);
  return [...elements, picture];
}

/** Creates a field into which a user pastes a text. Returns its elements, and the button that opens a file. */
export function textToEnter(
  id: string,
  name: string,
  labels: FieldLabels,
  button: CreateButton,
): { area: HTMLTextAreaElement; elements: HTMLElement[]; openFile: HTMLButtonElement } {
  const area = create("textarea", { id, "aria-describedby": "page-hint page-error", autocomplete: "off", ...AREA });
  const files = create("input", { type: "file", hidden: "" });
  files.addEventListener("change", async () => {
    const file = files.files?.[0];
    if (!file) return;
    area.value = (await file.slice(0, MAX_FILE_BYTES).text()).trim();
    area.focus();
  });
  // this event bubbles, and the dialog would treat it like the Escape key
  files.addEventListener("cancel", (event) => event.stopPropagation());
  const openFile = button(labels.openFile, () => {
    // the same file can be opened again, after it was changed
    files.value = "";
    files.click();
  });
  return { area, elements: [create("label", { for: id }, name), area, files], openFile };
}

/** Lets the browser save a text as a file. */
function save(text: string, name: string): void {
  const link = document.createElement("a");
  // not the address of a `Blob`: it would have to be freed, and no event says when the browser has read the `Blob`
  link.href = `data:text/plain,${encodeURIComponent(`${text}\n`)}`;
  link.download = name;
  // the link stays outside of the dialog, which treats every clicked link as a link to one of the vendor's pages
  link.click();
}
