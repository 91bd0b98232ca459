// Tests of the customer portal that the stories of tests/scenarios/portal cannot express, such as events, aborts and
// many clients.

import { createLicenseClient, webStorage } from "polar-license/portal";

import { Device } from "./client.mjs";
import { equal, rejection } from "./expect.mjs";
import { LocalPolar } from "./local-polar.mjs";

const EMAIL = "iona.larkspur@example.com";
const PRODUCT = "de300000-0000-4000-8000-0000000000f1";

export function tests({ polar: url, platform }) {
  const polar = new LocalPolar(url);
  const all = {
    "listeners are told of a restored license, and the main entry opens it": restored,
    "fifty clients that ask for codes at once never meet Polar's limit": crowded,
    "a session that has ended, and what is typed wrong, say what to do": refused,
    "whatever is aborted ends as cancelled, and can be done again": aborted,
    "a client that is disposed of ends what is under way": disposed,
  };
  return Object.entries(all).map(([name, run]) => ({
    name: `portal: ${name}`,
    kind: "portal",
    run: async () => run(await Story.begin(polar, platform)),
  }));
}

/** A customer with a device, and the local Polar. */
export class Story {
  device;
  license;
  portal;
  /** The changes that the local Polar still has to make before it gets the next request. */
  #pending = Promise.resolve();

  static async begin(polar, platform) {
    await polar.reset();
    const story = new Story();
    Object.assign(story, { polar, platform, device: new Device(polar.url) });
    story.license = await story.open();
    story.portal = story.license.portal();
    return story;
  }

  /** Starts the app again. */
  open(options = {}) {
    const fetch = async (...request) => {
      await this.#pending;
      return globalThis.fetch(...request);
    };
    return this.device.open({ create: createLicenseClient, fetch, ...options });
  }

  /** Lets time pass, on this device and at Polar. */
  pass(ms) {
    this.device.ahead += ms;
    this.#pending = this.#pending.then(() => this.polar.advance(ms / 1000));
    return this.#pending;
  }

  /** Returns the code in the last mail. */
  async code() {
    return (await this.polar.mails()).at(-1).code;
  }

  async session(email = EMAIL) {
    equal((await this.portal.requestCode(email)).kind, "sent", "the request");
    return this.portal.authenticate(await this.code());
  }

  async activeElsewhere(key, label) {
    const elsewhere = new Device(this.polar.url);
    elsewhere.ahead = this.device.ahead;
    const license = await elsewhere.open({ deviceId: label, label });
    await license.activate(key);
    await this.pass(2_000);
  }

  /**
   * Returns a checkout and its secret. Creates the checkout by the vendor's link in Node. On a page, which cannot see
   * where the link leads, the vendor's backend creates it.
   */
  async checkout(link = "polar_cl_DEMO") {
    if (this.platform === "Node") {
      const checkout = await this.portal.checkout(`https://buy.polar.sh/${link}?locale=de`);
      return { checkout, secret: checkout.address.split("/").at(-1) };
    }
    const made = await fetch(`${this.polar.url}/v1/checkouts/`, {
      method: "POST",
      headers: { Authorization: "Bearer polar_oat_DEMO", "Content-Type": "application/json" },
      body: JSON.stringify({ products: [PRODUCT] }),
    });
    const secret = (await made.json()).client_secret;
    return { checkout: await this.portal.checkoutFromSecret(secret), secret };
  }
}

function licensed(restored) {
  equal([restored.kind, restored.decision?.state, restored.decision?.allowed], ["licensed", "active", true], "restored");
  return restored.decision;
}

async function restored(story) {
  const { polar, license } = story;
  await polar.bought(EMAIL, { limit_activations: 2 });
  const changes = [];
  license.onChange((decision) => changes.push(decision.state));
  const decision = licensed(await (await story.session()).restore());
  equal([license.current() === decision, license.allows("export"), changes], [true, true, ["active"]], "the license");
  // at the next start, the main entry finds the license
  equal((await story.device.open()).current().state, "active", "the next start");
}

/**
 * Requests a code with many clients at once. They share the platform's own storage, whose lock lets only one act at a
 * time.
 */
async function crowded(story) {
  const { polar, platform } = story;
  await polar.limitRates();
  const { storage, remove } = platform === "Node" ? await files() : PAGES_STORAGE;
  const clients = await Promise.all(Array.from({ length: 50 }, () => story.open({ storage: storage() })));
  const asked = await Promise.allSettled(clients.map((client) => client.portal().requestCode(EMAIL)));
  const refusals = asked.filter(({ status }) => status === "rejected").map(({ reason }) => reason.kind);
  // two clients may request a code; the limit leaves each of these two a try of its code
  equal([refusals.length, [...new Set(refusals)]], [48, ["rate_limited"]], "the others wait");
  const { length } = await polar.exchanges();
  equal([length, (await clients[0].validate()).problem?.kind], [2, undefined], "requests, and whether somebody is blocked");
  for (const client of clients) client.dispose();
  await remove();
}

const PAGES_STORAGE = { storage: () => webStorage(), remove: () => localStorage.clear() };

async function files() {
  const { fileStorage } = await import("polar-license/node");
  const { mkdtemp, rm } = await import("node:fs/promises");
  const directory = await mkdtemp(`${(await import("node:os")).tmpdir()}/polar-license-portal-`);
  return { storage: () => fileStorage({ directory }), remove: () => rm(directory, { recursive: true }) };
}

