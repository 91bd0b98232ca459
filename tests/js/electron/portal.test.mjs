// Tests windows that use the customer portal of the main process, with the real client, a local Polar, and a stand-in
// for Electron. The scenarios of tests/scenarios/portal run in such a window too, in tests/js/behavior.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { clientOf, exposeLicense, scripts, shareLicense, startPolar } from "./polar.mjs";
import { Electron } from "./stand-in.mjs";

/** Counts the replies whose values the engine has wiped. Begins before any engine is made. */
const wiped = { replies: 0 };
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (module, imports) => {
  const { exports } = await instantiate(module, imports);
  const { engine_releaseReply: release } = exports;
  const counted = (...given) => {
    wiped.replies += 1;
    return release(...given);
  };
  return { exports: release ? { ...exports, engine_releaseReply: counted } : exports };
};

const { createLicenseClient } = await import(`${scripts}/portal.node.js`);
const { LicenseError, portalOf } = await import(`${scripts}/electron-portal.js`);

const EMAIL = "iona.larkspur@example.com";
const CALL = "polar-license:call";
/** The longest time that a test waits for a condition. */
const LIMIT_MS = 60_000;

const polar = await startPolar(after);
const control = new LocalPolar(polar.url);

/**
 * Starts an app whose windows may use the portal. The app ends with the test. Returns what a test needs, and a function
 * `open` for windows.
 */
async function start(context, options) {
  await control.reset();
  const electron = new Electron();
  const { license, host } = await clientOf(polar, createLicenseClient);
  const stop = shareLicense(license, electron.ipcMain, { portal: license.portal(), ...options });
  // wipes everything that is left, so that no later test counts it
  context.after(stop);
  const open = (preload = exposeLicense) => {
    const window = electron.open(preload);
    return Object.assign(window, { portal: portalOf(window.page.license) });
  };
  return { electron, license, host, stop, open };
}

const failure = (promise) => promise.then(() => assert.fail("nothing was thrown"), (error) => error);

/** Starts a session in a window, with a code from a mail. */
async function sessionIn({ portal }) {
  assert.equal((await portal.requestCode(EMAIL)).kind, "sent");
  return portal.authenticate(await control.nextCode());
}

/** Sends a request as a compromised page does, and returns the reply. */
const ask = ({ ipc }, request, id = 1_000) => ipc.invoke(CALL, { id, method: "portal", request: JSON.stringify(request) });

/** Waits until the condition holds, while messages between processes arrive. */
async function until(holds) {
  for (const start = performance.now(); !holds(); ) {
    assert.ok(performance.now() - start < LIMIT_MS, `it hangs: ${holds}`);
    await new Promise(setImmediate);
  }
}

test("a customer frees a seat and restores the license in a window, and no secret reaches a page", async (context) => {
  const { electron, license, open } = await start(context);
  const key = await control.bought(EMAIL, { limit_activations: 1 });
  const elsewhere = await clientOf(polar);
  await elsewhere.license.activate(key);
  const [window, other] = [open(), open()];

  const session = await sessionIn(window);
  const [listed] = await session.licenseKeys();
  assert.equal(listed.displayKey, `****-${key.slice(-6)}`);
  const full = await session.restore();
  assert.deepEqual([full.kind, full.error instanceof LicenseError, full.error.reason], ["no_seat", true, "activation_limit"]);
  const [device] = full.devices.devices;
  assert.equal(await session.release(device), "released");
  const restored = await session.activate(full.key);
  assert.deepEqual([restored.kind, restored.decision.state], ["licensed", "active"]);
  assert.equal(restored.decision, window.page.license.current());
  assert.deepEqual(license.current(), window.page.license.current());
  await until(() => other.page.license.allows("export"));

  const exchanges = await control.exchanges();
  const tokens = exchanges.flatMap(({ headers }) => headers.authorization?.replace("Bearer ", "") ?? []);
  const codes = exchanges.flatMap(({ body }) => /"code":"(\w+)"/.exec(body)?.[1] ?? []);
  assert.ok(tokens.length > 0 && codes.length > 0);
  for (const secret of [key, ...tokens, ...codes]) {
    for (const message of electron.crossed) assert.ok(!message.includes(secret), message);
  }
});

test("a page cannot use the values of another page", async (context) => {
  const { open } = await start(context);
  await control.bought(EMAIL);
  const [one, two] = [open(), open()];
  const session = await sessionIn(one);
  const [key] = await session.licenseKeys();
  const own = await two.portal.sessionFromToken(await control.customerToken(EMAIL));
  for (const stranger of [own.devices(key), own.activate({ ...key }), own.rotate(key, { confirmedByUser: true })]) {
    assert.equal((await failure(stranger)).kind, "invalid_argument");
  }
  // a compromised page can send any number; the window has the number 1 for its own session
  const { length } = await control.exchanges();
  for (const number of [0, 2, 3, 4, 5, 6, 7, -1, 1.5, "1", "session", null, true, [1], { handle: 1 }]) {
    for (const request of [{ call: "licenseKeys", session: number }, { call: "devices", session: 1, key: number }]) {
      const { error } = await ask(two, request);
      assert.equal(error?.kind, "invalid_argument", JSON.stringify(request));
    }
  }
  assert.equal((await control.exchanges()).length, length);
  assert.equal((await ask(two, { call: "licenseKeys", session: 1 })).portal.address, null);
  assert.equal((await session.licenseKeys()).length, 1);
});

