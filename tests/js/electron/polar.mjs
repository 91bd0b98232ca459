// The compiled package, a local Polar, and clients. A test can inspect their storage, and break their network.

import { fileURLToPath } from "node:url";

import { startLocalPolar } from "../start-polar.mjs";

const target = new URL("../../../target/", import.meta.url);
const path = (variable, otherwise) => process.env[variable] ?? fileURLToPath(new URL(otherwise, target));
/** The folder of the built package. */
export const scripts = path("POLAR_LICENSE_JS", "package/npm");
/** The command line tool. */
export const program = path("POLAR_LICENSE_CLI", "debug/polar-license");

export const { createLicenseClient } = await import(`${scripts}/index.js`);
export const { shareLicense } = await import(`${scripts}/electron-main.js`);
export const { exposeLicense } = await import(`${scripts}/electron-preload.js`);

/** Starts a local Polar with demo keys. It runs until the end of the tests. */
export async function startPolar(after, ...options) {
  const { stop, ...polar } = await startLocalPolar(program, ...options);
  after(stop);
  return polar;
}

/**
 * Returns a client of `polar`, its stored texts, and functions that make it offline or hold its requests back. `create`
 * is the function that creates the client, by default the one of the main entry.
 */
export async function clientOf(polar, create = createLicenseClient) {
  const texts = new Map();
  const [onRequest, onSave] = [() => undefined, () => undefined];
  const host = { records: new Set(), offline: false, broken: false, hold: Promise.resolve(), onRequest, onSave };
  const storage = {
    get: (name) => texts.get(name),
    set: (name, text) => {
      if (host.broken) throw new Error("EACCES: /home/jane/.config/acme");
      if (!name.endsWith("/device")) host.records.add(text);
      texts.set(name, text);
      host.onSave();
    },
    remove: (name) => texts.delete(name),
  };
  let monotonic = 0;
  const fetch = async (url, init) => {
    // as if the request took that long, so that no request has to wait for another
    monotonic += 1_200;
    host.onRequest(init);
    await host.hold;
    // an app's own `fetch` may reveal too much in its errors
    if (host.offline) throw new TypeError(`cannot send ${init.body}`);
    return globalThis.fetch(url, init);
  };
  const license = await create({
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro] },
    autoRefresh: false,
    clock: { now: () => Date.now(), monotonic: () => monotonic },
    storage,
    fetch,
  });
  return { license, host };
}
