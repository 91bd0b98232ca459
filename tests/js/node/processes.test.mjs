// Tests processes of two kinds that share one record, with a local Polar: apps in Node, and the command line tool,
// which is written in Rust. The processes ask Polar one after the other, and together keep to the rate of requests that
// Polar allows.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { program, scripts, startPolar } from "../electron/polar.mjs";
import { scratch } from "./scratch.mjs";

const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);
const run = promisify(execFile);
const app = fileURLToPath(new URL("app.mjs", import.meta.url));

const served = await startPolar(after, "--rate-limit");
const polar = new LocalPolar(served.url);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A timeout that is never reached, even on a slow machine. */
const TIMEOUT_MS = 120_000;
const FINE = { state: "active", problem: null, error: null };

/** A device with an active license. Processes of both kinds find the same record. */
class Device {
  constructor(t) {
    this.directory = join(scratch(t), "data");
    this.settings = {
      organizationId: served.organization,
      appId: "com.acme.app",
      environment: served.url,
      deviceId: "one",
      timeoutMs: TIMEOUT_MS,
      offlineGraceMs: DAY_MS,
    };
  }

  /** Activates `key` while the clock is `behindMs` behind. Afterwards the clock is correct. */
  async activate(key, behindMs = 0) {
    await polar.reset();
    const clock = { now: () => Date.now() - behindMs, monotonic: () => performance.now() };
    const storage = fileStorage({ directory: this.directory });
    const license = await createLicenseClient({ ...this.settings, storage, clock, autoRefresh: false });
    assert.equal((await license.activate(key)).state, "active");
    await polar.clearRequests();
  }

  async node(...operation) {
    return (await this.ready(...operation))();
  }

  /** Starts an app, which waits for its command. */
  async ready(...operation) {
    const words = [app, scripts, JSON.stringify(this.settings), this.directory, ...operation];
    const child = spawn("node", words, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready");
    return async () => {
      child.stdin.write("go\n");
      const { value } = await lines.next();
      if (child.exitCode === null) await once(child, "exit");
      return JSON.parse(value);
    };
  }

  async native(...operation) {
    const { organizationId, appId, environment, deviceId, timeoutMs } = this.settings;
    const place = ["--organization", organizationId, "--app", appId, "--data-dir", this.directory];
    const timeout = ["--timeout", `${timeoutMs}ms`, "--offline-grace", "24h"];
    const settings = ["--environment", environment, "--device-id", deviceId, ...timeout];
    // an exit status other than 0 is no error here: it says only that access is denied, as the state does
    const ends = run(program, [...place, ...settings, ...operation, "--json"]).catch((ended) => ended);
    const { state, problem, error } = JSON.parse((await ends).stdout);
    return { state, problem: problem?.kind ?? null, error: error?.kind ?? null };
  }

  /** Runs `count` processes of each kind at the same time. */
  async each(count, ...operation) {
    const apps = await Promise.all(Array.from({ length: count }, () => this.ready(...operation)));
    return Promise.all(apps.flatMap((go) => [go(), this.native(...operation)]));
  }
}

test("sixteen processes of Node and sixteen of Rust that are due at once send one request", async (t) => {
  const device = new Device(t);
  await device.activate("DEMO-TWO-DEVICES", DAY_MS + HOUR_MS);
  assert.deepEqual(await device.each(16, "refresh"), Array(32).fill(FINE), "nobody is told to wait");
  assert.deepEqual(await polar.asked(), ["validate"]);
});

test("processes of Node and of Rust that all have to ask share one pace", async (t) => {
  const device = new Device(t);
  await device.activate("DEMO-TEN-USES");
  assert.deepEqual(await device.each(4, "consume", "1"), Array(8).fill(FINE), "nobody is told to wait");
  assert.deepEqual(await polar.asked(), Array(8).fill("validate"));
});

test("a running app sees the change of another process", async (t) => {
  const device = new Device(t);
  await polar.reset();
  const license = await createLicenseClient({ ...device.settings, storage: fileStorage(device) });
  t.after(license.dispose);
  const changed = () => new Promise((resolve) => void license.onChange(({ state }) => resolve(state)));
  for (const [operation, state] of [
    [["activate", "DEMO-PLAIN"], "active"],
    [["deactivate"], "unlicensed"],
  ]) {
    const [seen] = await Promise.all([changed(), device.native(...operation)]);
    assert.equal(seen, state);
  }
  assert.deepEqual(await polar.asked(), ["validate"], "to look asks nobody");
});

test("a block that one process has met stops requests of the other kind too", async (t) => {
  for (const [one, other] of [
    ["node", "native"],
    ["native", "node"],
  ]) {
    const device = new Device(t);
    device.settings.timeoutMs = 10_000;
    await device.activate("DEMO-TWO-DEVICES");
    await polar.fault({ fault: "rate_limited", retry_after: 60 });
    const waits = { ...FINE, problem: "rate_limited" };
    assert.deepEqual(await device[one]("validate"), waits);
    assert.deepEqual(await device[other]("validate"), waits);
    assert.deepEqual(await polar.asked(), ["validate"]);
  }
});
