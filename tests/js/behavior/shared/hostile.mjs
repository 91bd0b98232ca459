// A platform on which everything misbehaves: `fetch`, the storage, the clock, signals and listeners. Whatever the
// platform does, every call must settle with a decision or a typed error, and no rejection may stay unhandled
// (`all.mjs` checks this).

import { createLicenseClient } from "polar-license";

import { FREE_KEY, SEAT_KEY, confirm } from "./answers.mjs";
import { Device, ORGANIZATION } from "./client.mjs";
import { equal, holds, rejection } from "./expect.mjs";
import { hurry, rest, waits } from "./timers.mjs";

const never = () => new Promise(() => {});

/** Values that a platform may throw, or use as the reason of an abort. */
const THROWN = {
  "a TypeError": () => new TypeError("Failed to fetch"),
  "an AbortError": () => new DOMException("aborted", "AbortError"),
  "a string": () => "offline",
  undefined: () => undefined,
  null: () => null,
  "a number": () => 0,
  "a symbol": () => Symbol("offline"),
  "an object with throwing getters": () => ({
    get message() {
      throw new Error("message");
    },
    get cause() {
      throw new Error("cause");
    },
    toString() {
      throw new Error("toString");
    },
  }),
  "an error whose cause throws when it is read": () => {
    const cause = Object.defineProperty({}, "code", { get: () => raise(new Error("code")) });
    return new TypeError("offline", { cause });
  },
};

/** Objects that `fetch` may return and that are not replies. */
const REPLIES = {
  nothing: () => undefined,
  "a number": () => 200,
  "an empty object": () => ({}),
  "no headers": () => ({ status: 200, body: null, arrayBuffer: async () => new ArrayBuffer(2) }),
  "a body that is a string": () => odd({ body: "{}" }),
  "a body whose reader throws": () => odd({ body: { getReader: () => raise(new Error("locked")) } }),
  "a body that errors": () => stream((controller) => controller.error(new Error("reset"))),
  "a body that errors with nothing": () => stream((controller) => controller.error(undefined)),
  "a stream of strings": () => stream((controller) => finish(controller, "{}", "{}")),
  "a stream of nulls": () => stream((controller) => finish(controller, null)),
  "an endless body without a pause": () => odd({ body: endless() }),
  "no stream, and no bytes": () => odd({ body: null, arrayBuffer: () => Promise.reject(new Error("gone")) }),
  "no stream, and a string in place of bytes": () => odd({ body: null, arrayBuffer: async () => "{}" }),
  "a status that is not a number": () => odd({ status: "many" }),
  "a status that is out of range": () => odd({ status: -1 }),
  "a status that is a BigInt": () => odd({ status: 200n }),
  "a status that throws": () => Object.defineProperty(odd({}), "status", { get: () => raise(new Error("status")) }),
};

const STORAGES = {
  "throws on every call": (fails) => ({
    get: () => raise(fails),
    set: () => raise(fails),
    remove: () => raise(fails),
  }),
  "rejects on every call": (fails) => ({
    get: () => Promise.reject(fails),
    set: () => Promise.reject(fails),
    remove: () => Promise.reject(fails),
  }),
  "never settles": () => ({ get: never, set: never, remove: never }),
  "is full": (_, texts) => ({
    get: (name) => texts.get(name),
    set: () => raise(new DOMException("full", "QuotaExceededError")),
    remove: (name) => void texts.delete(name),
  }),
  "never settles when it saves": (_, texts) => ({
    get: (name) => texts.get(name),
    set: never,
    remove: never,
  }),
};

const GARBAGE = {
  "a number": 42,
  "an object": {},
  "an array": [1, 2, 3],
  "an empty string": "",
  "a string that is not base64": "☃ ".repeat(40),
  "a string that is base64 of something else": btoa("x".repeat(500)),
  "a function": () => "text",
  true: true,
};

/** Values that an app's own storage may return in place of bytes. */
const BYTES = { ...GARBAGE, "a length without bytes": { length: 1e9 }, "a buffer": new ArrayBuffer(8), "a BigInt": 8n };

const TIMES = [NaN, -1, 1e300, -1e300, Infinity, undefined, "noon", 5n];

