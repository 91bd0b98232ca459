/**
 * Pages that ask the user a question. Each method draws a page, and returns a promise that resolves once the user's
 * action has succeeded. If the action fails, the page shows the error, and the user can try again or go back. This file
 * knows nothing about the customer portal.
 */

import { create, PLAIN_FIELD, point } from "./document.js";
import type { DialogPlace } from "./pages.js";
import { PORTAL_ENGLISH, type PortalTextCode } from "./portal-texts.js";
import { textOf } from "./texts.js";
import { fillPlaceholders } from "./words.js";

/** A question that the user answers with text. */
export interface Question {
  readonly message: string;
  readonly label: PortalTextCode;
  readonly button: PortalTextCode;
  readonly type: "email" | "one-time-code";
  /**
   * The label of a second button, with which the user leaves the question unanswered. The dialog then asks another
   * question.
   */
  readonly other?: PortalTextCode;
}

/** One of several values to choose from. */
export interface Choice<Value> {
  readonly name: string;
  readonly note?: string;
  readonly value: Value;
}

/**
 * A function that does the work of a page, such as a request to Polar. Its promise rejects with an error whose
 * `message` is written for the user.
 */
type Work<Result> = (signal: AbortSignal) => Promise<Result>;

export class Pages {
  readonly #message = create("p", { role: "status", part: "message", tabindex: "-1" });
  readonly #error = create("p", { role: "alert", part: "error", class: "error" });
  readonly #content = create("div", {});
  readonly #actions = create("div", { class: "actions", part: "actions" });
  #isBusy = false;

