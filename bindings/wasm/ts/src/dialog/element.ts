/**
 * The custom element of the dialog. Shows the state of the license, and calls the license's methods when the user
 * presses a button. Makes no licensing decision, keeps a typed key only in the input field, and does nothing until it
 * is shown.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { Deactivation, License } from "../license.js";
import type { Decision } from "../types.js";
import { Drawing } from "./drawing.js";
import type { DialogPages, OfflineDialogPages } from "./pages.js";
import { type DialogTextCode, type DialogTexts, localeOf, textOf } from "./texts.js";
import { type Action, type Page, viewOf } from "./view.js";

/**
 * The license or error to show: a license, a function that creates a license, or an error. A function, such as
 * `() => createLicenseClient(…)`, is called when the dialog is first shown. If the function fails, it is called again
 * when the dialog is next shown. An error is shown to the user.
 */
export type LicenseSource =
  | License
  | PromiseLike<License>
  | (() => License | PromiseLike<License>)
  | LicenseError
  | LicenseFailure;

/** The events that the dialog dispatches to the app. */
export interface LicenseDialogEventMap extends HTMLElementEventMap {
  /** The user has activated a new key or the stored key. `detail` is the decision. */
  activated: CustomEvent<Decision>;
  /**
   * The user has deactivated the license. `detail` is the decision. Its member `deactivated` says whether Polar has
   * freed the seat.
   */
  deactivated: CustomEvent<Deactivation>;
  /** The user has given back the license of a computer that is never online. `detail` is the decision after that. */
  returned: CustomEvent<Decision>;
  /**
   * Dispatched when the user follows a link to one of the vendor's pages. `detail` is the page's address. Call
   * `preventDefault()` to open the page yourself, for example with Electron's shell. The event bubbles to the document.
   */
  link: CustomEvent<string>;
  /** The dialog was closed. */
  close: Event;
}

