/**
 * What a further part adds to the dialog: pages of its own in the dialog's place. Types only, so that the dialog is as small
 * without such a part.
 */

import type { Decision } from "../types.js";
import type { DialogTexts } from "./texts.js";

/** What pages are opened for: to get the license onto this device, or to see who uses it. */
export type PagesFor = "restore" | "devices";

/** The dialog's place for pages. */
export interface DialogPlace {
  /** Empty; what is put into it has the dialog's look. */
  readonly element: HTMLElement;
  /** Aborts when the user goes back or closes the dialog. */
  readonly signal: AbortSignal;
  /** Words that replace those of the pages. */
  readonly texts: DialogTexts;
  /** The key that the user has typed, as `LicenseKey.displayKey` shows it. */
  readonly displayKey: string | null;
  /** How dates are written. */
  readonly locale: string;
  /** Goes back, as the Escape key does. */
  leave(): void;
}

/** Pages for the dialog, such as those of `polar-license/dialog-portal`. */
export interface DialogPages {
  /**
   * Shows them until the user is done, and resolves to the decision if the license was activated. Rejects once `signal`
   * aborts.
   */
  open(what: PagesFor, place: DialogPlace): Promise<Decision | undefined>;
}
