// Tests WebAssembly that traps. When a test says so, the engine's exports run an `unreachable` after their work. No
// call may hang, and the next operation must use a new instance. Also tests the memory of clients that were disposed
// of.

import { createLicenseClient as createSlim } from "polar-license/slim";

import { FREE_KEY, SEAT_KEY, confirm } from "./answers.mjs";
import { Device } from "./client.mjs";
import { equal, holds, rejection } from "./expect.mjs";
import { hurry, rest } from "./timers.mjs";

/** A module that traps: `(module (func (export "trap") unreachable))`. */
const TRAP = Uint8Array.from(
  "0061736d 01000000 010401600000 03020100 070801047472617000 00 0a050103 00000b".replaceAll(" ", "").match(/../g),
  (byte) => Number.parseInt(byte, 16),
);

const { instantiate, compile } = WebAssembly;
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports;

/**
 * Whether engines trap at present, the number of instances since the tests began, and the memory of the last instance.
 */
const traps = { armed: false, instances: 0, memory: undefined };

export function tests({ wasm }) {
  file = wasm;
  const all = [
    // these two must run before an engine of this entry exists
    ["forbidden WebAssembly", whileForbidden],
    ["a separate file that is missing or broken at first", whileFileMissing],
    ["a trap while an operation begins", whileBeginning],
    ["a trap while others wait for Polar", whileWaiting],
    ["a trap after Polar's answer", whileAnswered],
    ["a trap in `current` and in `allows`", whileAsked],
    ["a trap while a client is created", whileMaking],
    ["a trap that two clients share", whileShared],
    ["a new instance that does not start at first", whileReviving],
    ["a client that is disposed during a request", whileDisposed],
    ["a thousand clients, created and disposed", whileCrowded],
  ];
  return all.map(([name, run]) => ({ name, kind: "traps", run: () => withTraps(run) }));
}

/** Runs a test with engines that it can make trap. */
async function withTraps(run) {
  WebAssembly.instantiate = async (module, imports) => {
    traps.instances += 1;
    const { exports } = await instantiate(module, imports);
    traps.memory = exports.memory;
    return { exports: Object.fromEntries(Object.entries(exports).map(([name, member]) => [name, mined(member)])) };
  };
  try {
    await run();
  } finally {
    traps.armed = false;
    Object.assign(WebAssembly, { instantiate, compile });
  }
}

function mined(member) {
  if (typeof member !== "function") return member;
  return (...given) => {
    const returned = member(...given);
    if (traps.armed) trap();
    return returned;
  };
}

/** Returns the result of `work`. While `work` runs, the engine traps. */
async function duringTrap(work) {
  traps.armed = true;
  try {
    return await work();
  } finally {
    traps.armed = false;
  }
}

/** Returns the bytes of the separate WebAssembly file. */
let file;

/** Opens a client of the entry that uses the separate file. No other test uses this entry's engine. */
function openClient(device, fetch = confirm) {
  return device.open({ create: createSlim, wasm: file(), fetch });
}

async function licensedClient() {
  const device = new Device();
  const platform = { fetch: confirm };
  const license = await openClient(device, (...request) => platform.fetch(...request));
  equal((await license.activate(SEAT_KEY)).state, "active", "before");
  return { device, license, platform };
}

async function recovers(license, platform) {
  platform.fetch = confirm;
  const { instances } = traps;
  const decision = await license.validate();
  equal([decision.state, decision.problem, license.current().state], ["active", null, "active"], "the next operation");
  equal(traps.instances, instances + 1, "instances");
  equal(license.allows("export"), true, "allows");
}

