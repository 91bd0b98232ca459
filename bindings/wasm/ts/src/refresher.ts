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

export interface Refresher {
  /** An operation has ended, so that there may be another time to wait for. */
  look(): void;
  stop(): void;
}

export function refresher(client: Refreshing): Refresher {
  const ended = new AbortController();
  const { signal } = ended;
  let cancel = (): void => undefined;

  const wait = (ms: number, work: () => void): void => {
    cancel();
    if (!signal.aborted) cancel = later(ms, work);
  };
  const refresh = (patience: Patience): void => {
    cancel();
    client.refresh(patience).catch(() => wait(AGAIN_MS, () => refresh(patience)));
  };
  const look = (woken: boolean): void => {
    if (signal.aborted) return;
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

  // the network or the page comes back
  const page = globalThis as Partial<Pick<Window, "addEventListener" | "document">>;
  page.addEventListener?.("online", () => look(true), { signal });
  const { document } = page;
  document?.addEventListener?.("visibilitychange", () => document.visibilityState === "visible" && look(true), { signal });
  look(false);
  return {
    look: () => look(false),
    stop() {
      ended.abort();
      cancel();
    },
  };
}
