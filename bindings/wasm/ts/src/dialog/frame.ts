/**
 * The frame of the pages that other modules add to the dialog: a message, the content, an error, and buttons. Runs the
 * work of a page. If the work fails, the page shows the error, and the user can try again or go back. This file knows
 * nothing about licenses.
 */

import { create, write } from "./document.js";
import type { DialogPlace } from "./pages.js";
import type { DialogTexts } from "./texts.js";
import { fillPlaceholders } from "./words.js";

/**
 * A function that does the work of a page, such as a request to Polar. Its promise rejects with an error whose
 * `message` is written for the user.
 */
export type Work<Result> = (signal: AbortSignal) => Promise<Result>;

/** The two functions that end a page: each settles the promise that the page has returned. */
export interface Ending<Result> {
  resolve(result: Result): void;
  reject(reason: unknown): void;
}

/** The frame of pages whose texts have the codes `Code`. */
export class Frame<Code extends keyof DialogTexts> {
  protected readonly message = create("p", { role: "status", part: "message", tabindex: "-1" });
  readonly #error = create("p", { role: "alert", part: "error", class: "error", id: "page-error" });
  readonly #content = create("div", {});
  readonly #actions = create("div", { class: "actions", part: "actions" });
  readonly #english: Readonly<Record<Code, string>>;
  #isBusy = false;

  /** Creates the frame inside `place`. `english` are the texts that `place.texts` replaces. */
  constructor(
    readonly place: DialogPlace,
    english: Readonly<Record<Code, string>>,
  ) {
    this.#english = english;
    place.element.replaceChildren(this.message, this.#content, this.#error, this.#actions);
  }

  text(code: Code, values: Readonly<Record<string, string>> = {}): string {
    return fillPlaceholders(this.place.texts[code] ?? this.#english[code], values);
  }

  protected get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Shows a page. Below the content are the buttons, and a button that goes back unless `canGoBack` is false. */
  protected show(
    message: string,
    content: readonly HTMLElement[],
    buttons: readonly HTMLElement[],
    canGoBack = true,
  ): void {
    this.message.textContent = message;
    this.#error.textContent = "";
    this.#content.replaceChildren(...content);
    this.#actions.replaceChildren(...buttons);
    if (canGoBack) this.#actions.append(this.button(this.place.text("dialog.back"), () => this.place.leave()));
  }

  protected button(text: string, press: () => void, isMain = false): HTMLButtonElement {
    const part = isMain ? { part: "button main", class: "main" } : { part: "button" };
    const button = create("button", { type: "button", ...part }, text);
    button.addEventListener("click", press);
    return button;
  }

  /**
   * Runs `work`, unless the previous work of these pages is still running. Ignores the result if the user has left the
   * page in the meantime. If `work` fails, shows the error, and calls `tryAgain`, which moves the focus. `waiting` is
   * the message while the work runs.
   */
  protected run<Result>(
    work: Work<Result>,
    { resolve, reject }: Ending<Result>,
    tryAgain: () => void,
    waiting = this.place.text("dialog.busy"),
  ): void {
    const { signal } = this.place;
    if (this.#isBusy || signal.aborted) return;
    const message = this.message.textContent ?? "";
    const busy = (isBusy: boolean): void => {
      this.#isBusy = isBusy;
      this.place.element.setAttribute("aria-busy", String(isBusy));
    };
    busy(true);
    this.#error.textContent = "";
    write(this.message, waiting);
    work(signal).then(
      (result) => {
        busy(false);
        if (signal.aborted) reject(signal.reason);
        else resolve(result);
      },
      (error: { message?: string }) => {
        busy(false);
        if (signal.aborted) return reject(signal.reason);
        write(this.message, message);
        this.#error.textContent = error.message ?? String(error);
        tryAgain();
        // a QR code may be between the top of the page and the error; jsdom has no `scrollIntoView`
        this.#error.scrollIntoView?.({ block: "nearest" });
      },
    );
  }
}
