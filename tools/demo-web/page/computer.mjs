// The computers on which the app runs. Each has a disk, a clock that its user can set, and a network. The disk keeps
// its contents when the app ends. When the page lets hours pass, they pass on all computers. Everything is in this
// page's memory, and is gone when the page is closed.

import { send } from "./polar.mjs";

const HOUR_MS = 3_600_000;
let skippedMs = 0;

/** Lets this number of hours pass on all computers. */
export const pass = (hours) => (skippedMs += hours * HOUR_MS);

export class Computer {
  /** The network between this computer and Polar: `online`, `offline`, `portal` or `error`. */
  network = "online";
  #disk = new Map();
  /** The number of milliseconds by which this computer's clock is wrong. */
  #offMs = 0;

  /** The options that give a client this computer's clock, disk and network. */
  options = {
    clock: { now: () => this.now(), monotonic: () => performance.now() + skippedMs },
    storage: {
      get: (name) => this.#disk.get(name),
      set: (name, text) => this.#disk.set(name, text),
      remove: (name) => this.#disk.delete(name),
    },
    fetch: (url, init) => send(url, init, this.network),
  };

  /** Returns the time on this computer's clock. */
  now = () => Date.now() + skippedMs + this.#offMs;
  /** Moves the clock forward or back, as a user can. */
  turn = (hours) => (this.#offMs += hours * HOUR_MS);
  setRight = () => (this.#offMs = 0);
}
