/**
 * Refreshes when it is time, so that an app that runs for weeks stays confirmed and learns of a revoked key within a day.
 * Decides nothing: the engine says when to look again.
 */

import { type Clock, later } from "./time.js";

/** Timers stand still while a machine sleeps, so a wait of hours would be hours of being awake. */
const LOOK_EVERY_MS = 60_000;

/** Every ten minutes the engine may want to save how late it is. */
const TOUCH_EVERY_MS = 600_000;

/** Never look more often than this, whatever the engine says. */
const PAUSE_MS = 1_000;

/** The wall clock ahead of the monotonic one by this much: the machine was asleep. */
const ASLEEP_MS = 30_000;

export interface Refresher {
  /** An operation has ended: the engine says when to look next. */
  plan(wakeAt: number | null): void;
  stop(): void;
}

/** Looks first at `wakeAt`, and never before the app had time to refresh by itself. */
export function refresher(clock: Clock, wakeAt: number | null, refresh: (woken: boolean) => Promise<unknown>): Refresher {
  const ended = new AbortController();
  const { signal } = ended;
  const ahead = (): number => clock.now() - clock.monotonic();
  let wasAhead = ahead();
  let due: number;
  let cancel = (): void => undefined;

  const plan = (wakeAt: number | null): void => {
    const now = clock.monotonic();
    due = Math.max(Math.min(wakeAt ?? Infinity, now + TOUCH_EVERY_MS), now + PAUSE_MS);
    wait();
  };
  const wait = (): void => {
    cancel();
    if (!signal.aborted) cancel = later(Math.min(due - clock.monotonic(), LOOK_EVERY_MS), look);
  };
  const look = (): void => {
    const before = wasAhead;
    wasAhead = ahead();
    const woken = wasAhead - before > ASLEEP_MS;
    if (woken || clock.monotonic() >= due) go(woken);
    else wait();
  };
  const go = (woken: boolean): void => {
    due = clock.monotonic() + TOUCH_EVERY_MS;
    // an operation that ends calls `plan`; one that fails is tried again with the next look
    refresh(woken).catch(() => undefined);
    wait();
  };

  // the network or the page comes back
  const page = globalThis as Partial<Pick<Window, "addEventListener" | "document">>;
  page.addEventListener?.("online", () => go(true), { signal });
  const { document } = page;
  document?.addEventListener?.("visibilitychange", () => document.visibilityState === "visible" && go(true), { signal });
  plan(wakeAt);
  return {
    plan,
    stop() {
      ended.abort();
      cancel();
    },
  };
}
