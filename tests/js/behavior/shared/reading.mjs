// Tests the values that an app reads between operations. They must be right at every instant, and the same object until
// the decision changes.

import { FREE_KEY, confirm } from "./answers.mjs";
import { Device } from "./client.mjs";
import { equal, holds, rejection } from "./expect.mjs";
import { expire, rest } from "./timers.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;

export function tests(environment) {
  const all = [sameObject, unbound, graceEnds, clockIsSet, unread, unreadInGrace, openedAgain, explained];
  if (environment.platform === "Node") all.push(manyAtOnce);
  return all.map((run) => ({ name: run.name, kind: "tests of reading", run }));
}

/** Returns a client with a license, the calls of its listener, and a switch for Polar. */
async function licensedClient(options = {}) {
  const device = new Device();
  const network = { isThere: true };
  const fetch = (...request) => (network.isThere ? confirm(...request) : Promise.reject(new TypeError("offline")));
  const license = await device.open({ fetch, ...options });
  await license.activate(FREE_KEY);
  const received = [];
  license.onChange((decision) => received.push(decision));
  return { device, license, received, network };
}

async function sameObject() {
  const { license, received } = await licensedClient();
  const { current } = license;
  const first = current();
  holds([first, first.features].every(Object.isFrozen), "a decision can be changed");
  equal([current() === first, current() === first], [true, true], "the same object");
  equal((await license.refresh()) === first, true, "what a refresh without news resolves to is the same");
  await license.consume().catch(() => undefined);
  const deactivated = await license.deactivate();
  holds(Object.isFrozen(deactivated), "what deactivate resolves to can be changed");
  const last = current();
  equal([last.state, last === first, current() === last], ["unlicensed", false, true], "after a change");
  equal([received.length > 0, received.at(-1) === last], [true, true], "what listeners are called with");
  license.dispose();
  holds(current() === last, "a client that was disposed of has the same object");
}

async function unbound() {
  const { license } = await licensedClient();
  const { onChange, allows, explain, validate, refresh, consume, forget, activate, deactivate } = license;
  const { startAutoRefresh, stopAutoRefresh, dispose, offlineRequest, offlineImport, offlineReturn } = license;
  const states = [];
  const stop = onChange(({ state }, before) => states.push(`${before.state} ${state}`));
  equal([allows("export"), explain("export").allowed], [true, true], "reading");
  equal((await refresh()).state, "active", "asking");
  await rejection(consume(0), "consume");
  await forget();
  await activate(FREE_KEY);
  await deactivate();
  stop();
  for (const operation of [offlineRequest, offlineImport, offlineReturn]) {
    holds((await rejection(operation("ANSWER1-"))).kind !== "internal", "an operation without its object");
  }
  await activate(FREE_KEY);
  equal((await validate()).state, "active", "asking");
  equal(states, ["active unlicensed", "unlicensed active", "active unlicensed"], "changes");
  startAutoRefresh();
  stopAutoRefresh();
  dispose();
}

async function graceEnds() {
  const { device, license, received } = await licensedClient();
  const { graceEndsAt, confirmedAt } = license.current();
  const left = (at) => Date.parse(at) - Date.now() - device.ahead;
  // the times are exact to one second, by the device's clock as the engine corrects it with Polar's clock
  device.ahead += left(confirmedAt) + DAY_MS - 2_000;
  const active = license.current();
  equal([active.state, license.allows("export")], ["active", true], "a moment before it is stale");
  device.ahead += 4_000;
  const grace = license.current();
  equal([grace.state, grace === active, license.allows("export")], ["grace", false, true], "a moment later");
  device.ahead += left(graceEndsAt) - 2_000;
  const noticed = license.current();
  equal([noticed.nextStep, noticed.notice, grace.notice], ["connect", true, false], "a moment before the end");
  equal(license.allows("export"), true, "a moment before the end");
  device.ahead += 4_000;
  // the first read after the time has passed, without a call of `current` before it
  equal(license.allows("export"), false, "a moment later");
  equal(license.current().state, "lapsed", "a moment later");
  await rest();
  equal(received.at(-1) === license.current(), true, "the listener");
}

async function clockIsSet() {
  const { device, license } = await licensedClient();
  const first = license.current();
  const wall = { ahead: 0 };
  const clock = { now: () => Date.now() + wall.ahead, monotonic: () => 1_000_000 };
  const other = await device.open({ fetch: confirm, clock });
  equal([other.current().state, other.current().displayKey], ["active", first.displayKey], "what is stored");
  wall.ahead = 2 * DAY_MS;
  equal([other.current().state, other.allows("export")], ["grace", true], "set two days ahead");
  wall.ahead = 0;
  equal(other.current().state, "grace", "and back again, which is not believed");
  wall.ahead = 20 * DAY_MS;
  equal([other.allows("export"), other.current().state], [false, "lapsed"], "set three weeks ahead");
}

/** Checks that the automatic refresh notices when time changes the decision, although the app reads nothing. */
async function unread() {
  const { device, license, received, network } = await licensedClient({ autoRefresh: true });
  await rest();
  network.isThere = false;
  device.ahead += 15 * DAY_MS;
  expire(0);
  await rest();
  equal(received.map(({ state }) => state).at(0), "lapsed", "what the listener received first");
  license.dispose();
}

async function unreadInGrace() {
  const { device, license, received } = await licensedClient();
  device.ahead += 2 * DAY_MS;
  equal(license.allows("export"), true, "in grace");
  equal(received, [], "not while an app draws");
  await rest();
  equal(received.map(({ state }) => state), ["grace"], "but at once afterwards");
}

/** Checks a page that is opened again when the network is back, after an attempt that failed. */
async function openedAgain() {
  const { device, license, network } = await licensedClient();
  network.isThere = false;
  device.ahead += 15 * DAY_MS;
  equal((await license.refresh()).state, "lapsed", "offline");
  license.dispose();
  device.ahead += 1_000;
  device.sent = [];
  const again = await device.open({ fetch: confirm, autoRefresh: true });
  await rest();
  equal(device.sent, ["validate"], "what it asks at once");
  again.dispose();
}

async function explained() {
  const { license } = await licensedClient();
  const members = ["allowed", "reason", "nextStep", "nextUrl", "message", "detail"];
  const on = license.explain("export");
  equal(Object.keys(on), members, "members");
  equal([on.allowed, on.reason, on.message], [true, null, "Your license includes this feature."], "a feature that is on");
  const unknown = license.explain("exprot\n");
  equal([unknown.allowed, unknown.reason], [false, "unknown"], "a feature that is not configured");
  holds(unknown.detail.includes("`exprot\ufffd`"), unknown.detail);
  await license.forget();
  const off = license.explain("export");
  equal([off.reason, off.message], ["not_licensed", license.current().message], "without a license");
}

/** Checks that Node does not warn of a leak. Node suspects one at the eleventh listener. */
async function manyAtOnce() {
  const { license } = await licensedClient();
  const warnings = [];
  const warn = (warning) => warnings.push(String(warning));
  process.on("warning", warn);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 24 }, (_, number) =>
    number % 2 === 0 ? license.validate({ signal }) : license.activate(FREE_KEY, { signal }),
  );
  for (const { state } of await Promise.all(calls)) equal(state, "active", "a call among others");
  await rest();
  process.off("warning", warn);
  equal(warnings, [], "warnings");
}
