/**
 * The custom element: draws the license, and turns the user's actions into calls of it. Makes no licensing decision,
 * keeps a key nowhere but in its input field, and does nothing until it is shown.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { Deactivation, License } from "../license.js";
import type { Decision } from "../types.js";
import { Drawing } from "./drawing.js";
import type { DialogPages, PagesFor } from "./pages.js";
import { type DialogTexts, localeOf } from "./texts.js";
import { type Action, type Page, viewOf } from "./view.js";

/**
 * A license, or a function that creates one, such as `() => createLicenseClient(…)`, called once when the dialog is
 * first shown. Or an error, which the dialog then shows.
 */
export type LicenseSource =
  | License
  | PromiseLike<License>
  | (() => License | PromiseLike<License>)
  | LicenseError
  | LicenseFailure;

/** The events that the dialog dispatches to the app. */
export interface LicenseDialogEventMap extends HTMLElementEventMap {
  /** The user has activated a key, or the stored one; `detail` is the decision. */
  activated: CustomEvent<Decision>;
  /** The user has deactivated the license; `detail` is the decision, with the outcome for the seat. */
  deactivated: CustomEvent<Deactivation>;
  /**
   * The user opens one of the vendor's pages; `detail` is its address. Call `preventDefault()` to open the page
   * yourself, as with Electron's shell. Bubbles to the document.
   */
  link: CustomEvent<string>;
  /** The dialog was closed. */
  close: Event;
}

/** The types of the element's events. */
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

// a server has no elements, so none is defined there
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

  // each has an accessor: frameworks set existing members as properties, and all others as attributes
  #features: Readonly<Record<string, string>> | null | undefined;
  #portal: DialogPages | null | undefined;
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
  /** Whether the dialog is drawn. The attribute `open` may change earlier. */
  #isShown = false;

  /** The license to show: the client, `window.license` of Electron, a function that creates one, or an error. */
  get license(): LicenseSource | undefined {
    return this.#source;
  }

  set license(source: LicenseSource | null | undefined) {
    if (source === this.#source) return;
    // a framework creates a new function at each render
    if (typeof source === "function" && typeof this.#source === "function") return;
    this.#leaveLicense();
    this.#source = source ?? undefined;
    if (this.#isShown) this.#follow();
  }

  /** The features to show in the details, each with its name for the user: `{ export: "Export to PDF" }`. */
  get features(): Readonly<Record<string, string>> | null | undefined {
    return this.#features;
  }

  set features(features: Readonly<Record<string, string>> | null | undefined) {
    this.#features = features;
    this.#draw();
  }

  /** Pages on which customers find their key and manage devices, from `polar-license/dialog-portal`. */
  get portal(): DialogPages | null | undefined {
    return this.#portal;
  }

  set portal(portal: DialogPages | null | undefined) {
    this.#portal = portal;
    this.#draw();
  }

  /** Words that replace the dialog's own, by their codes. */
  get texts(): DialogTexts {
    return this.#texts;
  }

  set texts(texts: DialogTexts | null | undefined) {
    this.#texts = texts ?? {};
    this.#draw();
  }

  /** Whether the dialog is shown; also an attribute. */
  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", Boolean(open));
  }

  /** Shows the dialog, with an optional key to fill in, such as one from a link. The user can then activate it. */
  show(key?: string): void {
    if (typeof key === "string") {
      this.#showPage("key");
      this.#document().key = key;
    }
    this.open = true;
    this.#focus();
  }

  /**
   * Closes the dialog and cancels its running operation, which may have been applied all the same; the license
   * remembers that.
   */
  close(): void {
    this.open = false;
  }

  connectedCallback(): void {
    // properties that were set before the element was defined
    const own = this as Record<string, unknown>;
    for (const name of ["license", "texts", "features", "portal"].filter((name) => Object.hasOwn(this, name))) {
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
          // the document listens for it if the dialog is that of `showLicenseDialog`
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

  /** Goes one step back: cancels the running operation, else leaves the page, else closes the dialog. */
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

  /** Gets the license once, and draws its decisions from then on. */
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

  /** Shows why there is no license. The next time that the dialog is shown, it tries again. */
  #fail(failure: LicenseError | LicenseFailure): void {
    this.#made = undefined;
    this.#failure = failure;
    this.#draw();
  }

  /** Cancels the operations of the pages, and discards what was typed there. */
  #closePages(): void {
    this.#pages?.abort();
    this.#pages = undefined;
    this.#drawing?.place.replaceChildren();
  }

  /** Opens pages of another part. `typed` is the content of the key's field. */
  async #openPages(what: PagesFor, typed: string): Promise<void> {
    const portal = this.#portal;
    if (!portal) return;
    const element = this.#document().place;
    this.#showPage("other");
    const opened = new AbortController();
    this.#pages = opened;
    const place = {
      element,
      signal: opened.signal,
      texts: this.#texts,
      locale: this.#locale,
      displayKey: displayKeyOf(typed),
      leave: () => this.#leave(),
    };
    let failure: LicenseError | LicenseFailure | undefined;
    let decision: Decision | undefined;
    try {
      decision = await portal.open(what, place);
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
        // the typed key, or else the stored one
        return this.#activate((license, signal) =>
          license.activate(this.#view().hasForm ? key : null, { signal, replacePrevious: true }),
        );
      case "check":
        return this.#run((license, signal) => license.validate({ signal }), () => undefined);
      case "deactivate":
        return this.#run(
          (license, signal) => license.deactivate({ signal }),
          (deactivation) => {
            this.#isRemoved = true;
            this.#page = "status";
            this.dispatchEvent(new CustomEvent("deactivated", { detail: deactivation }));
          },
        );
      case "other_key":
        return this.#showPage("key");
      case "ask_deactivate":
        return this.#showPage("confirm");
      case "find_key":
        return this.#openPages("restore", "");
      case "devices":
        return this.#openPages(this.#view().devices, key);
      case "keep":
      case "back":
        return this.#showPage("status");
      case "cancel":
        return this.#running?.abort();
      case "done":
        return this.close();
      case "link":
        // the browser follows the link itself
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

  /** Runs an operation unless one is running. Drops its result if the dialog was closed meanwhile. */
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
      portalUrl: license?.portalUrl,
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

/** Returns a typed key as Polar displays keys. */
function displayKeyOf(key: string): string | null {
  const typed = key.trim();
  return typed === "" ? null : `****-${typed.slice(-6)}`;
}
