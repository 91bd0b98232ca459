/**
 * Refreshes the license automatically. As a result, the license stays confirmed even if the app runs for weeks, and the
 * app learns of a revoked key within a day. The engine decides when to refresh, and when to call `look` again.
 */

import { later } from "./time.js";
import type { Look, Patience } from "./wasm-bindgen.js";

/** The delay before the next refresh if the engine has stopped. That refresh creates a new engine. */
const AGAIN_MS = 60_000;

/** The client whose license is refreshed. */
export interface Refreshing {
  /** Returns whether to refresh or to wait. `woken` is true if the network may be back. */
  look(woken: boolean): Look;
  /** Refreshes the license. When the refresh ends, calls `Refresher.look`. */
  refresh(patience: Patience): Promise<unknown>;
}

/** The members of a page that this file uses. Not every platform has these members. */
type Page = Partial<Pick<Window, "addEventListener" | "removeEventListener" | "document">>;

export interface Refresher {
  /** Decides again how long to wait until the next refresh. The client calls this method after every operation. */
  look(): void;
  stop(): void;
}

export function refresher(client: Refreshing): Refresher {
  let ended = false;
  let cancel = (): void => undefined;

  const wait = (ms: number, work: () => void): void => {
    cancel();
    if (!ended) cancel = later(ms, work);
  };
  const refresh = (patience: Patience): void => {
    cancel();
    client.refresh(patience).catch(() => wait(AGAIN_MS, () => refresh(patience)));
  };
  const look = (woken: boolean): void => {
    if (ended) return;
    let next: Look;
    try {
      next = client.look(woken);
    } catch {
      if (woken) refresh("woken");
      else wait(AGAIN_MS, () => refresh("full"));
      return;
    }
    if (next.do === "wait") wait(next.ms, () => look(false));
    else refresh(next.patience);
  };

  // Calls `look` when the network is back, and when the page is visible again. The listeners are removed without an
  // AbortSignal, because jsdom rejects Node's signals.
  const page = globalThis as Page;
  const { document } = page;
  const onOnline = (): void => look(true);
  const onVisible = (): void => void (document?.visibilityState === "visible" && look(true));
  const events = (change: "addEventListener" | "removeEventListener"): void => {
    page[change]?.("online", onOnline);
    document?.[change]?.("visibilitychange", onVisible);
  };
  events("addEventListener");
  look(false);
  return {
    look: () => look(false),
    stop() {
      ended = true;
      events("removeEventListener");
      cancel();
    },
  };
}
