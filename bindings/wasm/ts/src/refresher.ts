/**
 * Refreshes when it is time, so that an app that runs for weeks stays confirmed and learns of a revoked key within a day.
 * Decides nothing: the engine says when to refresh, and when to look again.
 */

import { later } from "./time.js";
import type { Look, Patience } from "./wasm-bindgen.js";

/** When to look again if the engine has stopped; the refresh that is due then makes a new one. */
const AGAIN_MS = 60_000;

/** What is refreshed. */
export interface Refreshing {
  /** `woken` if the network may have come back. */
  look(woken: boolean): Look;
  /** Ends with a call of `Refresher.look`. */
  refresh(patience: Patience): Promise<unknown>;
}

/** What is used of a page, which not every platform is. */
type Page = Partial<Pick<Window, "addEventListener" | "removeEventListener" | "document">>;

export interface Refresher {
  /** An operation has ended, so that there may be another time to wait for. */
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

  // the network or the page comes back; removed by hand, since a page of jsdom rejects Node's signals
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
