/**
 * The interface through which another module adds pages to the dialog. It contains only types, so it adds no code to a
 * dialog without these pages.
 */

import type { Decision } from "../types.js";
import type { DialogTexts } from "./texts.js";

/** The purpose of the pages: `restore` gets the license onto this device, and `devices` shows which devices use it. */
export type PagesFor = "restore" | "devices";

/** The part of the dialog in which pages are drawn. */
export interface DialogPlace {
  /** An empty element for the content. The dialog's style applies to it. */
  readonly element: HTMLElement;
  /** Aborts when the user goes back or closes the dialog. */
  readonly signal: AbortSignal;
  /** Texts that replace the pages' English ones. */
  readonly texts: DialogTexts;
  /** The key that the user has typed, in the form of `LicenseKey.displayKey`. */
  readonly displayKey: string | null;
  /** The locale in which dates are written. */
  readonly locale: string;
  /** Goes one step back, as the Escape key does. */
  leave(): void;
}

/** Pages for the dialog, such as those that `polar-license/dialog-portal` creates. */
export interface DialogPages {
  /**
   * Shows the pages until the user has finished with them. Resolves to the decision if the user has activated the
   * license, otherwise to `undefined`. Rejects when `signal` aborts.
   */
  open(what: PagesFor, place: DialogPlace): Promise<Decision | undefined>;
}