test("the values of a reply that arrives when the page is gone are wiped", async (context) => {
  const { open, host } = await start(context);
  await control.bought(EMAIL);
  const window = open();
  const session = await window.portal.sessionFromToken(await control.customerToken(EMAIL));
  // an operation that stores the license can no longer be cancelled
  host.onSave = () => window.close();
  const before = wiped.replies;
  session.restore().then(() => assert.fail("a page that is gone received a reply"), () => undefined);
  await until(() => wiped.replies === before + 2);
});

test("two windows use the portal at once", async (context) => {
  const { open } = await start(context);
  const emails = [EMAIL, "ada.fernsby@example.com"];
  const keys = await Promise.all(emails.map((email) => control.bought(email)));
  const windows = [open(), open()];
  const sessions = await Promise.all(
    windows.map(async ({ portal }, at) => portal.sessionFromToken(await control.customerToken(emails[at]))),
  );
  const listed = await Promise.all(sessions.map((session) => session.licenseKeys()));
  assert.deepEqual(listed.map(([key]) => key.displayKey), keys.map((key) => `****-${key.slice(-6)}`));
  const restored = await Promise.all(sessions.map((session) => session.restore()));
  assert.deepEqual(restored.map(({ kind }) => kind), ["licensed", "licensed"]);
  windows[0].close();
  assert.equal((await sessions[1].devices(listed[1][0])).kind, "listed");
});

test("the values of a page are wiped when it reloads, shows a foreign page, or is closed", async (context) => {
  const leave = {
    reload: ({ main }) => main.load(),
    "foreign page": ({ main }) => main.load("https://example.com/"),
    close: (window) => window.close(),
  };
  for (const [how, go] of Object.entries(leave)) {
    const { open, stop, host } = await start(context, { allow: ({ senderFrame }) => senderFrame.url.startsWith("app://") });
    await control.bought(EMAIL);
    const [window, other] = [open(), open()];
    const session = await sessionIn(window);
    await session.licenseKeys();
    const asked = new Promise((resolve) => (host.onRequest = resolve));
    host.hold = new Promise(() => undefined);
    session.restore().then(() => assert.fail("a page that is gone received a reply"), () => undefined);
    const { signal } = await asked;
    const before = wiped.replies;
    go(window);
    // the code's request, the session and the keys
    await until(() => wiped.replies === before + 3 && signal.aborted);
    host.onRequest = () => undefined;
    host.hold = Promise.resolve();
    for (const number of [1, 2, 3]) {
      const { error } = await ask(other, { call: "licenseKeys", session: number });
      assert.equal(error.kind, "invalid_argument", how);
    }
    if (how === "reload") {
      assert.equal((await ask(window, { call: "licenseKeys", session: 1 })).error.kind, "invalid_argument");
      assert.equal((await portalOf(window.page.license).requestCode(EMAIL)).kind, "sent");
    }
    stop();
  }
});

test("the values of an iframe that was removed are wiped with the next message of a window", async (context) => {
  const { open } = await start(context, { allow: () => true });
  const window = open();
  const frame = window.iframe("app://acme/frame.html");
  await portalOf(frame.page.license).requestCode(EMAIL);
  const before = wiped.replies;
  frame.gone = true;
  await window.page.license.validate();
  assert.equal(wiped.replies, before + 1);
});

test("a reply is wiped when the page drops its objects, and when sharing stops", async (context) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const { open, stop } = await start(context);
  await control.bought(EMAIL);
  const window = open();
  const token = await control.customerToken(EMAIL);
  let before = wiped.replies;
  await window.portal.sessionFromToken(token);
  await until(() => {
    collect();
    return wiped.replies > before;
  });
  assert.equal((await ask(window, { call: "licenseKeys", session: 1 })).error.kind, "invalid_argument");
  before = wiped.replies;
  const session = await window.portal.sessionFromToken(token);
  stop();
  assert.equal(wiped.replies, before + 1);
  assert.equal((await failure(session.licenseKeys())).kind, "internal");
});

test("a page follows a purchase and can stop it", async (context) => {
  const { open } = await start(context);
  const window = open();
  const checkout = await window.portal.checkout("https://buy.polar.sh/polar_cl_DEMO");
  assert.ok(checkout.address.startsWith(`${polar.url}/checkout/`));
  const stages = [];
  const ends = new AbortController();
  const onProgress = ({ stage }) => {
    stages.push(stage);
    ends.abort("enough");
  };
  const error = await failure(checkout.follow({ signal: ends.signal, onProgress }));
  assert.deepEqual([error.kind, error.cause, stages], ["cancelled", "enough", ["open"]]);
  const before = await failure(checkout.follow({ signal: AbortSignal.abort("before") }));
  assert.deepEqual([before.kind, before.cause], ["cancelled", "before"]);
  assert.equal((await failure(checkout.follow({ signal: "now" }))).kind, "invalid_argument");

  const closing = open();
  const again = await closing.portal.checkout("https://buy.polar.sh/polar_cl_DEMO");
  const reported = new Promise((resolve) => void again.follow({ onProgress: resolve }));
  await reported;
  const wipedBefore = wiped.replies;
  closing.close();
  await until(() => wiped.replies > wipedBefore);
});