/** `addEventListener`, typed so that the listener for each event receives that event's type. */
export interface LicenseDialogElement {
  addEventListener<Name extends keyof LicenseDialogEventMap>(
    name: Name,
    listener: (this: LicenseDialogElement, event: LicenseDialogEventMap[Name]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

// A server has no `HTMLElement`. There, an empty class takes its place, so that the module can be imported. The element
// is not defined on a server.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * The element `<polar-license-dialog>`. Users enter a key in it, and see what is licensed, until when, and what to do
 * next.
 *
 * ```ts
 * dialog.license = license;
 * button.onclick = () => dialog.show();
 * ```
 */
export class LicenseDialogElement extends Base {
  static readonly observedAttributes: readonly string[] = ["open"];

  // The first six fields hold the values of the setters `features`, `startTrial`, `portal`, `offline`, `texts` and
  // `license`. If an element has no setters, frameworks set attributes instead, and an attribute can hold only text.
  #features: Readonly<Record<string, string>> | null | undefined;
  #startTrial = false;
  #portal: DialogPages | null | undefined;
  #offline: OfflineDialogPages | null | undefined;
  #texts: DialogTexts = {};
  #source: LicenseSource | undefined;
  #license: License | undefined;
  #made: Promise<License> | undefined;
  #stop: (() => void) | undefined;
  #drawing: Drawing | undefined;
  #page: Page = "status";
  #failure: LicenseError | LicenseFailure | undefined;
  #running: AbortController | undefined;
  #pages: AbortController | undefined;
  #isRemoved = false;
  /**
   * Whether the dialog is drawn. The app may set the attribute `open` before the element has drawn or closed the
   * dialog.
   */
  #isShown = false;

  /**
   * The license or error to show: the client, Electron's `window.license`, a function that creates a client, or an
   * error.
   */
  get license(): LicenseSource | undefined {
    return this.#source;
  }

  set license(source: LicenseSource | null | undefined) {
    if (source === this.#source) return;
    // a framework creates a new function at each render, so a new function does not mean a new license
    if (typeof source === "function" && typeof this.#source === "function") return;
    this.#leaveLicense();
    this.#source = source ?? undefined;
    if (this.#isShown) this.#follow();
  }

  /**
   * The features to show in the details. The values are the names that the user sees: `{ export: "Export to PDF" }`.
   */
  get features(): Readonly<Record<string, string>> | null | undefined {
    return this.#features;
  }

  set features(features: Readonly<Record<string, string>> | null | undefined) {
    this.#features = features;
    this.#draw();
  }

  /** Whether users without a license can start the trial, once. Requires the setting `trialDays`. */
  get startTrial(): boolean {
    return this.#startTrial;
  }

  set startTrial(startTrial: boolean | null | undefined) {
    this.#startTrial = Boolean(startTrial);
    this.#draw();
  }

  /**
   * Pages on which customers find their key and manage devices. Created by `portalPages` of
   * `polar-license/dialog-portal`.
   */
  get portal(): DialogPages | null | undefined {
    return this.#portal;
  }

  set portal(portal: DialogPages | null | undefined) {
    this.#portal = portal;
    this.#draw();
  }

  /**
   * Pages for computers that are never online. Created by `offlinePages` of `polar-license/dialog-offline`.
   */
  get offline(): OfflineDialogPages | null | undefined {
    return this.#offline;
  }

  set offline(offline: OfflineDialogPages | null | undefined) {
    this.#offline = offline;
    this.#draw();
  }

  /** Replacements for the dialog's English texts. The name of each member is the code of the text that it replaces. */
  get texts(): DialogTexts {
    return this.#texts;
  }

  set texts(texts: DialogTexts | null | undefined) {
    this.#texts = texts ?? {};
    this.#draw();
  }

  /** Whether the dialog is shown. This property reflects the attribute `open`. */
  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", Boolean(open));
  }

  /**
   * Shows the dialog. If a `key` is passed, for example from a link, the input field contains it, so that the user can
   * activate it.
   */
  show(key?: string): void {
    if (typeof key === "string") {
      this.#showPage("key");
      this.#document().key = key;
    }
    this.open = true;
    this.#focus();
  }

  /**
   * Closes the dialog and cancels its running operation. If the operation has already sent a request, Polar may still
   * carry it out. The license takes this into account.
   */
  close(): void {
    this.open = false;
  }

  connectedCallback(): void {
    // applies properties that the app set before the element was defined
    const own = this as Record<string, unknown>;
    const properties = ["license", "texts", "features", "startTrial", "portal", "offline"];
    for (const name of properties.filter((name) => Object.hasOwn(this, name))) {
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
    if (this.open) this.#open();
  }

  disconnectedCallback(): void {
    this.#end();
  }

  attributeChangedCallback(): void {
    if (this.open === this.#isShown || !this.isConnected) return;
    if (this.open) this.#open();
    else this.#end();
  }

  #document(): Drawing {
    this.#drawing ??= new Drawing(this.attachShadow({ mode: "open" }), {
      act: (action, key) => void this.#act(action, key),
      leave: () => this.#leave(),
      close: () => this.close(),
      follow: (url) =>
        this.dispatchEvent(
          // the event bubbles, because an app that uses `showLicenseDialog` listens for it on the document
          new CustomEvent("link", { detail: url, cancelable: true, bubbles: true, composed: true }),
        ),
    });
    return this.#drawing;
  }

  #open(): void {
    const { dialog } = this.#document();
    this.#isShown = true;
    this.#draw();
    // jsdom has no `showModal`
    if (dialog.showModal) dialog.showModal();
    else dialog.open = true;
    this.#follow();
    this.#draw();
    this.#focus();
  }

  /** Hides the dialog, and discards the typed text and the last error. */
  #end(): void {
    const drawing = this.#drawing;
    if (!this.#isShown || !drawing) return;
    this.#isShown = false;
    this.#running?.abort();
    this.#running = undefined;
    this.#closePages();
    this.#stop?.();
    this.#stop = undefined;
    this.#page = "status";
    this.#failure = undefined;
    this.#isRemoved = false;
    drawing.key = "";
    if (drawing.dialog.close) drawing.dialog.close();
    else drawing.dialog.open = false;
    this.dispatchEvent(new Event("close"));
  }

  /**
   * Goes one step back: cancels the running operation. If none is running, leaves the present page, or closes the
   * dialog if this is the first page.
   */
  #leave(): void {
    if (this.#running) this.#running.abort();
    else if (this.#page !== "status") this.#showPage("status");
    else this.close();
  }

  #leaveLicense(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#stop?.();
    this.#stop = undefined;
    this.#license = undefined;
    this.#made = undefined;
    this.#failure = undefined;
    if (this.#page !== "other") return;
    this.#closePages();
    this.#page = "status";
  }

  /**
   * Draws the license's decision, and draws it again whenever it changes. If the app has set a function or a promise,
   * first waits for the license.
   */
  #follow(): void {
    const source = this.#source;
    const license = this.#license;
    if (license) this.#stop ??= license.onChange(() => this.#draw());
    if (license || !source) return;
    if (typeof source === "object" && "current" in source) return this.#setLicense(source);
    if (typeof source === "object" && "kind" in source) return this.#fail(source);
    const made = (this.#made ??= new Promise((resolve) => resolve(typeof source === "function" ? source() : source)));
    made.then(
      (license) => this.#made === made && this.#setLicense(license),
      (error: LicenseError) => this.#made === made && this.#fail(error),
    );
  }

  #setLicense(license: License): void {
    if (this.#license === license) return;
    this.#license = license;
    if (!this.#isShown) return;
    this.#stop = license.onChange(() => this.#draw());
    this.#draw();
    this.#focus();
  }

  /** Shows why there is no license. When the dialog is shown again, it tries again to create the license. */
  #fail(failure: LicenseError | LicenseFailure): void {
    this.#made = undefined;
    this.#failure = failure;
    this.#draw();
  }

  /**
   * Closes a page that another module has drawn in this dialog, such as a page of the customer portal. Cancels the
   * operations of the page, and discards what the user typed on it.
   */
  #closePages(): void {
    this.#pages?.abort();
    this.#pages = undefined;
    this.#drawing?.place.replaceChildren();
  }

  /** Opens pages that another module provides. `typed` is the content of the input field for the key. */
  async #openPages<Purpose>(pages: DialogPages<Purpose> | null | undefined, what: Purpose, typed = ""): Promise<void> {
    const license = this.#license;
    if (!pages || !license) return;
    const element = this.#document().place;
    this.#showPage("other");
    const opened = new AbortController();
    this.#pages = opened;
    const place = {
      element,
      signal: opened.signal,
      license,
      texts: this.#texts,
      locale: this.#locale,
      displayKey: displayKeyOf(typed),
      text: (code: DialogTextCode) => textOf(this.#texts, code),
      leave: () => this.#leave(),
      returned: (decision: Decision) => this.dispatchEvent(new CustomEvent("returned", { detail: decision })),
    };
    let failure: LicenseError | LicenseFailure | undefined;
    let decision: Decision | undefined;
    try {
      decision = await pages.open(what, place);
    } catch (error) {
      failure = error as LicenseError;
    }
    if (this.#pages !== opened) return;
    this.#showPage("status");
    if (failure) this.#fail(failure);
    if (decision) this.dispatchEvent(new CustomEvent("activated", { detail: decision }));
  }

  #showPage(page: Page): void {
    this.#closePages();
    this.#page = page;
    this.#failure = undefined;
    this.#isRemoved = false;
    this.#draw();
    this.#focus();
  }

  async #act(action: Action, key: string): Promise<void> {
    switch (action) {
      case "submit":
        return this.#activate((license, signal) => license.activate(key, { signal }));
      case "activate":
        return this.#activate((license, signal) => license.activate(null, { signal }));
      case "move":
        // activates the key that the user has typed, or the stored key if the dialog shows no input field
        return this.#activate((license, signal) =>
          license.activate(this.#view().hasForm ? key : null, { signal, replacePrevious: true }),
        );
      case "check":
        return this.#run((license, signal) => license.validate({ signal }), () => undefined);
      case "start_trial":
        return this.#run((license, signal) => license.startTrial({ signal }), () => undefined);
      case "deactivate":
        return this.#run(
          (license, signal) => license.deactivate({ signal }),
          (deactivation) => {
            this.#isRemoved = true;
            this.#page = "status";
            this.dispatchEvent(new CustomEvent("deactivated", { detail: deactivation }));
          },
        );
      case "enter_key":
      case "other_key":
        return this.#showPage("key");
      case "ask_deactivate":
        return this.#showPage("confirm");
      case "find_key":
        return this.#openPages(this.#portal, "restore");
      case "devices":
        return this.#openPages(this.#portal, this.#view().devices, key);
      case "request":
      case "answer":
      case "return":
        return this.#openPages(this.#offline, action);
      case "keep":
      case "back":
        return this.#showPage("status");
      case "cancel":
        return this.#running?.abort();
      case "done":
        return this.close();
      case "link":
        // returns nothing, because the browser itself follows the link
        return undefined;
    }
  }

  #activate(work: (license: License, signal: AbortSignal) => Promise<Decision>): Promise<void> {
    return this.#run(work, (decision) => {
      this.#page = "status";
      if (this.#drawing) this.#drawing.key = "";
      this.dispatchEvent(new CustomEvent("activated", { detail: decision }));
    });
  }

  /** Runs an operation, unless one is running already. Ignores the result if the dialog was closed in the meantime. */
  async #run<Result>(
    work: (license: License, signal: AbortSignal) => Promise<Result>,
    then: (result: Result) => void,
  ): Promise<void> {
    const license = this.#license;
    if (!license || this.#running) return;
    const running = new AbortController();
    this.#running = running;
    this.#failure = undefined;
    this.#isRemoved = false;
    this.#draw();
    let end: () => void;
    try {
      const result = await work(license, running.signal);
      end = () => then(result);
    } catch (error) {
      end = () => (this.#failure = error as LicenseError | LicenseFailure);
    }
    if (this.#running !== running) return;
    this.#running = undefined;
    end();
    this.#draw();
    this.#focus();
  }

  #view(): ReturnType<typeof viewOf> {
    const license = this.#license;
    return viewOf({
      decision: license?.current(),
      failure: this.#failure,
      page: this.#page,
      isBusy: this.#running !== undefined,
      isRemoved: this.#isRemoved,
      features: Object.entries(license ? (this.#features ?? {}) : {}).map(([feature, name]) => [
        name,
        (license as License).explain(feature),
      ]),
      hasPages: this.#portal != null,
      startsTrial: this.#startTrial,
      hasOffline: this.#offline != null,
      canAnswer: this.#offline?.canAnswer === true,
      portalUrl: license?.portalUrl,
      purchaseUrl: license?.purchaseUrl,
      texts: this.#texts,
      locale: this.#locale,
    });
  }

  get #locale(): string {
    return localeOf(this.#texts, this.closest<HTMLElement>("[lang]")?.lang);
  }

  #draw(): void {
    this.#drawing?.draw(this.#view(), this.#texts);
  }

  #focus(): void {
    if (this.#isShown) this.#drawing?.focus(this.#view());
  }
}

/** Shortens a key that the user has typed to the form in which Polar displays keys. */
function displayKeyOf(key: string): string | null {
  const typed = key.trim();
  return typed === "" ? null : `****-${typed.slice(-6)}`;
}