export function tests() {
  const all = [];
  const add = (kind, name, run) => all.push({ kind, name, run });
  for (const [name, make] of Object.entries(THROWN)) {
    add("kinds of fetch", `fetch rejects with ${name}`, () => meetsFetch(() => Promise.reject(make())));
    add("kinds of fetch", `fetch throws ${name}`, () => meetsFetch(() => raise(make())));
    add("signals", `aborted before, because of ${name}`, () => abortedBefore(make));
    add("signals", `aborted while Polar is asked, because of ${name}`, () => abortedWhileAsking(make));
    add("listeners", `a listener throws ${name}`, () => listenersThrow(make));
  }
  for (const [name, make] of Object.entries(REPLIES)) {
    add("kinds of fetch", `the reply is ${name}`, () => meetsFetch(async () => make()));
  }
  add("kinds of fetch", "fetch never settles", () => meetsFetch(never, "timeout"));
  add("kinds of fetch", "the body never ends", () => meetsFetch(async () => stream(() => {}), "timeout"));
  add("kinds of fetch", "the bytes never come", () =>
    meetsFetch(async () => odd({ body: null, arrayBuffer: never }), "timeout"),
  );
  add("signals", "aborted while waiting for the pace", abortedWhilePacing);
  add("signals", "aborted while waiting for another operation", abortedWhileJoined);
  add("signals", "aborted while waiting for the storage", abortedWhileStoring);
  add("signals", "aborted afterwards", abortedAfter);
  add("signals", "what is given is no signal", noSignal);
  for (const [name, make] of Object.entries(STORAGES)) {
    add("storages", `the storage ${name}`, () => meetsStorage(make));
  }
  for (const [name, value] of Object.entries(GARBAGE)) {
    add("storages", `the storage returns ${name}`, () => storedGarbage(value));
  }
  for (const [name, value] of Object.entries(BYTES)) {
    add("storages", `a store of the app's own loads ${name}`, () => loadedGarbage(value));
  }
  add("storages", "localStorage throws when it is mentioned", noLocalStorage);
  for (const value of TIMES) {
    const name = `${typeof value} ${value}`;
    add("clocks", `the wall clock says ${name}`, () => madClock({ now: () => value }));
    add("clocks", `the monotonic clock says ${name}`, () => madClock({ monotonic: () => value }));
  }
  add("clocks", "the wall clock throws", () => madClock({ now: () => raise(new Error("no clock")) }));
  add("clocks", "the monotonic clock throws", () => madClock({ monotonic: () => raise(new Error("no clock")) }));
  for (const [name, value] of Object.entries({
    ...GARBAGE,
    null: null,
    "a symbol": Symbol("key"),
    "half a surrogate pair": "\ud800",
  })) {
    add("odd arguments", `${name} as the key, the count and the feature`, () => oddArguments(value));
    add("odd arguments", `${name} as the options`, () => oddOptions(value));
  }
  const throwing = THROWN["an object with throwing getters"]();
  add("odd arguments", "what throws as the key, the count and the feature", () => oddArguments(throwing));
  return all;
}

/** Returns a client with a license. From then on, its `fetch` does what the test says. */
async function licensedClient(key = SEAT_KEY, options = {}) {
  const device = new Device();
  const platform = { fetch: confirm };
  const license = await device.open({ fetch: (...request) => platform.fetch(...request), ...options });
  equal((await license.activate(key)).state, "active", "before");
  return { device, license, platform };
}

async function meetsFetch(fetch, kind = "network") {
  const { device, license, platform } = await licensedClient(FREE_KEY);
  platform.fetch = fetch;
  const decision = await hurry(license.validate());
  equal([decision.allowed, decision.problem?.kind], [true, kind], "validate");
  equal((await hurry(license.refresh())).allowed, true, "refresh");

  // answers only the validate request for the key, and nothing after it
  platform.fetch = (url, init) => (url.endsWith("/validate") ? confirm(url, init) : fetch());
  const lost = await rejection(hurry(license.activate(SEAT_KEY)), "activate");
  equal([lost.kind, lost.maybeApplied, lost.decision.allowed], [kind, true, true], "activate");
  equal(device.sent.filter((endpoint) => endpoint === "activate").length, 1, "activations sent");

  const other = await licensedClient();
  other.platform.fetch = fetch;
  const kept = await rejection(hurry(other.license.deactivate()), "deactivate");
  equal([kept.kind, kept.decision.allowed, other.license.current().allowed], [kind, true, true], "deactivate");
  const counted = await rejection(hurry(other.license.consume(1)), "consume");
  equal([counted.kind, other.license.current().allowed], [kind, true], "consume");
  holds(other.device.record, "the record is gone");
}

function aborted(make) {
  const controller = new AbortController();
  controller.abort(make());
  return controller.signal;
}

