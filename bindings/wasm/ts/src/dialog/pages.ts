/** The interface for more pages in the dialog. Types only, so that the dialog stays small without such pages. */

import type { Decision } from "../types.js";
import type { DialogTexts } from "./texts.js";

/** The purpose of the pages: to get the license onto this device, or to see which devices use it. */
export type PagesFor = "restore" | "devices";

/** The part of the dialog in which pages are drawn. */
export interface DialogPlace {
  /** Empty; its content is styled like the dialog. */
  readonly element: HTMLElement;
  /** Aborts when the user goes back or closes the dialog. */
  readonly signal: AbortSignal;
  /** Words that replace those of the pages. */
  readonly texts: DialogTexts;
  /** The key that the user has typed, as `LicenseKey.displayKey` shows it. */
  readonly displayKey: string | null;
  /** The locale in which dates are written. */
  readonly locale: string;
  /** Goes back, as the Escape key does. */
  leave(): void;
}

/** Pages for the dialog, such as those of `polar-license/dialog-portal`. */
export interface DialogPages {
  /**
   * Shows the pages until the user is done. Resolves to the decision if the license was activated. Rejects once
   * `signal` aborts.
   */
  open(what: PagesFor, place: DialogPlace): Promise<Decision | undefined>;
}
