/**
 * The interface through which another module adds pages to the dialog. It contains only types, so it adds no code to a
 * dialog without these pages.
 */

import type { License } from "../license.js";
import type { Decision } from "../types.js";
import type { DialogTextCode, DialogTexts } from "./texts.js";

/** The purpose of the pages: `restore` gets the license onto this device, and `devices` shows which devices use it. */
export type PagesFor = "restore" | "devices";

/**
 * The purpose of the pages for computers that are never online: `request` gets a license onto this computer, `answer`
 * licenses another computer, and `return` gives the license of this computer back.
 */
export type OfflinePagesFor = "request" | "answer" | "return";

/** The part of the dialog in which pages are drawn. */
export interface DialogPlace {
  /** An empty element for the content. The dialog's style applies to it. */
  readonly element: HTMLElement;
  /** Aborts when the user goes back or closes the dialog. */
  readonly signal: AbortSignal;
  /** The license that the dialog shows. */
  readonly license: License;
  /** Texts that replace the pages' English ones. */
  readonly texts: DialogTexts;
  /** The key that the user has typed, in the form of `LicenseKey.displayKey`. */
  readonly displayKey: string | null;
  /** The locale in which dates are written. */
  readonly locale: string;
  /** Returns one of the dialog's own texts. */
  text(code: DialogTextCode): string;
  /** Goes one step back, as the Escape key does. */
  leave(): void;
  /** Reports that the user has given back the license. `decision` is the decision after that. */
  returned(decision: Decision): void;
}

/** Pages for the dialog, such as those that `polar-license/dialog-portal` creates. */
export interface DialogPages<Purpose = PagesFor> {
  /**
   * Shows the pages until the user has finished with them. Resolves to the decision if the user has activated the
   * license, otherwise to `undefined`. Rejects when `signal` aborts.
   */
  open(what: Purpose, place: DialogPlace): Promise<Decision | undefined>;
}

/** Pages for computers that are never online, which `polar-license/dialog-offline` creates. */
export interface OfflineDialogPages extends DialogPages<OfflinePagesFor> {
  /** Whether the pages can license other computers. */
  readonly canAnswer: boolean;
}