async function whileBeginning() {
  for (const [name, ...given] of [
    ["validate"],
    ["refresh"],
    ["activate", FREE_KEY],
    ["consume", 1],
    ["deactivate"],
    ["forget"],
    ["offlineRequest"],
    ["offlineImport", "ANSWER1-"],
    ["offlineReturn"],
  ]) {
    const { device, license, platform } = await licensedClient();
    const before = device.record;
    const error = await duringTrap(() => rejection(license[name](...given), name));
    equal([error.kind, error.maybeApplied, error.decision.state], ["internal", false, "active"], name);
    holds(error.cause instanceof WebAssembly.RuntimeError, `${name} did not trap: ${error.cause}`);
    equal([license.current().state, license.allows("export")], ["active", true], `${name}: what is known`);
    equal(device.record, before, `${name}: the record`);
    await recovers(license, platform);
    license.dispose();
  }
}

async function whileWaiting() {
  const { license, platform } = await licensedClient();
  const replies = [];
  platform.fetch = (url, init) => new Promise((resolve) => replies.push(() => resolve(confirm(url, init))));
  const operations = [license.validate(), license.validate(), license.deactivate(), license.activate(FREE_KEY)];
  const errors = Promise.all(operations.map((operation) => rejection(operation)));
  await rest();
  equal(replies.length, 1, "requests on their way");
  const first = await duringTrap(() => rejection(license.consume(1)));
  equal(first.kind, "internal", "the one that trapped");
  equal(license.current().state, "active", "what is known");
  for (const reply of replies) reply();
  for (const error of await errors)
    equal([error.kind, error.decision.state], ["internal", "active"], "one that waited");
  await recovers(license, platform);
}

async function whileAnswered() {
  const device = new Device();
  const license = await openClient(device, async (url, init) => {
    const reply = await confirm(url, init);
    traps.armed = url.endsWith("/activate");
    return reply;
  });
  const error = await rejection(license.activate(SEAT_KEY));
  traps.armed = false;
  equal([error.kind, error.maybeApplied, error.decision.state], ["internal", true, "unlicensed"], "activate");
  // waits so long because, until then, the operation of the instance that trapped might still be running
  device.ahead += 120_000;
  const decision = await license.refresh();
  equal(decision.problem?.kind, "seat_uncertain", "what the next instance read");
}

async function whileAsked() {
  const { license, platform } = await licensedClient();
  await duringTrap(async () => {
    equal(
      [license.current().state, license.allows("export"), license.allows("other")],
      ["active", true, false],
      "known",
    );
  });
  await recovers(license, platform);
}

async function whileMaking() {
  await licensedClient();
  const error = await duringTrap(() => rejection(openClient(new Device())));
  equal(error.kind, "internal", "a client that cannot be created");
  const { instances } = traps;
  equal((await openClient(new Device())).current().state, "unlicensed", "the next one");
  equal(traps.instances, instances + 1, "instances");
}

async function whileShared() {
  const [one, other] = [await licensedClient(), await licensedClient()];
  await duringTrap(() => rejection(one.license.validate()));
  equal(other.license.current().state, "active", "the other one");
  const { instances } = traps;
  const decisions = await Promise.all([one.license.validate(), other.license.validate()]);
  equal(
    decisions.map(({ state }) => state),
    ["active", "active"],
    "both",
  );
  equal(traps.instances, instances + 1, "instances");
}

async function whileReviving() {
  const { license, platform } = await licensedClient();
  await duringTrap(() => rejection(license.validate()));
  const working = WebAssembly.instantiate;
  WebAssembly.instantiate = () => Promise.reject(new RangeError("out of memory"));
  const error = await rejection(license.validate());
  equal([error.kind, error.decision.state], ["internal", "active"], "without an instance");
  WebAssembly.instantiate = working;
  await recovers(license, platform);
}

async function whileDisposed() {
  const { device, license, platform } = await licensedClient();
  platform.fetch = () => {
    license.dispose();
    return new Promise(() => {});
  };
  const error = await rejection(license.deactivate());
  equal([error.kind, error.maybeApplied, error.decision.state], ["cancelled", true, "active"], "the one under way");
  equal([license.current().state, license.allows("export")], ["active", true], "what it knew");
  const { problem, state } = await license.validate();
  equal([state, problem.kind], ["active", "cancelled"], "one that comes later");
  license.dispose();
  license[Symbol.dispose]?.();
  equal((await openClient(device)).current().state, "active", "the next client");
}