async function abortedBefore(make) {
  const { device, license } = await licensedClient(SEAT_KEY, { texts: { "error.cancelled": "Abgebrochen." } });
  device.sent.length = 0;
  const signal = aborted(make);
  const ofLicense = { activate: [FREE_KEY], consume: [1], deactivate: [], forget: [] };
  const operations = { ...ofLicense, offlineRequest: [], offlineImport: ["ANSWER1-"], offlineReturn: [] };
  for (const [name, given] of Object.entries(operations)) {
    const error = await rejection(license[name](...given, { signal }), name);
    equal([error.kind, error.maybeApplied, error.decision.allowed], ["cancelled", false, true], name);
    equal(error.message, "Abgebrochen.", `${name}: what the user reads`);
    holds(Object.is(error.cause, signal.reason), `${name}: the cause is not the reason`);
  }
  for (const name of ["validate", "refresh"]) {
    const { allowed, problem } = await license[name]({ signal });
    equal([allowed, problem?.kind, problem?.message], [true, "cancelled", "Abgebrochen."], name);
  }
  equal([device.sent, license.current().allowed], [[], true], "what was sent, and access");
}

async function abortedWhileAsking(make) {
  const { license, platform } = await licensedClient();
  const controller = new AbortController();
  platform.fetch = () => {
    controller.abort(make());
    return never();
  };
  const error = await rejection(license.deactivate({ signal: controller.signal }));
  equal([error.kind, error.maybeApplied, error.decision.allowed], ["cancelled", true, true], "deactivate");
  holds(Object.is(error.cause, controller.signal.reason), "the cause is not the reason");
  platform.fetch = confirm;
  equal((await license.deactivate()).deactivated, "released", "afterwards");
}

async function abortedWhilePacing() {
  const clock = { now: () => Date.now(), monotonic: () => 0 };
  const { device, license } = await licensedClient(SEAT_KEY, { clock });
  const before = device.sent.length;
  const controller = new AbortController();
  const operation = license.deactivate({ signal: controller.signal });
  await rest();
  holds(waits(100) && device.sent.length === before, "it does not wait for the pace");
  controller.abort();
  const error = await rejection(operation);
  equal([error.kind, error.maybeApplied, device.sent.length], ["cancelled", false, before], "deactivate");
}

async function abortedWhileJoined() {
  const { license, platform } = await licensedClient();
  let answer;
  platform.fetch = (url, init) => new Promise((resolve) => (answer = () => resolve(confirm(url, init))));
  const first = license.validate();
  await rest();
  const controllers = [new AbortController(), new AbortController()];
  const joined = license.validate({ signal: controllers[0].signal });
  const waiting = rejection(license.deactivate({ signal: controllers[1].signal }));
  await rest();
  for (const controller of controllers) controller.abort("enough");
  const error = await waiting;
  equal([error.kind, error.maybeApplied, error.cause], ["cancelled", false, "enough"], "the one that waits its turn");
  equal((await joined).allowed, true, "the one that shares the answer");
  answer();
  equal((await first).problem, null, "the one that was waited for");
}

async function abortedWhileStoring() {
  const device = new Device();
  let stored;
  const slow = () => new Promise((resolve) => (stored = resolve));
  const storage = { ...device.storage };
  const license = await device.open({ fetch: confirm, storage: { ...storage, get: (name) => storage.get(name) } });
  storage.get = slow;
  const controller = new AbortController();
  const operation = rejection(license.activate(FREE_KEY, { signal: controller.signal }));
  await rest();
  controller.abort();
  storage.get = device.storage.get;
  stored(undefined);
  equal([(await operation).kind, device.sent], ["cancelled", []], "activate");
}

async function abortedAfter() {
  const { license } = await licensedClient();
  const controller = new AbortController();
  await license.validate({ signal: controller.signal });
  controller.abort();
  await rest();
  equal((await license.validate()).problem, null, "afterwards");
}

async function noSignal() {
  const { license } = await licensedClient();
  for (const signal of [{}, "signal", 1, null]) {
    const settled = await Promise.allSettled([license.validate({ signal }), license.activate(undefined, { signal })]);
    for (const { reason } of settled)
      equal(reason?.name ?? "LicenseError", "LicenseError", `${typeof signal} as signal`);
  }
  equal((await license.validate()).problem, null, "afterwards");
}

async function listenersThrow(make) {
  const { license } = await licensedClient(FREE_KEY);
  const received = [];
  license.onChange(() => raise(make()));
  license.onChange(async () => raise(make()));
  license.onChange(({ state }) => received.push(state));
  equal((await license.deactivate()).state, "unlicensed", "deactivate");
  equal((await license.activate(FREE_KEY)).state, "active", "activate");
  equal(received, ["unlicensed", "active"], "what the last one received");
}

