// Tests windows that use the license of the main process, with the real client, a local Polar, and a stand-in for
// Electron.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { clientOf, exposeLicense, scripts, shareLicense, startPolar } from "./polar.mjs";
import { Electron } from "./stand-in.mjs";

const polar = await startPolar(after);
const KEY = "DEMO-TWO-DEVICES";

/** Starts an app. Returns a stand-in for Electron, a client that is shared, and a function `open` for windows. */
async function start(options) {
  const electron = new Electron();
  const { license, host } = await clientOf(polar);
  const stop = shareLicense(license, electron.ipcMain, options);
  return { electron, license, host, stop, open: (url) => electron.open(exposeLicense, url) };
}

const failure = (promise) => promise.then(() => assert.fail("nothing was thrown"), (error) => error);
const nextChange = (page) => new Promise((resolve) => page.license.onChange(resolve));
const settledTurns = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

test("the change of one window reaches another, and no secret reaches a page", async () => {
  const { electron, license, host, open } = await start();
  const [one, two] = [open().page, open().page];
  assert.equal((await one.license.refresh()).state, "unlicensed");
  assert.equal(one.license.allows("export"), false);

  const changes = [nextChange(one), nextChange(two)];
  const activated = await one.license.activate(KEY);
  assert.equal(activated.allowed, true);
  for (const decision of await Promise.all(changes)) assert.equal(decision.state, "active");
  for (const page of [one, two]) {
    assert.equal(page.license.allows("export"), true);
    assert.equal(page.license.allows("other"), false);
    assert.deepEqual(page.license.current(), license.current());
  }

  host.offline = true;
  const offline = await two.license.validate();
  assert.deepEqual([offline.allowed, offline.problem.kind], [true, "network"]);
  assert.equal(offline.problem.detail, "network");
  const stays = await failure(two.license.deactivate());
  assert.deepEqual([stays.name, stays.kind], ["LicenseError", "network"]);

  host.offline = false;
  const gone = nextChange(one);
  assert.equal((await two.license.deactivate()).deactivated, "released");
  assert.equal((await gone).allowed, false);
  assert.equal(one.license.allows("export"), false);
  assert.equal("deactivated" in two.license.current(), false);

  assert.ok(host.records.size > 0 && electron.crossed.length > 10);
  for (const message of electron.crossed) {
    assert.ok(!message.includes(KEY), message);
    for (const record of host.records) assert.ok(!message.includes(record), message);
  }
});

test("a page has the same frozen decision until it changes, and methods work without their object", async () => {
  const { license, open } = await start();
  const { page } = open();
  const { current, onChange, allows, validate, activate } = page.license;
  const first = current();
  assert.ok(Object.isFrozen(page.license) && [first, first.features].every(Object.isFrozen));
  await validate();
  assert.equal(current(), first);
  const received = [];
  onChange((decision, before) => received.push(decision, current(), before));
  await activate("DEMO-PLAIN");
  await settledTurns();
  assert.equal(received.length, 3);
  assert.equal(received[0], received[1]);
  assert.equal(received[2], first);
  assert.equal(current(), received[0]);
  assert.equal(allows("export"), true);
  assert.deepEqual(current(), license.current());
});

test("a page gets the explanation of a feature that the main process gets", async () => {
  const { license, open } = await start();
  const { page } = open();
  for (const feature of ["export", "other"]) {
    assert.deepEqual(page.license.explain(feature), license.explain(feature));
  }
  assert.deepEqual(page.license.explain("other").reason, "unknown");
  const frame = open().iframe("app://acme/frame.html");
  assert.throws(() => frame.page.license.explain("export"), /may not use the license/);
});

