// Clients for tests: with a storage and a clock of their own, and no wait between requests.

import { createLicenseClient } from "polar-license";

export const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
export const PRO = "de300000-0000-4000-8000-0000000000b1";

/** A device with its storage. `polar` is the server's address. */
export class Device {
  texts = new Map();
  /** The endpoints that the library has called, in order. */
  sent = [];
  /** The time that has passed in addition to the real time, in ms. */
  ahead = 0;
  #polar;
  #monotonic = 0;

  constructor(polar = "http://127.0.0.1:9") {
    this.#polar = polar;
  }

  /** Starts the app. `create` is the imported function. */
  open(options = {}) {
    const { fetch = (...request) => globalThis.fetch(...request), create = createLicenseClient, ...rest } = options;
    return create({
      organizationId: ORGANIZATION,
      appId: "com.example.app",
      environment: this.#polar,
      features: { export: [PRO] },
      deviceId: "the device of the tests",
      storage: this.storage,
      clock: { now: () => Date.now() + this.ahead, monotonic: () => this.#monotonic + this.ahead },
      autoRefresh: false,
      // advances the clock as if each request took its time, so that none has to wait for another
      fetch: (...request) => {
        this.#monotonic += 1_200;
        this.sent.push(request[0].split("/").at(-1));
        return fetch(...request);
      },
      ...rest,
    });
  }

  get storage() {
    const { texts } = this;
    return {
      get: (name) => texts.get(name),
      set: (name, text) => void texts.set(name, text),
      remove: (name) => void texts.delete(name),
    };
  }

  /** Returns the sealed record, if there is one. */
  get record() {
    const name = [...this.texts.keys()].find((name) => name !== "polar-license/device");
    return this.texts.get(name);
  }
}
