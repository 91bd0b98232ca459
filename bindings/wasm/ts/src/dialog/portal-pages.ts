/**
 * Pages that ask the user a question. Each method draws a page, and returns a promise that resolves once the user's
 * action has succeeded. This file knows nothing about the customer portal.
 */

import { create, PLAIN_FIELD, point } from "./document.js";
import { Frame, type Work } from "./frame.js";
import type { DialogPlace } from "./pages.js";
import { PORTAL_ENGLISH, type PortalTextCode } from "./portal-texts.js";

/** A question that the user answers with text. */
export interface Question {
  readonly message: string;
  readonly label: PortalTextCode;
  readonly button: PortalTextCode;
  readonly type: "email" | "one-time-code";
  /**
   * The label of a second button beside the answer. With it, the user skips this question, and the dialog shows another
   * one instead.
   */
  readonly other?: PortalTextCode;
}

/** One of several values to choose from. */
export interface Choice<Value> {
  readonly name: string;
  readonly note?: string;
  readonly value: Value;
}

export class Pages extends Frame<PortalTextCode> {
  /** Creates the pages. They are shown inside `place`. `products` maps the ids of benefits to the names of products. */
  constructor(
    place: DialogPlace,
    readonly products: Readonly<Record<string, string>>,
  ) {
    super(place, PORTAL_ENGLISH);
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
        this.run((signal) => work(input.value, signal), { resolve, reject }, () => {
          input.focus();
          input.select();
        });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        send();
      });
      this.show(message, [form], [this.button(this.text(button), send, true), ...this.#otherwise(other, resolve)]);
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
        const press = this.button(this.text(button), () => {
          this.run((signal) => work(value, signal), { resolve, reject }, () => press.focus());
        });
        // a screen reader may read only the button and not its row, so the button's label contains the name too
        press.setAttribute("aria-label", `${this.text(button)}: ${name}`);
        const words = create("span", {}, create("bdi", {}, name));
        if (note) words.append(create("small", {}, note));
        return create("li", {}, words, press);
      });
      this.show(message, [create("ul", { part: "choices" }, ...rows)], []);
      // Focuses the message rather than a button. If a user hits Enter twice on the previous page, the second Enter
      // must not press a button of this page.
      this.message.focus();
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
      const again = this.button(this.text("portal.try_again"), () => start(), true);
      const start = (): void => this.run(work, { resolve, reject }, () => again.focus());
      this.show("", [], [again, ...this.#otherwise(other, resolve)]);
      start();
      this.message.focus();
    });
  }

  /** Shows a message, and resolves once the user presses the button. */
  say(message: string, button: PortalTextCode): Promise<undefined> {
    return new Promise((resolve) => {
      const next = this.button(this.text(button), () => resolve(undefined), true);
      this.show(message, [], [next]);
      next.focus();
    });
  }

  /**
   * Shows `message`, and a link to `page`, one of the vendor's pages. If `page` is `null`, shows only the message. The
   * user cannot go on from here, so the promise does not resolve. It rejects when the dialog is closed.
   */
  leadsTo(message: string, page: string | null): Promise<never> {
    const link = create("a", { class: "link main", part: "link main" });
    if (page) point(link, this.place.text("dialog.manage_devices"), page);
    this.show(message, [], page ? [link] : []);
    (page ? link : this.message).focus();
    return new Promise((_, reject) => {
      this.place.signal.addEventListener("abort", () => reject(this.place.signal.reason), { once: true });
    });
  }

  /**
   * Returns a list that contains the button with the label `other`, or an empty list if `other` is absent. A click on
   * the button does nothing while work is running.
   */
  #otherwise(other: PortalTextCode | undefined, resolve: (nothing: undefined) => void): HTMLButtonElement[] {
    if (!other) return [];
    return [this.button(this.text(other), () => this.isBusy || resolve(undefined))];
  }
}