test("a page can cancel only its own calls", async () => {
  const { host, open } = await start();
  const [one, two] = [open().page, open().page];
  const asked = new Promise((resolve) => (host.onRequest = resolve));
  let release;
  host.hold = new Promise((resolve) => (release = resolve));
  const ends = new AbortController();
  const waiting = one.license.activate(KEY, { signal: ends.signal });
  await asked;
  const other = two.license.activate("DEMO-PLAIN");
  ends.abort();
  assert.equal((await failure(waiting)).kind, "cancelled");
  release();
  assert.equal((await other).state, "active");
  assert.equal((await failure(one.license.activate(KEY, { signal: AbortSignal.abort() }))).kind, "cancelled");
  assert.equal(one.license.current().state, "active");
});

test("before Electron 35 a page gets a new copy each time, and everything else works", async () => {
  const { electron, license } = await start();
  const { page } = electron.open(({ exposeInMainWorld }, ipc) => exposeLicense({ exposeInMainWorld }, ipc));
  const received = nextChange(page);
  await page.license.activate("DEMO-PLAIN");
  assert.equal((await received).state, "active");
  assert.deepEqual(page.license.current(), license.current());
  assert.equal(page.license.allows("export"), true);
});

test("a page that renders at start shows the true state", async () => {
  const { license, open } = await start();
  await license.activate("DEMO-PLAIN");
  const { page } = open();
  assert.equal(page.license.allows("export"), true);
  assert.deepEqual(page.license.current(), license.current());
});

test("errors keep their members", async () => {
  const { open, host, electron } = await start();
  const { page } = open();
  const refused = await failure(page.license.activate("DEMO-REVOKED"));
  assert.deepEqual([refused.name, refused.kind, refused.decision.allowed], ["LicenseError", "refused", false]);
  assert.ok(refused.reason && refused.message);
  const members = ["decision", "detail", "kind", "maybeApplied", "message", "name", "nextStep", "nextUrl", "reason", "retryAfterMs"];
  assert.deepEqual(Object.keys(refused).sort(), members);
  assert.equal((await failure(page.license.consume())).kind, "not_activated");
  assert.equal((await failure(page.license.activate(""))).kind, "invalid_argument");

  host.broken = true;
  const unkept = await failure(page.license.activate(KEY));
  assert.equal(unkept.kind, "storage");
  host.broken = false;
  host.offline = true;
  assert.equal((await failure(page.license.activate(KEY))).kind, "network");
  for (const message of electron.crossed) assert.doesNotMatch(message, /EACCES|jane|DEMO-TWO-DEVICES/);
});

test("uses are counted once per call, and the arguments arrive", async () => {
  const { open } = await start();
  const { page } = open();
  await page.license.activate("DEMO-TEN-USES");
  const { usage } = await page.license.consume();
  assert.equal((await page.license.consume(3)).usage, usage + 3);
  for (const count of [0, -1, 1.5, NaN, Infinity, 2 ** 40]) {
    assert.equal((await failure(page.license.consume(count))).kind, "invalid_argument", String(count));
  }
});

test("a page can move the license to this device", async () => {
  const { license } = await start();
  const asked = [];
  const activate = (key, { replacePrevious }) => {
    asked.push([key, replacePrevious]);
    return Promise.resolve(license.current());
  };
  const electron = new Electron();
  shareLicense({ ...license, activate }, electron.ipcMain);
  const { page } = electron.open(exposeLicense);
  await page.license.activate(KEY, { replacePrevious: true });
  await page.license.activate();
  assert.deepEqual(asked, [[KEY, true], [null, false]]);
});

