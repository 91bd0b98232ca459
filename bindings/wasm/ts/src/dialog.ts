/**
 * A dialog for license keys that needs no framework. The element `<polar-license-dialog>` shows any `License`. The
 * function `showLicenseDialog` adds this element to the page for as long as the dialog is open. This entry point of the
 * package contains no engine, makes no licensing decision, and does nothing on a server.
 */

import { LicenseDialogElement, type LicenseSource } from "./dialog/element.js";
import type { DialogPages, OfflineDialogPages } from "./dialog/pages.js";
import type { DialogTexts } from "./dialog/texts.js";

export { LicenseDialogElement, type LicenseDialogEventMap, type LicenseSource } from "./dialog/element.js";
export type { DialogPages, DialogPlace, OfflineDialogPages, OfflinePagesFor, PagesFor } from "./dialog/pages.js";
export type { DialogTextCode, DialogTexts } from "./dialog/texts.js";

/** The name of the element. */
const NAME = "polar-license-dialog";

if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, LicenseDialogElement);

/** The options of `showLicenseDialog`. */
export interface LicenseDialogOptions {
  /** The key that the input field contains when the dialog opens. The user can then activate that key. */
  key?: string | undefined;
  /** The features to show. The names of the members are the features; the values are the names that the user sees. */
  features?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the dialog has a button that starts the trial. It is shown to users without a license, until the trial
   * has started. Requires the setting `trialDays`. Default: `false`.
   */
  startTrial?: boolean | undefined;
  /**
   * Pages on which customers find their key and manage devices. Created by `portalPages` of
   * `polar-license/dialog-portal`.
   */
  portal?: DialogPages | undefined;
  /** Pages for computers that are never online. Created by `offlinePages` of `polar-license/dialog-offline`. */
  offline?: OfflineDialogPages | undefined;
  /** Texts that replace the dialog's English ones. For German, pass the package's `texts/dialog.de.json`. */
  texts?: DialogTexts | undefined;
}

/**
 * Shows the dialog, and resolves once it is closed. Shows nothing if `license` is `null` or `undefined`, for example
 * while a framework is still loading it. If `license` is an error, the dialog shows that error. An app can therefore
 * take both values from `useLicense` and pass `license ?? error`.
 *
 * ```ts
 * button.onclick = () => showLicenseDialog(license);
 * ```
 */
export async function showLicenseDialog(
  license: LicenseSource | null | undefined,
  { key, features, startTrial, portal, offline, texts }: LicenseDialogOptions = {},
): Promise<void> {
  // does nothing if another dialog is open already
  if (!license || document.querySelector(`${NAME}[open]`)) return;
  const dialog = document.createElement(NAME);
  Object.assign(dialog, { license, features, startTrial, portal, offline, texts });
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
