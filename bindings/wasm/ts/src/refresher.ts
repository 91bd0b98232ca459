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

export class Refresher {
  readonly #clock: Clock;
  readonly #refresh: (woken: boolean) => Promise<unknown>;
  readonly #stop: (() => void)[] = [];
  #due: number;
  #looked: [wall: number, mono: number];
  #cancel: () => void = () => undefined;
  #stopped = false;

  /** Looks first at `wakeAt`, and never before the app had time to refresh by itself. */
  constructor(clock: Clock, wakeAt: number | null, refresh: (woken: boolean) => Promise<unknown>) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#looked = [clock.now(), clock.monotonic()];
    this.#due = this.#dueAt(wakeAt);
    this.#listen();
    this.#wait();
  }

  /** An operation has ended: the engine says when to look next. */
  plan(wakeAt: number | null): void {
    this.#due = this.#dueAt(wakeAt);
    if (!this.#stopped) this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    for (const stop of this.#stop) stop();
  }

  #dueAt(wakeAt: number | null): number {
    const now = this.#clock.monotonic();
    return Math.max(Math.min(wakeAt ?? Infinity, now + TOUCH_EVERY_MS), now + PAUSE_MS);
  }

  #wait(): void {
    this.#cancel();
    const left = Math.min(this.#due - this.#clock.monotonic(), LOOK_EVERY_MS);
    this.#cancel = later(left, () => this.#look());
  }

  #look(): void {
    const [wall, mono] = this.#looked;
    const now: [number, number] = [this.#clock.now(), this.#clock.monotonic()];
    this.#looked = now;
    const woken = now[0] - wall - (now[1] - mono) > ASLEEP_MS;
    if (woken || now[1] >= this.#due) this.#go(woken);
    else this.#wait();
  }

  #go(woken: boolean): void {
    this.#cancel();
    this.#due = this.#clock.monotonic() + TOUCH_EVERY_MS;
    // an operation that ends calls `plan`; one that fails is tried again with the next look
    this.#refresh(woken).then(
      () => undefined,
      () => undefined,
    );
    this.#wait();
  }

  /** The network or the page comes back. */
  #listen(): void {
    const events = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener" | "document">>;
    const on = (target: Pick<EventTarget, "addEventListener" | "removeEventListener">, name: string, work: () => void) => {
      target.addEventListener(name, work);
      this.#stop.push(() => target.removeEventListener(name, work));
    };
    if (typeof events.addEventListener !== "function") return;
    on(globalThis as unknown as EventTarget, "online", () => this.#go(true));
    const page = events.document;
    if (page) on(page, "visibilitychange", () => page.visibilityState === "visible" && this.#go(true));
  }
}