test("a compromised page gets clear errors only", async (context) => {
  const { license, open } = await start(context);
  await control.bought(EMAIL);
  const window = open();
  const messages = [undefined, null, 7, {}, [], { call: "requestCode" }].map((request) => ({ request }));
  const texts = [
    "", "{", "null", "7", '"call"', "[]", "{}", '{"call":"constructor"}', '{"call":["requestCode"]}', "{\"call\":\"requestCode\"",
    '{"call":"requestCode","email":7}', '{"call":"requestCode","email":{"toString":1}}', '{"call":"requestCode","__proto__":{}}',
    '{"call":"authenticate","code":"A","session":1}', '{"call":"sessionFromToken","token":"\\u0000"}', '{"call":"licenseKeys"}',
    `{"call":"requestCode","email":"${"a".repeat(1_000_000)}"}`, '{"call":"requestCode","email":"\ud800@example.com"}',
    `${"[".repeat(100_000)}`,
  ].map((request) => ({ request }));
  for (const message of [...messages, ...texts]) {
    const { error } = await window.ipc.invoke(CALL, { id: 1_000, method: "portal", ...message });
    assert.equal(error?.kind, "invalid_argument", JSON.stringify(message).slice(0, 200));
  }
  const given = ["", "\"}", "\u2028", "\u0000", "\ud800", "a".repeat(1_000_000), "${email}", "</script>", null, undefined, 7n, {}];
  for (const text of given) {
    for (const call of [window.portal.requestCode(text), window.portal.authenticate(text), window.portal.claimSeat(text)]) {
      const error = await failure(call);
      assert.ok(error instanceof LicenseError && error.kind === "invalid_argument", `${String(text).slice(0, 20)}: ${error}`);
    }
  }
  assert.equal((await control.exchanges()).length, 0);
  for (const id of [undefined, null, NaN, "1000", {}]) window.ipc.send("polar-license:release", id);
  // an id that is used twice releases the first reply
  const before = wiped.replies;
  const token = await control.customerToken(EMAIL);
  for (const _ of [1, 2]) await ask(window, { call: "sessionFromToken", token }, 5);
  assert.equal(wiped.replies, before + 1);
  assert.equal(license.current().state, "unlicensed");
});

test("no window has the portal unless the main process shares it", async (context) => {
  const { open } = await start(context, { portal: undefined });
  const error = await failure(open().portal.requestCode(EMAIL));
  assert.ok(error instanceof LicenseError);
  assert.deepEqual([error.kind, /pass `portal` to shareLicense/.test(error.detail)], ["invalid_argument", true]);
  assert.equal((await failure(open().portal.requestCode(EMAIL))).kind, "invalid_argument");
  const { license } = await clientOf(polar);
  assert.throws(() => portalOf(license), { name: "LicenseError", kind: "invalid_argument" });
  const { ipcMain } = new Electron();
  assert.throws(() => shareLicense(license, ipcMain, { portal: {} }), { name: "LicenseError", kind: "invalid_argument" });
  assert.equal(ipcMain.handlers.size, 0);
});

test("iframes have the portal only if the app allows them", async (context) => {
  const { open } = await start(context);
  const frame = open().iframe("app://acme/frame.html");
  assert.equal((await ask(frame, { call: "requestCode", email: EMAIL })).error.kind, "invalid_argument");
  assert.equal((await control.exchanges()).length, 0);
});

test("before Electron 35, windows have the portal too", async (context) => {
  const { open } = await start(context);
  await control.bought(EMAIL);
  const window = open(({ exposeInMainWorld }, ipc) => exposeLicense({ exposeInMainWorld }, ipc));
  const session = await sessionIn(window);
  assert.equal((await session.restore()).kind, "licensed");
});

/** Matches a script that contains WebAssembly. The name is a member of the WebAssembly as text. */
const WASM = /\bfrequent:\[/;

test("neither the main process nor a page loads the portal's WebAssembly by sharing it", () => {
  for (const entry of ["electron-main", "electron-preload", "electron-portal"]) {
    for (const extension of ["js", "cjs"]) {
      for (const file of loaded(join(scripts, `${entry}.${extension}`))) {
        assert.doesNotMatch(readFileSync(file, "utf8"), WASM, `${entry}.${extension}: ${file}`);
      }
    }
  }
  assert.ok(loaded(join(scripts, "portal.js")).some((file) => WASM.test(readFileSync(file, "utf8"))));
});

/** Returns a script and all scripts that it imports. */
function loaded(file, found = new Set()) {
  if (found.has(file)) return [];
  found.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, path] of text.matchAll(/(?:from|import|require\()\s*"(\.[^"]+)"/g)) loaded(join(dirname(file), path), found);
  return [...found];
}
