// Tests windows that use the operations for computers that are never online, with the real client for Node, a local
// Polar, and a stand-in for Electron.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { scratch } from "../node/scratch.mjs";
import { exposeLicense, scripts, shareLicense, startPolar } from "./polar.mjs";
import { Electron } from "./stand-in.mjs";

const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);
const { fakeLicense } = await import(`${scripts}/testing.js`);

const served = await startPolar(after);
const polar = new LocalPolar(served.url);
const KEY = "DEMO-ONE-DEVICE";
const OPERATIONS = ["offlineRequest", "offlineImport", "offlineReturn", "offlineAnswer", "offlineRelease"];

const failure = (promise) => promise.then(() => assert.fail("nothing was thrown"), (error) => error);

/** Starts an app on a computer, and opens a window. */
async function start(t, deviceId, options = { offline: true }, expose = exposeLicense) {
  const electron = new Electron();
  let monotonic = 0;
  const license = await createLicenseClient({
    organizationId: served.organization,
    appId: "com.acme.app",
    environment: served.url,
    appSecret: "hush",
    airGapDays: 90,
    deviceId,
    storage: fileStorage({ directory: join(scratch(t), "data") }),
    autoRefresh: false,
    clock: { now: () => Date.now(), monotonic: () => monotonic },
    fetch: (url, init) => {
      // as if the request took that long, so that no request has to wait for another
      monotonic += 1_200;
      return fetch(url, init);
    },
  });
  t.after(license.dispose);
  shareLicense(license, electron.ipcMain, options);
  return { electron, license, window: electron.open(expose).page.license };
}

test("windows of two computers carry out the whole story", async (t) => {
  await polar.reset();
  const [a, b] = [await start(t, "A"), await start(t, "B")];
  const request = await a.window.offlineRequest();
  const answer = await b.window.offlineAnswer(request, KEY);
  assert.deepEqual([answer.decision.state, answer.decision.displayKey !== null], ["active", true]);
  assert.equal(b.window.current().state, "unlicensed", "the decision of B is its own");
  const imported = await a.window.offlineImport(answer.text);
  assert.deepEqual([imported.airGapped, a.window.current().state, a.license.current().state], [true, "active", "active"]);
  const returned = await a.window.offlineReturn();
  assert.deepEqual([returned.decision.state, a.window.current().state], ["unlicensed", "unlicensed"]);
  for (const result of [answer, returned]) {
    assert.ok(Object.isFrozen(result));
    for (const shown of [inspect(result, { depth: 9 }), JSON.stringify(result)]) assert.ok(!shown.includes(result.text));
  }
  const released = await b.window.offlineRelease(returned.text);
  assert.deepEqual([released.deactivated, released.state], ["released", "unlicensed"]);
  assert.equal("deactivated" in b.window.current(), false);
  assert.equal(await polar.seats(KEY), 0);
  const again = await a.window.offlineReturn();
  assert.equal(again.text, returned.text);
});

test("no window gets a text unless the main process shares the operations", async (t) => {
  await polar.reset();
  const { electron, license, window } = await start(t, "A", {});
  await license.activate(KEY);
  for (const name of OPERATIONS) {
    const error = await failure(window[name]("REQUEST1-", KEY));
    assert.deepEqual([error.name, error.kind], ["LicenseError", "invalid_argument"], name);
    assert.match(error.detail, /pass `offline: true` to shareLicense/);
  }
  assert.equal(license.current().state, "active", "nothing was returned");
  for (const message of electron.crossed) assert.ok(!/(REQUEST|ANSWER|RETURN)1-\w/.test(message), message);
});

test("a page can cancel an answer, and errors keep their members", async (t) => {
  await polar.reset();
  const [a, b] = [await start(t, "A"), await start(t, "B")];
  const request = await a.window.offlineRequest();
  assert.equal((await failure(b.window.offlineAnswer(request, KEY, { signal: AbortSignal.abort() }))).kind, "cancelled");
  const damaged = await failure(a.window.offlineImport(`${request}7`));
  assert.deepEqual([damaged.kind, damaged.decision.state], ["invalid_argument", "unlicensed"]);
  assert.match(damaged.message, /Copy the whole text again/);
  const wrong = await failure(b.window.offlineAnswer(request, 7));
  assert.match(wrong.detail, /does not accept these arguments/);
});

test("a shared license that cannot act for other computers says so", async () => {
  const electron = new Electron();
  const license = await fakeLicense({ settings: { appSecret: "hush", airGapDays: 90 } });
  const { offlineAnswer, offlineRelease, ...own } = license;
  shareLicense(own, electron.ipcMain, { offline: true });
  const { window } = { window: electron.open(exposeLicense).page.license };
  for (const refused of [window.offlineAnswer("REQUEST1-", KEY), window.offlineRelease("RETURN1-")]) {
    const error = await failure(refused);
    assert.equal(error.kind, "invalid_config");
    assert.match(error.detail, /polar-license\/node/);
  }
});

test("before Electron 35, the texts reach the page", async (t) => {
  await polar.reset();
  const old = ({ exposeInMainWorld }, ipc) => exposeLicense({ exposeInMainWorld }, ipc);
  const [a, b] = [await start(t, "A", undefined, old), await start(t, "B", undefined, old)];
  const answer = await b.window.offlineAnswer(await a.window.offlineRequest(), KEY);
  assert.match(answer.text, /^ANSWER1-/);
  assert.equal((await a.window.offlineImport(answer.text)).state, "active");
  assert.match((await a.window.offlineReturn()).text, /^RETURN1-/);
});

test("a fake license requests, imports and returns, and refuses to act for others", async () => {
  const settings = { appSecret: "hush", airGapDays: 90 };
  const license = await fakeLicense({ settings });
  assert.match(await license.offlineRequest(), /^REQUEST1-/);
  assert.equal((await failure(license.offlineImport("ANSWER1-7"))).kind, "invalid_argument");
  assert.equal((await failure(license.offlineAnswer("REQUEST1-", KEY))).kind, "invalid_config");
  assert.equal((await license.offlineReturn()).decision.state, "unlicensed");
  const without = await fakeLicense();
  assert.equal((await failure(without.offlineRequest())).kind, "invalid_config");
});