  /** Creates the pages. They are shown inside `place`. `products` maps the ids of benefits to the names of products. */
  constructor(
    readonly place: DialogPlace,
    readonly products: Readonly<Record<string, string>>,
  ) {
    place.element.replaceChildren(this.#message, this.#content, this.#error, this.#actions);
  }

  text(code: PortalTextCode, values: Readonly<Record<string, string>> = {}): string {
    return fillPlaceholders(this.place.texts[code] ?? PORTAL_ENGLISH[code], values);
  }

  /**
   * Asks the user for text. Resolves to `undefined` if the user presses the second button, `question.other`, instead.
   */
  ask<Result>(
    question: Question,
    work: (answer: string, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      const { message, label, button, type, other } = question;
      const field = {
        id: "answer",
        part: "input",
        ...(type === "email" ? { type, inputmode: "email", autocomplete: "email" } : { type: "text", autocomplete: type }),
        ...PLAIN_FIELD,
      };
      const input = create("input", field);
      const form = create("form", { novalidate: "" }, create("label", { for: "answer" }, this.text(label)), input);
      const send = (): void =>
        this.#run((signal) => work(input.value, signal), resolve, reject, () => {
          input.focus();
          input.select();
        });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        send();
      });
      this.#show(message, [form], [this.#button(this.text(button), send, true), ...this.#otherwise(other, resolve)]);
      input.focus();
    });
  }

  /**
   * Shows choices, each with a button. When the user presses a button, runs `work` for its choice, and resolves to the
   * result.
   */
  choose<Value, Result>(
    message: string,
    choices: readonly Choice<Value>[],
    button: PortalTextCode,
    work: (value: Value, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const rows = choices.map(({ name, note, value }) => {
        const press = this.#button(this.text(button), () => {
          this.#run((signal) => work(value, signal), resolve, reject, () => press.focus());
        });
        // a screen reader may read only the button and not its row, so the button's label contains the name too
        press.setAttribute("aria-label", `${this.text(button)}: ${name}`);
        const words = create("span", {}, create("bdi", {}, name));
        if (note) words.append(create("small", {}, note));
        return create("li", {}, words, press);
      });
      this.#show(message, [create("ul", { part: "choices" }, ...rows)], []);
      // Focuses the message rather than a button. If a user hits Enter twice on the previous page, the second Enter
      // must not press a button of this page.
      this.#message.focus();
    });
  }

  /**
   * Runs work that needs no input. If the work fails, the user can try again. If `other` is passed, the page also has a
   * button with this label. Resolves to `undefined` if the user presses that button.
   */
  wait<Result>(work: Work<Result>): Promise<Result>;
  wait<Result>(work: Work<Result>, other: PortalTextCode): Promise<Result | undefined>;
  wait<Result>(work: Work<Result>, other?: PortalTextCode): Promise<Result | undefined> {
    return new Promise((resolve, reject) => {
      const again = this.#button(this.text("portal.try_again"), () => start(), true);
      const start = (): void => this.#run(work, resolve, reject, () => again.focus());
      this.#show("", [], [again, ...this.#otherwise(other, resolve)]);
      start();
      this.#message.focus();
    });
  }

  /** Shows a message, and resolves once the user presses the button. */
  say(message: string, button: PortalTextCode): Promise<undefined> {
    return new Promise((resolve) => {
      const next = this.#button(this.text(button), () => resolve(undefined), true);
      this.#show(message, [], [next]);
      next.focus();
    });
  }

  /**
   * Shows `message`, and a link to `page`, one of the vendor's pages. If `page` is `null`, shows only the message. The
   * user cannot go on from here, so the promise does not resolve. It rejects when the dialog is closed.
   */
  leadsTo(message: string, page: string | null): Promise<never> {
    const link = create("a", { class: "link main", part: "link main" });
    if (page) point(link, textOf(this.place.texts, "dialog.manage_devices"), page);
    this.#show(message, [], page ? [link] : []);
    (page ? link : this.#message).focus();
    return new Promise((_, reject) => {
      this.place.signal.addEventListener("abort", () => reject(this.place.signal.reason), { once: true });
    });
  }

  #show(message: string, content: readonly HTMLElement[], buttons: readonly HTMLElement[]): void {
    this.#message.textContent = message;
    this.#error.textContent = "";
    this.#content.replaceChildren(...content);
    const back = this.#button(textOf(this.place.texts, "dialog.back"), () => this.place.leave());
    this.#actions.replaceChildren(...buttons, back);
  }

  /**
   * Returns a list that contains the button labelled `other`, or an empty list if `other` is absent. A click on the
   * button does nothing while work is running.
   */
  #otherwise(other: PortalTextCode | undefined, resolve: (nothing: undefined) => void): HTMLButtonElement[] {
    if (!other) return [];
    return [this.#button(this.text(other), () => this.#isBusy || resolve(undefined))];
  }

  #button(text: string, press: () => void, isMain = false): HTMLButtonElement {
    const part = isMain ? { part: "button main", class: "main" } : { part: "button" };
    const button = create("button", { type: "button", ...part }, text);
    button.addEventListener("click", press);
    return button;
  }

  /**
   * Runs `work`, unless the previous work of these pages is still running. Ignores the result if the user has left the
   * page in the meantime.
   */
  #run<Result>(
    work: Work<Result>,
    resolve: (result: Result) => void,
    reject: (reason: unknown) => void,
    tryAgain: () => void,
  ): void {
    const { signal } = this.place;
    if (this.#isBusy || signal.aborted) return;
    const message = this.#message.textContent ?? "";
    const busy = (isBusy: boolean): void => {
      this.#isBusy = isBusy;
      this.place.element.setAttribute("aria-busy", String(isBusy));
    };
    busy(true);
    this.#error.textContent = "";
    this.#message.textContent = textOf(this.place.texts, "dialog.busy");
    work(signal).then(
      (result) => {
        busy(false);
        if (signal.aborted) reject(signal.reason);
        else resolve(result);
      },
      (error: { message?: string }) => {
        busy(false);
        if (signal.aborted) return reject(signal.reason);
        this.#message.textContent = message;
        this.#error.textContent = error.message ?? String(error);
        tryAgain();
      },
    );
  }
}
