/**
 * The pages for computers that are never online. Each method draws a page, and returns a promise that resolves once the
 * user's action has succeeded. The typed key and the texts are only in the page's fields, and are gone with the page.
 */

import { adoptStyle, create, PLAIN_FIELD } from "./document.js";
import { Frame, type Work } from "./frame.js";
import OFFLINE_STYLE from "./offline-style.css";
import { OFFLINE_ENGLISH, type OfflineTextCode } from "./offline-texts.js";
import type { DialogPlace } from "./pages.js";
import { type FieldLabels, textToCarry, textToEnter } from "./text-fields.js";

/** The kinds of texts that users carry between two computers. */
export type Carried = "request" | "answer" | "return";

/** The result of a page on which the user has pressed the second button. */
export const OTHER = Symbol("other");

/** A function that does the work of a page with the text that the user has entered. */
type WorkOn<Result> = (text: string, signal: AbortSignal) => Promise<Result>;

/** The shadow trees that already have the style sheet. */
const styled = new WeakSet<Node>();

export class OfflinePages extends Frame<OfflineTextCode> {
  readonly #labels: FieldLabels;

  constructor(place: DialogPlace) {
    super(place, OFFLINE_ENGLISH);
    const root = place.element.getRootNode() as ShadowRoot;
    if (!styled.has(root)) adoptStyle(root, OFFLINE_STYLE);
    styled.add(root);
    this.#labels = {
      copy: this.text("not_online.copy"),
      copied: this.text("not_online.copied"),
      selected: this.text("not_online.selected"),
      save: this.text("not_online.save"),
      showQrCode: this.text("not_online.show_qr_code"),
      qrCode: this.text("not_online.qr_code"),
      openFile: this.text("not_online.open_file"),
    };
  }

  /** Waits for work that needs neither the network nor the user. If it fails, the dialog shows the error. */
  wait<Result>(work: Work<Result>): Promise<Result> {
    this.show(this.place.text("dialog.opening"), [], []);
    this.message.focus();
    return work(this.place.signal);
  }

  /**
   * Shows the request, and asks for its answer. Resolves to the result of `work` with the answer, or to the result of
   * `other` if the user wants to give the license back.
   */
  exchange<Result>(request: string, work: WorkOn<Result>, other: Work<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { area, elements, openFile } = textToEnter("answer", this.text("not_online.answer"), this.#labels, this.#plain);
      const message = this.text("not_online.request_message");
      const send = (): void =>
        this.run((signal) => work(area.value, signal), { resolve, reject }, () => retry(area), message);
      const giveBack = this.button(this.place.text("dialog.give_back"), () =>
        this.run(other, { resolve, reject }, () => giveBack.focus(), message),
      );
      const buttons = [this.button(this.text("not_online.import_answer"), send, true), openFile, giveBack];
      this.show(message, [...this.#carried("request", request), ...elements, this.#hint()], buttons);
      this.message.focus();
    });
  }

  /**
   * Asks for the request of another computer, and for a key. Resolves to the result of `work`, or to `OTHER` if the user
   * wants to take a license back.
   */
  askRequest<Result>(
    work: (request: string, key: string, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | typeof OTHER> {
    return new Promise((resolve, reject) => {
      const { area, elements, openFile } = textToEnter("request", this.text("not_online.request"), this.#labels, this.#plain);
      const key = create("input", {
        id: "other-key",
        part: "input",
        type: "text",
        autocomplete: "off",
        "aria-describedby": "page-error",
        ...PLAIN_FIELD,
      });
      const label = create("label", { for: "other-key" }, this.place.text("dialog.key"));
      const form = create("form", { novalidate: "" }, ...elements, this.#hint(), label, key);
      const send = (): void =>
        // leaves the focus where it is, because the error may be about either field
        this.run((signal) => work(area.value, key.value, signal), { resolve, reject }, () => undefined);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        send();
      });
      const takeBack = this.button(this.text("not_online.take_back"), () => this.isBusy || resolve(OTHER));
      const buttons = [this.button(this.text("not_online.create_answer"), send, true), openFile, takeBack];
      this.show(this.text("not_online.answer_question"), [form], buttons);
      area.focus();
    });
  }

  /** Asks for the return of another computer. Resolves to the result of `work`. */
  askReturn<Result>(work: WorkOn<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { area, elements, openFile } = textToEnter("return", this.text("not_online.return"), this.#labels, this.#plain);
      const send = (): void => this.run((signal) => work(area.value, signal), { resolve, reject }, () => retry(area));
      const buttons = [this.button(this.text("not_online.take_back"), send, true), openFile];
      this.show(this.text("not_online.take_back_question"), [...elements, this.#hint()], buttons);
      area.focus();
    });
  }

  /** Asks whether to give the license back. Resolves to the result of `work`. */
  confirmReturn<Result>(work: Work<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const message = this.text("not_online.return_question");
      const send = (): void => this.run(work, { resolve, reject }, () => giveBack.focus(), message);
      const giveBack = this.button(this.place.text("dialog.give_back"), send);
      giveBack.classList.add("danger");
      const note = create("p", { part: "note", class: "note" }, this.text("not_online.return_note"));
      const keep = this.button(this.place.text("dialog.keep"), () => this.place.leave());
      this.show(message, [note], [giveBack, keep], false);
      keep.focus();
    });
  }

  /** Shows a text for another computer. Resolves once the user has finished with it. */
  carry(kind: Carried, text: string, message: string): Promise<undefined> {
    return this.#done(message, this.#carried(kind, text), this.message);
  }

  /** Shows a message. Resolves once the user has read it. */
  say(message: string): Promise<undefined> {
    return this.#done(message, []);
  }

  #done(message: string, content: readonly HTMLElement[], focused?: HTMLElement): Promise<undefined> {
    return new Promise((resolve) => {
      const done = this.button(this.place.text("dialog.done"), () => resolve(undefined), true);
      this.show(message, content, [done], false);
      (focused ?? done).focus();
    });
  }

  readonly #plain = (text: string, press: () => void): HTMLButtonElement => this.button(text, press);

  #carried(kind: Carried, text: string): HTMLElement[] {
    return textToCarry(text, this.text(`not_online.${kind}`), `license-${kind}.txt`, this.#labels, this.#plain);
  }

  #hint(): HTMLElement {
    return create("p", { id: "page-hint", part: "hint", class: "hint" }, this.text("not_online.hint"));
  }
}

/** Moves the focus to the field, so that the user can correct its text. */
function retry(field: HTMLTextAreaElement): void {
  field.focus();
  field.select();
}
