/**
 * A dialog for license keys, without a framework: `<polar-license-dialog>` over any `License`, and `showLicenseDialog`,
 * which adds one to the page for as long as it is open. Has no engine and makes no licensing decision. On a server it
 * does nothing.
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

/** The options of `showLicenseDialog`. */
export interface LicenseDialogOptions {
  /** A key to fill in, which the user can then activate. */
  key?: string | undefined;
  /** The features to show, each with its name for the user. */
  features?: Readonly<Record<string, string>> | undefined;
  /** Pages on which customers find their key and manage devices, from `polar-license/dialog-portal`. */
  portal?: DialogPages | undefined;
  /** Words that replace the dialog's own; `texts/dialog.de.json` is German. */
  texts?: DialogTexts | undefined;
}

/**
 * Shows the dialog until it is closed. Shows nothing if there is no license yet, such as while a framework is loading
 * it. Given an error in place of a license, such as `license ?? error` of `useLicense`, the dialog shows the error.
 *
 * ```ts
 * button.onclick = () => showLicenseDialog(license);
 * ```
 */
export async function showLicenseDialog(
  license: LicenseSource | null | undefined,
  { key, features, portal, texts }: LicenseDialogOptions = {},
): Promise<void> {
  // another dialog is open already
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
