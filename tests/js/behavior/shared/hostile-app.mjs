// An app that talks to a hostile server. It carries out one case of tests/hostile with the package and the platform's
// own `fetch`, but with its own store and clock, and reports what it received. The program that starts this app judges
// the results.

import { createLicenseClient } from "polar-license";

/** Carries out a case. Returns what the app received. */
export async function carryOut(given) {
  const device = new Device(given);
  const license = await device.open();
  device.takeTime(given);
  const now = await outcomeOf(ask(license, given));
  license.dispose();
  const later = await device.open();
  const next = later.current();
  later.dispose();
  return { now, next };
}

function ask(license, { ask, key, count }) {
  switch (ask) {
    case "validate":
      return license.validate();
    case "consume":
      return license.consume(count);
    case "activate":
      return license.activate(key);
    case "deactivate":
      return license.deactivate();
    default:
      throw new Error(`no question is ${ask}`);
  }
}

/** Returns the decision of an operation. If the operation fails, returns the error with its decision. */
async function outcomeOf(operation) {
  try {
    return await operation;
  } catch (error) {
    const { kind, reason, message, detail, retryAfterMs, maybeApplied, decision } = error;
    return { ...decision, error: { kind, reason: reason ?? null, message, detail, retryAfterMs, maybeApplied } };
  }
}

/** The stored record, and a clock that loading and saving advance. */
class Device {
  #times = { firstLoadMs: 0, firstSaveMs: 0, saveMs: 0 };
  #settings;
  #record;
  #wallMs;
  #monotonicMs = 0;

  constructor({ settings, record, wallMs }) {
    this.#settings = settings;
    this.#wallMs = wallMs;
    this.#record = record === null ? undefined : Uint8Array.from(record.match(/../g), (hex) => Number.parseInt(hex, 16));
  }

  open() {
    const clock = { now: () => this.#wallMs, monotonic: () => this.#monotonicMs };
    const storage = { device: async () => this.#settings.deviceId, open: () => this };
    return createLicenseClient({ ...this.#settings, clock, storage, autoRefresh: false });
  }

  takeTime({ firstLoadMs, firstSaveMs, saveMs }) {
    this.#times = { firstLoadMs, firstSaveMs, saveMs };
  }

  async load() {
    this.#monotonicMs += this.#times.firstLoadMs;
    this.#times.firstLoadMs = 0;
    return this.#record;
  }

  async save(record) {
    this.#monotonicMs += this.#times.firstSaveMs;
    this.#times.firstSaveMs = this.#times.saveMs;
    this.#record = record.slice();
  }

  async remove() {
    this.#record = undefined;
  }

  locked(work) {
    return work();
  }
}