test("a compromised renderer gets clear errors only", async () => {
  const { electron, license, open } = await start();
  const { ipc } = open();
  const messages = [
    undefined, null, 7, "activate", [], {}, new Map([["method", "forget"]]), { method: "current" },
    { method: "dispose" }, { method: "constructor" }, { method: "__proto__" }, { method: ["forget"] }, { method: "activate" },
    { method: "activate", key: { toString: "x" }, replacePrevious: false }, { method: "activate", key: KEY },
    { method: "activate", key: [KEY], replacePrevious: false }, { method: "consume" },
    { method: "consume", count: "1" }, { id: "1", method: "follow" }, { id: {}, method: "follow" },
  ];
  for (const sent of messages) {
    const isMessage = typeof sent === "object" && sent !== null && "method" in sent;
    const message = isMessage ? { id: 1, ...sent } : sent;
    const { error } = await ipc.invoke("polar-license:call", message);
    assert.equal(error?.kind, "invalid_argument", JSON.stringify(message));
  }
  for (const [channel, sent] of [["explain", undefined], ["explain", { toString: "x" }], ["cancel", null], ["cancel", "1"]]) {
    const reply = ipc.sendSync(`polar-license:${channel}`, sent);
    assert.equal(reply?.error?.kind ?? null, channel === "explain" ? "invalid_argument" : null, channel);
  }
  const huge = { id: 2, method: "activate", key: "K".repeat(1_000_000), replacePrevious: false };
  assert.equal((await ipc.invoke("polar-license:call", huge)).error.kind, "invalid_argument");
  assert.equal((await ipc.invoke("polar-license:call", { id: 3, method: "follow" }, "more")).decision.state, "unlicensed");
  assert.equal(license.current().state, "unlicensed");
  assert.deepEqual([...electron.ipcMain.handlers.keys()], ["polar-license:call"]);
});

test("iframes are refused unless the app allows their address", async () => {
  const closed = await start();
  const frame = closed.open().iframe("app://acme/frame.html");
  assert.equal((await failure(frame.page.license.activate(KEY))).kind, "invalid_argument");
  assert.throws(() => frame.page.license.allows("export"), /may not use the license/);
  await settledTurns();

  const allow = ({ senderFrame }) => senderFrame.url.startsWith("app://");
  const open = await start({ allow });
  const window = open.open();
  const [ours, foreign] = [window.iframe("app://acme/frame.html"), window.iframe("https://example.com/")];
  const received = nextChange(ours.page);
  const never = [];
  foreign.page.license.onChange((decision) => never.push(decision));
  assert.equal((await failure(foreign.page.license.refresh())).kind, "invalid_argument");
  await ours.page.license.activate("DEMO-PLAIN");
  assert.equal((await received).allowed, true);
  await settledTurns();
  assert.deepEqual(never, []);
});

test("a frame that navigated to a foreign page receives no changes", async () => {
  const { license, open } = await start({ allow: ({ senderFrame }) => senderFrame.url.startsWith("app://") });
  const window = open();
  await window.page.license.refresh();
  window.main.load("https://example.com/");
  const received = [];
  window.ipc.on("polar-license:change", (_, change) => received.push(change));
  await license.activate("DEMO-PLAIN");
  await settledTurns();
  assert.deepEqual(received, []);
});

test("a closed frame does not keep changes from others", async () => {
  for (const allow of [() => true, ({ senderFrame }) => senderFrame.url.startsWith("app://")]) {
    const { license, open } = await start({ allow });
    const window = open();
    const frame = window.iframe("app://acme/frame.html");
    await frame.page.license.refresh();
    // opens this window later, so that the closed frame gets the change first
    const other = open();
    await other.page.license.refresh();
    frame.gone = true;
    const received = [];
    other.page.license.onChange(({ state }) => received.push(state));
    await license.activate("DEMO-PLAIN");
    await settledTurns();
    assert.deepEqual(received, ["active"]);
  }
});

test("an exception in `allow` refuses access", async () => {
  const { open } = await start({
    allow: () => {
      throw new Error("mistake");
    },
  });
  assert.equal((await failure(open().page.license.refresh())).kind, "invalid_argument");
});

test("a window closed during an operation does not disturb it", async () => {
  const { license, host, open } = await start();
  const [closing, staying] = [open(), open()];
  await staying.page.license.refresh();
  const asked = new Promise((resolve) => (host.onRequest = resolve));
  let release;
  host.hold = new Promise((resolve) => (release = resolve));
  const received = nextChange(staying.page);
  closing.page.license.activate("DEMO-PLAIN").then(() => assert.fail("a closed window received the decision"), () => undefined);
  await asked;
  closing.close();
  release();
  assert.equal((await received).state, "active");
  assert.equal(license.current().allowed, true);
});

