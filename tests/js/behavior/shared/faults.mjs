// Tests every fault of the local Polar, for validate, activate and deactivate.

import { Device } from "./client.mjs";
import { equal, holds, rejection } from "./expect.mjs";
import { LocalPolar } from "./local-polar.mjs";
import { expire } from "./timers.mjs";

const PLAIN = "DEMO-PLAIN";
const TWO_DEVICES = "DEMO-TWO-DEVICES";
const ONE_DEVICE = "DEMO-ONE-DEVICE";

/** The longest time that a client waits for Polar. Everything else is quicker. */
const DEADLINE_MS = 1_000;

export function tests({ polar: url, platform }) {
  const polar = new LocalPolar(url);
  return faults(platform).flatMap((fault) => [
    { name: `validate: ${fault.name}`, kind: "faults", run: () => endsNoLicense(polar, fault) },
    { name: `activate: ${fault.name}`, kind: "faults", run: () => takesNoSecondSeat(polar, fault) },
    { name: `deactivate: ${fault.name}`, kind: "faults", run: () => removesNoLicense(polar, fault) },
  ]);
}

/** The faults after which Chromium repeats a request, because they break a connection that was used before. */
const RESENT = ["dropped before", "dropped after"];

/**
 * Returns each fault in each of its forms. `kind` is the expected kind of the problem; it is missing if Polar's answer
 * arrives despite the fault. `hangs` means that no reply ever comes. `bodyless` means that the fault only applies to
 * replies with a body.
 */
function faults(platform) {
  // browsers hide a gateway's replies from pages
  const gateway = platform === "page" ? "network" : "server";
  const all = [];
  const add = (name, fault, kind, more = {}) => all.push({ name, fault, kind, ...defaults(name, kind), ...more });
  const defaults = (name, kind) => ({
    maybeApplied: kind !== undefined,
    resent: platform === "page" && RESENT.includes(name),
  });
  for (const status of [200, 302, 403, 404, 407, 511]) {
    add(`captive portal ${status}`, { fault: "captive_portal", status }, "network");
  }
  for (const status of [500, 502, 503, 504]) {
    add(`${status} as text`, { fault: "server_error", status }, gateway);
    add(`${status} as a page`, { fault: "server_error", status, html: true }, gateway);
  }
  for (const retry_after of [undefined, 0, 3, 3600]) {
    add(`429, retry after ${retry_after}`, { fault: "rate_limited", retry_after }, "rate_limited", {
      maybeApplied: false,
    });
  }
  for (const garbage of ["binary", "foreign_json", "deep_json", "empty"]) {
    add(`garbage: ${garbage}`, { fault: "garbage", garbage }, "network");
  }
  for (const garbage of ["other_key", "other_organization", "other_activation"]) {
    add(`garbage: ${garbage}`, { fault: "garbage", garbage }, "network", { bodyless: true });
  }
  for (const [status, body] of [
    [403, '{"error":"forbidden"}'],
    [404, '{"detail":"Not Found"}'],
    [410, "{}"],
  ]) {
    const content_type = "application/json";
    add(`somebody else's ${status}`, { fault: "reply", status, content_type, body }, "network");
  }
  add("dropped before", { fault: "drop_connection" }, "network");
  add("dropped after", { fault: "drop_connection", after_handling: true }, "network");
  add("502 after", { fault: "server_error", status: 502, after_handling: true }, gateway);
  add("truncated", { fault: "truncated_body" }, "network", { bodyless: true });
  add("huge", { fault: "huge_body", bytes: 16 * 1024 * 1024 }, "network");
  add("stalled", { fault: "stall" }, "timeout", { hangs: true });
  add("delayed", { fault: "delay", ms: 60_000 }, "timeout", { hangs: true });
  add("endless", { fault: "slow_body", pause_ms: 1_000 }, "timeout", { hangs: true, bodyless: true });
  add("a little late", { fault: "delay", ms: 50 });
  add("slow", { fault: "slow_body", pause_ms: 0 });
  for (const days of [-400, -3, -1, 1, 3, 400]) {
    add(`a clock off by ${days} days`, { fault: "skewed_clock", seconds: days * 86_400 });
  }
  return all;
}