async function refused(story) {
  const { polar, portal, license, platform } = story;
  const key = await polar.bought(EMAIL);
  const session = await story.session();
  const wrong = await rejection(portal.authenticate("AAAAAA"));
  equal([wrong.kind, wrong.decision === license.current()], ["invalid_argument", true], "a wrong code");
  equal(wrong.message, "This code is wrong or has expired. Check it, or ask for another one.", "a wrong code");
  const worded = await story.open({ texts: { "portal.not_an_address": "Das ist keine Adresse." } });
  equal((await rejection(worded.portal().requestCode("iona"))).message, "Das ist keine Adresse.", "the words of the app");
  worded.dispose();
  const { length } = await polar.exchanges();
  // a page cannot see where a link leads
  const ofLink = platform === "Node" ? [] : [["checkout", "polar_cl_DEMO"]];
  for (const [name, ...given] of [
    ...ofLink,
    ["authenticate", "AAA-AAA"],
    ["authenticate", undefined],
    ["requestCode", "iona"],
    ["requestCode", { email: EMAIL }],
    ["requestCodeFor", { name: "Studio Nord" }],
    ["claimSeat", "https://polar.sh/demo/portal/claim"],
    ["sessionFromToken", "polar_oat_abc"],
    ["checkout", ""],
    ["checkoutFromSecret", "a%2Fb"],
    ["requestCode", EMAIL, { signal: {} }],
  ]) {
    equal((await rejection(portal[name](...given), name)).kind, "invalid_argument", `${name} of ${given[0]}`);
  }
  const stranger = await new Device(polar.url).open({ create: createLicenseClient });
  const strangers = await stranger.portal().sessionFromToken(await polar.customerToken(EMAIL));
  const [foreign] = await strangers.licenseKeys();
  const before = (await polar.exchanges()).length;
  equal((await rejection(session.activate(foreign))).kind, "invalid_argument", "a key of another client");
  const [own] = await session.licenseKeys();
  equal((await rejection(session.activate({ ...own }))).kind, "invalid_argument", "a copy of a key");
  equal((await polar.exchanges()).length, before + 1, "requests");
  equal(before, length + 1, "requests for what is wrong");
  await story.pass(3_600_000);
  const ended = await rejection(session.restore());
  equal([ended.kind, ended.reason], ["refused", null], "an hour later");
  equal(ended.message, "The session has ended. Ask for another code.", "an hour later");
  await polar.remove(key);
  const nothing = await rejection((await story.session()).restore());
  equal([nothing.kind, nothing.reason], ["refused", "not_found"], "without a key");
}

async function aborted(story) {
  const { polar, portal, license } = story;
  const key = await polar.bought(EMAIL, { limit_activations: 1 });
  const { checkout } = await story.checkout();
  const session = await story.session();
  const [listed] = await session.licenseKeys();
  const all = [
    ["requestCode", (options) => portal.requestCode(EMAIL, options)],
    ["authenticate", (options) => portal.authenticate("AAAAAA", options)],
    ["claimSeat", (options) => portal.claimSeat("ABC", options)],
    ["follow", (options) => checkout.follow(options)],
    ["licenseKeys", (options) => session.licenseKeys(options)],
    ["usableKeys", (options) => session.usableKeys(options)],
    ["restore", (options) => session.restore(options)],
    ["devices", (options) => session.devices(listed, options)],
    ["rotate", (options) => session.rotate(listed, { confirmedByUser: true, ...options })],
  ];
  for (const [name, run] of all) {
    const { length } = await polar.exchanges();
    const before = AbortSignal.abort("before");
    const error = await rejection(run({ signal: before }), name);
    equal([error.kind, error.cause, error.maybeApplied], ["cancelled", "before", false], `${name} before`);
    equal((await polar.exchanges()).length, length, `${name}: requests`);
  }
  // aborts each operation at its first request, which hangs here; the local Polar carries it out later
  for (const [name, run] of all.filter(([name]) => name !== "rotate")) {
    await story.pass(360_000);
    const error = await abortedAt(story, run);
    equal([error.kind, error.cause], ["cancelled", "now"], `${name} at its first request`);
  }
  // aborts an operation while it waits for the buyer
  const waits = new AbortController();
  const error = await rejection(checkout.follow({ signal: waits.signal, onProgress: () => waits.abort("enough") }));
  equal([error.kind, error.cause], ["cancelled", "enough"], "in a wait");
  equal([license.current().state, await polar.seats(key)], ["unlicensed", 0], "afterwards");
  licensed(await (await portal.sessionFromToken(await polar.customerToken(EMAIL))).restore());
}

/**
 * Aborts an operation once its first request has arrived. That request gets no answer. Returns the operation's error.
 */
async function abortedAt({ polar }, run) {
  await polar.clearFaults();
  await polar.fault({ fault: "stall" });
  const { length } = await polar.exchanges();
  const abort = new AbortController();
  const ended = rejection(run({ signal: abort.signal }));
  await polar.exchangesReach(length + 1);
  abort.abort("now");
  const error = await ended;
  await polar.clearFaults();
  return error;
}

async function disposed(story) {
  const { polar, license, portal } = story;
  await polar.fault({ fault: "stall" });
  const under = rejection(portal.requestCode(EMAIL));
  await polar.exchangesReach(1);
  license.dispose();
  const error = await under;
  equal([error.kind, error.maybeApplied], ["cancelled", true], "what was under way");
  equal((await rejection(portal.requestCode(EMAIL))).kind, "cancelled", "afterwards");
  equal(license.current().state, "unlicensed", "what is known");
}