async function meetsStorage(make) {
  const device = new Device();
  const storage = make(new Error("broken"), device.texts);
  const license = await hurry(device.open({ fetch: confirm, storage, deviceId: undefined }));
  equal(license.current().allowed, false, "at the start");
  equal((await hurry(license.validate())).allowed, false, "validate");
  const error = await rejection(hurry(license.activate(SEAT_KEY)), "activate");
  equal([error.kind, error.maybeApplied], ["storage", false], "activate");
  equal(
    device.sent.filter((endpoint) => endpoint === "activate"),
    [],
    "seats taken",
  );
  const free = await rejection(hurry(license.activate(FREE_KEY)), "activate without a seat");
  equal(
    [free.kind, free.decision.allowed, license.current().allowed],
    ["storage", true, true],
    "a key that needs no seat works until the app ends",
  );
}

async function storedGarbage(value) {
  const device = new Device();
  const storage = { ...device.storage, get: () => value };
  const license = await hurry(device.open({ fetch: confirm, storage, deviceId: undefined }));
  equal(license.current().state, "unlicensed", "at the start");
  equal((await hurry(license.validate())).allowed, false, "validate");
}

async function loadedGarbage(value) {
  const store = { load: async () => value, save: async () => {}, remove: async () => {}, locked: (work) => work() };
  const device = new Device();
  const storage = { device: async () => value, open: () => store };
  const license = await device.open({ fetch: confirm, storage, deviceId: undefined });
  equal(license.current().state, "unlicensed", "at the start");
  equal((await license.validate()).allowed, false, "validate");
  await hurry(license.activate(FREE_KEY)).catch((error) => equal(error.kind, "storage", "activate"));
}

/** Runs as in a frame whose user has blocked its storage. */
async function noLocalStorage() {
  const known = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  const refuse = () => raise(new DOMException("The operation is insecure.", "SecurityError"));
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: refuse });
  try {
    const { webStorage } = await import("polar-license");
    const device = new Device();
    const license = await device.open({ fetch: confirm, storage: webStorage(), deviceId: undefined });
    const current = license.current();
    equal([current.allowed, current.reason], [false, "storage"], "at the start");
    equal((await rejection(license.activate(SEAT_KEY))).kind, "storage", "activate");
    equal(device.sent.includes("activate"), false, "a seat was taken");
    license.dispose();
  } finally {
    if (known) Object.defineProperty(globalThis, "localStorage", known);
    else delete globalThis.localStorage;
  }
}

async function madClock(mad) {
  const sane = new Device();
  const { device, license } = await licensedClient();
  license.dispose();
  const clock = { now: () => Date.now(), monotonic: () => performance.now(), ...mad };
  const odd = await hurry(device.open({ fetch: confirm, clock, autoRefresh: true }));
  odd.current();
  odd.allows("export");
  for (const name of ["validate", "refresh", "deactivate"]) {
    const [{ reason }] = await Promise.allSettled([hurry(odd[name]())]);
    equal(reason?.name ?? "LicenseError", "LicenseError", name);
    holds(reason?.kind !== "internal", `${name}: ${reason?.message}`);
  }
  odd.stopAutoRefresh();
  odd.dispose();
  // a client on a platform that works is not affected
  const other = await sane.open({ fetch: confirm });
  equal((await hurry(other.activate(FREE_KEY))).state, "active", "a client with a sane clock");
}

async function oddArguments(value) {
  const { license } = await licensedClient(FREE_KEY);
  equal(license.allows(value), false, "allows");
  for (const operation of [() => license.activate(value), () => license.consume(value)]) {
    const [{ reason }] = await Promise.allSettled([operation()]);
    equal(reason?.name ?? "LicenseError", "LicenseError", String(reason));
    holds(reason?.kind !== "internal", `${reason?.message}`);
  }
  const known = license.current();
  equal([known.state, known.allowed, license.allows("export")], ["active", true, true], "afterwards");
}

async function oddOptions(value) {
  const options = { organizationId: ORGANIZATION, appId: "com.example.app", deviceId: "x", autoRefresh: false };
  for (const given of [value, ...["storage", "appId", "features"].map((name) => ({ ...options, [name]: value }))]) {
    const [{ value: license, reason }] = await Promise.allSettled([createLicenseClient(given)]);
    equal(reason?.name ?? "LicenseError", "LicenseError", String(reason?.stack ?? reason?.name));
    holds(reason?.kind !== "internal", reason?.message);
    license?.dispose();
  }
}

function raise(error) {
  throw error;
}

function odd(members) {
  const usual = { status: 200, type: "default", headers: new Headers(), body: null };
  return { ...usual, arrayBuffer: async () => new ArrayBuffer(0), ...members };
}

function stream(start) {
  return odd({ body: new ReadableStream({ start }) });
}

function finish(controller, ...chunks) {
  for (const chunk of chunks) controller.enqueue(chunk);
  controller.close();
}

function endless() {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}
