// Creates clients for tests. Each device has its own storage and clock, and no client waits between two requests.

import { createLicenseClient } from "polar-license";

export const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
export const PRO = "de300000-0000-4000-8000-0000000000b1";

/** A device with its storage. `polar` is the address of the server. */
export class Device {
  texts = new Map();
  /** The endpoints that the library has called, oldest first. */
  sent = [];
  /** The time by which this device's clock is ahead of the real time, in ms. */
  ahead = 0;
  #polar;
  #monotonic = 0;

  constructor(polar = "http://127.0.0.1:9") {
    this.#polar = polar;
  }

  /** Starts the app. `create` is the function that creates the client, by default the one of the main entry. */
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
      // advances the clock at each request as if the request took that long, so that no request has to wait for another
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

  /** Returns the sealed record. Returns `undefined` if none is stored. */
  get record() {
    const name = [...this.texts.keys()].find((name) => name !== "polar-license/device");
    return this.texts.get(name);
  }
}