test("a reloaded page receives each change once", async () => {
  const { license, open } = await start();
  const window = open();
  await window.page.license.refresh();
  window.main.load();
  await window.page.license.refresh();
  const received = [];
  const channel = [];
  window.page.license.onChange(({ state }) => received.push(state));
  window.ipc.on("polar-license:change", () => channel.push(1));
  await license.activate("DEMO-PLAIN");
  await settledTurns();
  assert.deepEqual([received, channel], [["active"], [1]]);
});

test("an answer that was overtaken by a change does not undo it", async () => {
  const { electron, license } = await start();
  const window = electron.open((bridge, ipc) => {
    // delays replies, so that they arrive later than changes
    const invoke = (...args) => ipc.invoke(...args).finally(() => held);
    const [sendSync, on] = ["sendSync", "on"].map((name) => (...args) => ipc[name](...args));
    exposeLicense(bridge, { invoke, sendSync, on });
  });
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const late = window.page.license.refresh();
  await settledTurns();
  await license.activate("DEMO-PLAIN");
  await settledTurns();
  release();
  assert.equal((await late).state, "unlicensed");
  assert.equal(window.page.license.current().state, "active");
});

test("listeners can be removed, and one that throws does not keep changes from others", async (context) => {
  const consoleError = context.mock.method(console, "error", () => undefined);
  const { license, open } = await start();
  const { page } = open();
  await page.license.refresh();
  const received = [];
  page.license.onChange(() => {
    throw new Error("mistake");
  });
  page.license.onChange(() => received.push("on"));
  page.license.onChange(() => received.push("off"))();
  assert.throws(() => page.license.onChange("change"), /needs a function/);
  await license.activate("DEMO-PLAIN");
  await settledTurns();
  assert.deepEqual([received, consoleError.mock.callCount()], [["on"], 1]);
});

test("the returned function stops sharing, and the license can be shared again", async () => {
  const electron = new Electron();
  const { license } = await clientOf(polar);
  const open = () => electron.open(exposeLicense);
  let listening = 0;
  const onChange = (listener) => {
    const unsubscribe = license.onChange(listener);
    listening += 1;
    return () => {
      listening -= 1;
      unsubscribe();
    };
  };
  const stop = shareLicense({ ...license, onChange }, electron.ipcMain);
  assert.throws(() => shareLicense(license, electron.ipcMain), /second handler/);
  const { page } = open();
  await page.license.refresh();
  const received = [];
  page.license.onChange((decision) => received.push(decision));
  stop();
  assert.equal(listening, 0);
  assert.deepEqual([electron.ipcMain.handlers.size, electron.ipcMain.eventNames()], [0, []]);
  await license.activate("DEMO-PLAIN");
  await settledTurns();
  assert.deepEqual(received, []);
  const unheard = await failure(page.license.refresh());
  assert.equal(unheard.kind, "internal");
  assert.match(unheard.detail, /shareLicense/);
  assert.throws(() => open().page.license.current(), /shareLicense/);
  shareLicense(license, electron.ipcMain)();
});

test("the CommonJS modules have the same exports", () => {
  const require = createRequire(import.meta.url);
  assert.deepEqual(Object.keys(require(`${scripts}/electron-main.cjs`)), ["shareLicense"]);
  assert.deepEqual(Object.keys(require(`${scripts}/electron-preload.cjs`)), ["exposeLicense"]);
});

test("a preload script is small and loads nothing", () => {
  for (const file of ["electron-preload.js", "electron-preload.cjs"]) {
    const text = readFileSync(`${scripts}/${file}`, "utf8");
    assert.ok(text.length < 7168, `${file} has ${text.length} bytes`);
    assert.doesNotMatch(text, /\brequire\(|\bimport\b|WebAssembly/);
  }
});
