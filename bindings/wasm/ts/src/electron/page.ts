/**
 * The code that runs in the page itself. The preload script cannot run it, because `current` must return the same
 * object until the decision changes, and `contextBridge` copies every object that the preload script returns.
 *
 * Electron sends the source of `pageLicense` to the page, so `pageLicense` must not refer to anything outside of
 * itself. The functions inside of `pageLicense` must have no names, because some builds insert, for each named
 * function, a call to a helper that is outside of `pageLicense`.
 */

import type { Deactivation, OfflineAnswer, OfflineReturn } from "../license.js";
import type { PageLicense } from "../portal/page.js";
import type { PortalReply } from "../portal/run.js";
import type { Progress } from "../portal/types.js";
import type { Decision, Explanation } from "../types.js";

/**
 * The preload script's functions for the page. The page gives each call a number. To stop waiting for a call, the page
 * passes the call's number to `cancel`.
 */
export interface PageBridge {
  /**
   * Whether `current` is fast and returns the decision for the present moment. If it is, the page calls `current`
   * whenever the app reads the decision. If it is not, the page calls `current` only once.
   */
  keepsTime?: boolean;
  /**
   * Whether the license object and its results are copied on their way to the page. A copy has only enumerable members.
   */
  isCopied?: boolean;
  current(): Decision;
  explain(feature: string): Explanation;
  /** Calls `accept` with each decision that is newer than the previous one. */
  follow(accept: (decision: Decision) => void): void;
  activate(id: number, key: string | null, replacePrevious: boolean): Promise<Decision>;
  validate(id: number): Promise<Decision>;
  refresh(id: number): Promise<Decision>;
  consume(id: number, count: number): Promise<Decision>;
  deactivate(id: number): Promise<Deactivation>;
  forget(id: number): Promise<Decision>;
  startTrial(id: number): Promise<Decision>;
  offlineRequest(id: number): Promise<string>;
  offlineImport(id: number, text: string): Promise<Decision>;
  offlineReturn(id: number): Promise<OfflineReturn>;
  offlineAnswer(id: number, request: string, key: string): Promise<OfflineAnswer>;
  offlineRelease(id: number, text: string): Promise<Deactivation>;
  /** Runs an operation of the customer portal. `request` describes the operation in JSON. */
  callPortal(id: number, request: string, onProgress: (progress: Progress) => void): Promise<PortalReply>;
  /** Wipes the values of the reply to the call with this id. */
  releaseReply(id: number): void;
  cancel(id: number): void;
}

/**
 * Creates the license object that a page uses. If `name` is passed, stores the object as `window[name]` and returns
 * nothing.
 */
export function pageLicense(bridge: PageBridge, name?: string): PageLicense | undefined {
  const page = {
    latest: undefined as Decision | undefined,
    /** The last decision that was passed to the listeners. */
    reported: undefined as Decision | undefined,
    calls: 0,
    listeners: new Set<{ call: (decision: Decision, before: Decision) => unknown }>(),
    /** Makes `decision` the latest decision. Does nothing if it equals the decision that is already the latest. */
    accept(decision: Decision): void {
      if (decision === page.latest || JSON.stringify(decision) === JSON.stringify(page.latest)) return;
      Object.freeze(decision.features);
      Object.freeze(decision.problem);
      Object.freeze(decision.purchase);
      page.latest = Object.freeze(decision);
      page.reported ??= page.latest;
    },
    /** Calls the listeners, unless they have received the latest decision already. */
    report(): void {
      const { latest, reported } = page;
      if (!latest || !reported || latest === reported) return;
      page.reported = latest;
      for (const listener of [...page.listeners]) {
        try {
          listener.call(latest, reported);
        } catch (error) {
          console.error("polar-license: a listener failed", error);
        }
      }
    },
    current(): Decision {
      if (bridge.keepsTime || !page.latest) page.accept(bridge.current());
      // calls the listeners later, because the caller may be in the middle of rendering
      if (page.latest !== page.reported) queueMicrotask(() => page.report());
      return page.latest as Decision;
    },
    /**
     * Hides the text of an `OfflineAnswer` or an `OfflineReturn` from logs, copies of the object and JSON, because the
     * text contains the key.
     */
    hide<Result extends OfflineAnswer | OfflineReturn>({ decision, text }: Result): Result {
      return Object.defineProperty({ decision }, "text", { value: text, enumerable: bridge.isCopied === true }) as Result;
    },
    async run<Result>(start: (id: number) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
      page.calls += 1;
      const id = page.calls;
      const options = { abort: () => bridge.cancel(id) };
      const result = start(id);
      if (signal?.aborted) options.abort();
      else signal?.addEventListener("abort", options.abort);
      try {
        return Object.freeze(await result);
      } finally {
        signal?.removeEventListener("abort", options.abort);
      }
    },
  };
  bridge.follow((decision) => {
    page.accept(decision);
    page.report();
  });
  const license: PageLicense = {
    current: page.current,
    allows: (feature) => page.current().features[feature] === true,
    covers: (built) => {
      const { updatesUntil } = page.current();
      const day = new Date(built);
      if (Number.isNaN(day.getTime())) throw new Error("`covers` needs a date, such as `2026-11-21`");
      return updatesUntil === null || day.toISOString().slice(0, 10) <= updatesUntil;
    },
    explain: (feature) => bridge.explain(String(feature)),
    activate: (key, options) =>
      page.run(
        (id) => bridge.activate(id, key ?? null, options?.replacePrevious === true),
        options?.signal,
      ),
    validate: (options) => page.run((id) => bridge.validate(id), options?.signal),
    refresh: (options) => page.run((id) => bridge.refresh(id), options?.signal),
    consume: (count = 1, options) => page.run((id) => bridge.consume(id, count), options?.signal),
    deactivate: (options) => page.run((id) => bridge.deactivate(id), options?.signal),
    forget: (options) => page.run((id) => bridge.forget(id), options?.signal),
    startTrial: (options) => page.run((id) => bridge.startTrial(id), options?.signal),
    offlineRequest: (options) => page.run((id) => bridge.offlineRequest(id), options?.signal),
    offlineImport: (text, options) => page.run((id) => bridge.offlineImport(id, text), options?.signal),
    offlineReturn: (options) => page.run(async (id) => page.hide(await bridge.offlineReturn(id)), options?.signal),
    offlineAnswer: (request, key, options) =>
      page.run(async (id) => page.hide(await bridge.offlineAnswer(id, request, key)), options?.signal),
    offlineRelease: (text, options) => page.run((id) => bridge.offlineRelease(id, text), options?.signal),
    callPortal: (request, onProgress, signal) =>
      page.run(
        async (id) => ({ ...(await bridge.callPortal(id, request, onProgress)), release: () => bridge.releaseReply(id) }),
        signal,
      ),
    onChange: (listener) => {
      // a plain `Error`: Electron sends only the source of this function to the page, so the class `LicenseError` does
      // not exist there
      if (typeof listener !== "function") throw new Error("`onChange` needs a function to call");
      const entry = { call: listener };
      page.listeners.add(entry);
      return () => void page.listeners.delete(entry);
    },
  };
  if (name === undefined) return license;
  Object.defineProperty(globalThis, name, { value: Object.freeze(license), enumerable: true });
  return undefined;
}
