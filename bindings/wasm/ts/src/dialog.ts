/**
 * A dialog for license keys, without a framework: `<polar-license-dialog>` over any `License`, and `showLicenseDialog`,
 * which puts one on the page for as long as it is open. Holds no engine and decides nothing about licenses. On a server it
 * defines nothing.
 */

import { LicenseDialogElement, type LicenseSource } from "./dialog/element.js";
import type { DialogPages } from "./dialog/pages.js";
import type { DialogTexts } from "./dialog/texts.js";

export { LicenseDialogElement, type LicenseDialogEventMap, type LicenseSource } from "./dialog/element.js";
export type { DialogPages, DialogPlace, PagesFor } from "./dialog/pages.js";
export type { DialogTextCode, DialogTexts } from "./dialog/texts.js";

/** The name of the element. */
const NAME = "polar-license-dialog";

if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, LicenseDialogElement);

/** What `showLicenseDialog` takes. */
export interface LicenseDialogOptions {
  /** A key to put into the field, for the user to activate. */
  key?: string | undefined;
  /** Features to show, each with its name for the user. */
  features?: Readonly<Record<string, string>> | undefined;
  /** Pages on which customers find their key and manage devices: those of `polar-license/dialog-portal`. */
  portal?: DialogPages | undefined;
  /** Words that replace the dialog's own; `texts/dialog.de.json` is German. */
  texts?: DialogTexts | undefined;
}

/**
 * Shows the dialog until it is closed. Without a license, such as in the moment before a framework has it, nothing is shown;
 * with the error that there is instead of one, such as `license ?? error` of `useLicense`, the dialog says why.
 *
 * ```ts
 * button.onclick = () => showLicenseDialog(license);
 * ```
 */
export async function showLicenseDialog(
  license: LicenseSource | null | undefined,
  { key, features, portal, texts }: LicenseDialogOptions = {},
): Promise<void> {
  // one dialog is enough
  if (!license || document.querySelector(`${NAME}[open]`)) return;
  const dialog = document.createElement(NAME);
  Object.assign(dialog, { license, features, portal, texts });
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve));
  document.body.append(dialog);
  dialog.show(key);
  await closed;
  dialog.remove();
}

declare global {
  interface HTMLElementTagNameMap {
    "polar-license-dialog": LicenseDialogElement;
  }
}