/**
 * Checks that each client frees its engine. Otherwise the memory of a server that creates a client for each request
 * would grow.
 */
async function whileCrowded() {
  const clients = async (count) => {
    for (let made = 0; made < count; made += 1) (await openClient(new Device())).dispose();
    return traps.memory.buffer.byteLength;
  };
  const before = await clients(10);
  const { instances } = traps;
  equal(await clients(1_000), before, "bytes of memory after a thousand clients");
  equal(traps.instances, instances, "instances");
}

async function whileForbidden() {
  // makes Node compile its own HTTP parser before WebAssembly is forbidden; policy.mjs tests a page with a policy
  new Response();
  const isPage = "document" in globalThis;
  const { CompileError } = WebAssembly;
  const policy = isPage ? ["unsupported", "'wasm-unsafe-eval'"] : ["invalid_config", "`polar-license/slim`"];
  const refusals = [
    [new CompileError("violates the following Content Security policy directive: script-src 'self'"), ...policy],
    [new CompileError("call to WebAssembly.compile() blocked by CSP"), ...policy],
    [new CompileError("Wasm code generation disallowed by embedder"), ...policy],
    [new CompileError("invalid opcode 0x12"), "unsupported", "too old"],
    [new TypeError("no"), "unsupported", "too old"],
  ];
  for (const [error, kind, advice] of refusals) {
    WebAssembly.compile = () => Promise.reject(error);
    const refused = await rejection(openClient(new Device()));
    equal(refused.kind, kind, "an engine that does not compile");
    holds(refused.detail.includes(advice), refused.detail);
  }
  Object.assign(WebAssembly, { compile });
  const known = globalThis.WebAssembly;
  delete globalThis.WebAssembly;
  try {
    await unsupported();
  } finally {
    globalThis.WebAssembly = known;
  }
}

/** Checks that the user gets one sentence in the app's language, with a link to the vendor's page. */
async function unsupported() {
  const english = await rejection(openClient(new Device()));
  equal(english.kind, "unsupported", "no WebAssembly at all");
  holds(!english.detail.includes("Content-Security-Policy"), english.detail);
  equal(english.message, "This app cannot check its license in this browser. Contact the vendor.", "the sentence");
  equal([english.nextStep, english.nextUrl], ["contact_vendor", null], "the next step");
  const texts = { "error.unsupported": "In diesem Browser geht das nicht." };
  const supportUrl = "mailto:help@acme.example";
  const german = await rejection(new Device().open({ create: createSlim, wasm: file(), texts, supportUrl }));
  equal([german.message, german.nextUrl], [texts["error.unsupported"], supportUrl], "in German, with the vendor's page");
  const unsafe = await rejection(new Device().open({ create: createSlim, wasm: file(), supportUrl: "javascript:alert(1)" }));
  equal(unsafe.nextUrl, null, "an address that nobody has checked");
}

async function whileFileMissing() {
  const files = {
    invalid_config: [undefined, null, new Uint8Array(8), new TextEncoder().encode("<!doctype html>"), {}, 42],
    network: [new URL("http://127.0.0.1:9/"), new Response("", { status: 404 }), "http://127.0.0.1:9/"],
  };
  for (const [kind, all] of Object.entries(files)) {
    for (const wasm of all) {
      const error = await rejection(new Device().open({ create: createSlim, wasm }));
      equal(error.kind, kind, error.message);
    }
  }
  equal((await rejection(createSlim())).kind, "invalid_config", "no options at all");
  const late = hurry(new Device().open({ create: createSlim, wasm: new Promise(() => {}) }));
  equal((await rejection(late)).kind, "network", "a file that never arrives");
  equal((await openClient(new Device())).current().state, "unlicensed", "the file is there");
}