/** Returns a device on which `key` is active. The next request to `endpoint` will meet the fault. */
async function licensedDevice(polar, key, { fault }, endpoint) {
  await polar.reset();
  const device = new Device(polar.url);
  const license = await device.open();
  equal((await license.activate(key)).state, "active", "before the fault");
  await polar.clearRequests();
  device.sent.length = 0;
  await polar.fault({ ...fault, on: endpoint });
  return { device, license };
}

/**
 * Runs an operation. If the fault makes the request hang, lets the operation's deadline pass once the request has
 * arrived.
 */
async function patient(polar, hangs, requests, operation) {
  if (hangs) {
    await polar.arrived(requests);
    holds(expire(DEADLINE_MS) > 0, "no deadline was set");
  }
  return operation;
}

async function sentOnce(polar, device, { resent }, endpoint) {
  const count = (names) => names.filter((name) => name === endpoint).length;
  equal(count(device.sent), 1, `${endpoint}s sent`);
  if (!resent) equal(count(await polar.asked()), 1, `${endpoint}s that Polar saw`);
}

/** Starts the app again without a network, and returns the decision. */
async function startsAgain(device, license) {
  license.dispose();
  const later = await device.open({ fetch: () => Promise.reject(new TypeError("offline")) });
  const decision = later.current();
  later.dispose();
  return decision;
}

async function endsNoLicense(polar, fault) {
  const { device, license } = await licensedDevice(polar, TWO_DEVICES, fault, "validate");
  const decision = await patient(polar, fault.hangs, 1, license.validate());
  equal([decision.state, decision.allowed, license.allows("export")], ["active", true, true], "access");
  equal(decision.problem?.kind, fault.kind, "problem");
  await sentOnce(polar, device, fault, "validate");
  equal((await startsAgain(device, license)).allowed, true, "at the next start");
}

async function takesNoSecondSeat(polar, fault) {
  const { device, license } = await licensedDevice(polar, PLAIN, fault, "activate");
  const operation = license.activate(TWO_DEVICES);
  // Polar's reply names a seat, and a client cannot know that it is another device's seat
  const kind = fault.fault.garbage === "other_activation" ? undefined : fault.kind;
  if (kind === undefined) {
    equal((await operation).displayKey, "****-EVICES", "the license");
  } else {
    const error = await rejection(patient(polar, fault.hangs, 2, operation));
    equal([error.kind, error.maybeApplied], [kind, fault.maybeApplied], "error");
    equal([error.decision.allowed, error.decision.displayKey], [true, "****-PLAIN"], "the license that was here");
    const later = await startsAgain(device, license);
    equal([later.allowed, later.displayKey], [true, "****-PLAIN"], "at the next start");
    equal(later.problem?.kind, fault.maybeApplied ? "seat_uncertain" : undefined, "what is known of the seat");
  }
  await sentOnce(polar, device, fault, "activate");
}

async function removesNoLicense(polar, fault) {
  const { device, license } = await licensedDevice(polar, ONE_DEVICE, fault, "deactivate");
  const operation = license.deactivate();
  if (fault.kind === undefined || fault.bodyless) {
    equal([(await operation).deactivated, device.record], ["released", undefined], "outcome and record");
    equal(await polar.seats(ONE_DEVICE), 0, "seats");
  } else {
    const error = await rejection(patient(polar, fault.hangs, 1, operation));
    equal(error.kind, fault.kind, "error");
    equal([error.decision.allowed, license.allows("export")], [true, true], "access");
    holds((await polar.seats(ONE_DEVICE)) === 1 || error.maybeApplied, "the seat was given up in silence");
    equal((await startsAgain(device, license)).allowed, true, "at the next start");
  }
  await sentOnce(polar, device, fault, "deactivate");
}
