// The customer portal: the stories of tests/portal, told in JavaScript by the packed package to the local Polar.

import { createLicenseClient, webStorage } from "polar-license/portal";

import { Device, PRO } from "./client.mjs";
import { equal, holds, rejection } from "./expect.mjs";
import { LocalPolar } from "./local-polar.mjs";

const EMAIL = "iona.larkspur@example.com";
const PRODUCT = "de300000-0000-4000-8000-0000000000f1";
const NO_GRANT = JSON.stringify({ items: [], pagination: { total_count: 0, max_page: 0 } });

export function tests({ polar: url, platform }) {
  const polar = new LocalPolar(url);
  const all = {
    "a lost key takes three actions and five requests": lostKey,
    "a dead machine's seat is listed, released and taken": deadMachine,
    "hidden devices say so and name the page": hiddenDevices,
    "a purchase is opened, followed and licensed with nothing but a code": justBought,
    "a key three minutes late is waited for": lateKey,
    "a buyer who closes the page can come back": closedPage,
    "an invitation is accepted and its key waited for": invited,
    "several keys, and several customers, are the app's to choose from": choices,
    "a key is replaced and the license here goes on": rotated,
    "the sixth code in a minute waits, in another client too": paced,
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

/** A customer in front of a device, and Polar. */
export class Story {
  device;
  license;
  portal;
  /** The changes that the local Polar has yet to make before the next request. */
  #pending = Promise.resolve();

  static async begin(polar, platform) {
    await polar.reset();
    const story = new Story();
    Object.assign(story, { polar, platform, device: new Device(polar.url) });
    story.license = await story.open();
    story.portal = story.license.portal();
    return story;
  }

  /** Another start of the app. */
  open(options = {}) {
    const fetch = async (...request) => {
      await this.#pending;
      return globalThis.fetch(...request);
    };
    return this.device.open({ create: createLicenseClient, fetch, ...options });
  }

  /** Time passes, here and at Polar. */
  pass(ms) {
    this.device.ahead += ms;
    this.#pending = this.#pending.then(() => this.polar.advance(ms / 1000));
    return this.#pending;
  }

  /** Before the next request, `work` is done. */
  afterwards(work) {
    this.#pending = this.#pending.then(work);
  }

  /** The code in the last mail. */
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

  /** A checkout, made by the link where that can be seen, and otherwise by the vendor's backend; and its secret. */
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

  /** Lets time pass instead of waiting, and keeps what was reported. */
  waiting(reports = []) {
    const onProgress = (progress) => {
      reports.push(progress);
      void this.pass(progress.nextInMs);
    };
    return { onProgress };
  }
}

function licensed(restored) {
  equal([restored.kind, restored.decision?.state, restored.decision?.allowed], ["licensed", "active", true], "restored");
  return restored.decision;
}

async function lostKey(story) {
  const { polar, portal, license } = story;
  const key = await polar.bought(EMAIL, { limit_activations: 2 });
  const changes = [];
  license.onChange((decision) => changes.push(decision.state));
  // the address
  const sent = await portal.requestCode(` ${EMAIL}\n`);
  equal([sent.kind, sent.email], ["sent", EMAIL], "the request");
  const message = `If ${EMAIL} bought it, a code is on its way to that address. Check the address for typos.`;
  equal(sent.message, message, "what the user reads");
  // the code, as people type it
  const session = await portal.authenticate(` ${(await story.code()).toLowerCase()} `);
  // done
  const decision = licensed(await session.restore());
  equal([license.current() === decision, license.allows("export"), changes], [true, true, ["active"]], "the license");
  const requests = await polar.exchanges();
  holds(requests.length <= 5, `${requests.length} requests`);
  equal(await polar.seats(key), 1, "seats");
  const withToken = requests.filter(({ headers }) => headers.authorization !== undefined);
  equal(withToken.map(({ path }) => path.split("?")[0]), ["/v1/customer-portal/license-keys/"], "where the token went");
  const naming = requests.filter(({ headers }) => "polar-version" in headers);
  equal(naming, [], "requests that name a version");
  // the next start, with the main entry
  equal((await story.device.open()).current().state, "active", "the next start");
}

async function deadMachine(story) {
  const { polar, license } = story;
  const key = await polar.bought(EMAIL, { limit_activations: 1 });
  await story.activeElsewhere(key, "The laptop that fell into the lake");
  const session = await story.session();
  const full = await session.restore();
  equal([full.kind, full.error.kind, full.error.reason], ["no_seat", "refused", "activation_limit"], "restored");
  equal([full.devices.kind, full.devices.devices.length], ["listed", 1], "devices");
  const [device] = full.devices.devices;
  equal([device.label, device.isThis], ["The laptop that fell into the lake", false], "the device");
  holds(typeof device.id === "string" && device.id !== full.key.id, "a device has an id for lists");
  holds(!Number.isNaN(Date.parse(device.since)), device.since);
  equal(await session.release(device), "released", "the seat");
  equal(await session.release(device), "unknown", "the seat, once more");
  licensed(await session.activate(full.key));
  const own = await session.devices(full.key);
  equal([own.devices.length, own.devices[0].isThis], [1, true], "devices afterwards");
  const deactivations = (await polar.exchanges()).filter(({ path }) => path.endsWith("/deactivate"));
  equal(deactivations.filter(({ headers }) => headers.authorization !== undefined), [], "deactivations with the token");
  // this device is released as by a deactivation
  equal(await session.release(own.devices[0]), "released", "the own seat");
  equal([license.current().state, await polar.seats(key)], ["unlicensed", 0], "afterwards");
}

async function hiddenDevices(story) {
  const { polar } = story;
  const { secret } = await story.checkout();
  await polar.pay(secret, EMAIL);
  await polar.worker({ run: true });
  const session = await story.session();
  const [shown] = await session.licenseKeys();
  const key = (await polar.keys()).find(({ key }) => key.endsWith(shown.displayKey.replace("****-", ""))).key;
  await polar.change(`/keys/${key}`, { limit_activations: 1 });
  await polar.change("/benefits/pro", { show_activations: false });
  const [again] = await session.licenseKeys();
  equal((await session.devices(again)).isCertain, false, "there is none, in fact");
  await story.activeElsewhere(key, "The laptop that fell into the lake");
  const { kind, devices } = await session.restore();
  equal([kind, devices.kind, devices.isCertain], ["no_seat", "hidden", true], "restored");
  const page = `${polar.url}/demo/portal`;
  const words = "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.";
  equal([devices.page, devices.message], [page, words], "what the user reads");
}

async function justBought(story) {
  const { polar, portal, platform } = story;
  if (platform !== "Node") {
    const error = await rejection(portal.checkout("polar_cl_DEMO"));
    equal([error.kind, (await polar.exchanges()).length], ["invalid_argument", 0], "a link in a page");
  }
  const { checkout, secret } = await story.checkout();
  equal(checkout.address, `${polar.url}/checkout/${secret}`, "the address");
  const stages = [];
  let paid;
  const purchase = await checkout.follow({
    onProgress: ({ stage, nextInMs }) => {
      stages.push(stage);
      // the buyer closes the page at once, so that no success page is ever loaded
      if (stages.length === 2) paid = polar.pay(secret, EMAIL);
      void story.pass(nextInMs);
    },
  });
  await paid;
  holds(stages.length >= 2 && stages.every((stage) => stage === "open" || stage === "paying"), stages.join());
  equal([purchase.code.kind, purchase.code.email], ["sent", EMAIL], "the code");
  const session = await portal.authenticate(await story.code());
  licensed(await session.restorePurchase(purchase, story.waiting()));
}

async function lateKey(story) {
  const { polar, portal } = story;
  const { checkout, secret } = await story.checkout();
  await polar.pay(secret, EMAIL);
  const purchase = await checkout.follow(story.waiting());
  // the payment is through, and the key is late
  await polar.fault({ fault: "reply", status: 200, content_type: "application/json", body: NO_GRANT, on: "list_grants" });
  const session = await portal.authenticate(await story.code());
  const reports = [];
  const restored = await session.restorePurchase(purchase, {
    onProgress: (progress) => {
      reports.push(progress);
      void story.pass(progress.nextInMs);
      if (progress.waitedMs >= 175_000) story.afterwards(() => polar.clearFaults());
    },
  });
  licensed(restored);
  const { stage, waitedMs } = reports.at(-1);
  equal([stage, reports.length > 30], ["granting", true], "what was reported");
  holds(waitedMs >= 175_000 && waitedMs < 190_000, `${waitedMs} ms`);
}

async function closedPage(story) {
  const { polar, portal } = story;
  const { checkout, secret } = await story.checkout();
  const error = await rejection(checkout.follow({ withinMs: 60_000, ...story.waiting() }));
  equal(error.kind, "timeout", "at the deadline");
  const words = "The purchase was not completed in time. If you have paid, ask for a code by e-mail in a few minutes.";
  equal([error.message, (await polar.mails()).length], [words, 0], "what the user reads");
  await polar.pay(secret, EMAIL);
  const again = await portal.checkoutFromSecret(secret);
  equal(again.address, checkout.address, "the address");
  await again.follow(story.waiting());
  equal((await polar.mails()).length, 1, "mails");
  await story.pass(24 * 3_600_000);
  equal((await rejection(checkout.follow())).message, "This purchase is more than a day old. If you have paid, ask for a code by e-mail to find your license key. If not, start the purchase again.", "a day later");
}

async function invited(story) {
  const { polar, portal } = story;
  await polar.worker({ purchase_seconds: 180 });
  const session = await portal.claimSeat(`${polar.url}/demo/portal/claim?token=DEMO-INVITATION`);
  const reports = [];
  licensed(await session.restoreWhenGranted(story.waiting(reports)));
  const { stage, waitedMs } = reports.at(-1);
  holds(stage === "granting" && waitedMs >= 170_000 && waitedMs < 300_000, `${stage} for ${waitedMs} ms`);
  const used = await rejection(portal.claimSeat("DEMO-INVITATION"));
  equal([used.kind, used.reason, used.maybeApplied], ["refused", null, false], "a second time");
}

async function choices(story) {
  const { polar, portal } = story;
  await polar.bought(EMAIL, { key: "ENDS-SOON", expires_in_seconds: 86_400 });
  await polar.bought(EMAIL, { key: "FOR-EVER", limit_activations: 1 });
  await polar.bought(EMAIL, { key: "REVOKED" });
  await polar.change("/keys/REVOKED", { status: "revoked" });
  const session = await story.session();
  const { kind, keys } = await session.restore();
  equal([kind, keys.map((key) => key.displayKey)], ["choose", ["****-EVER", "****-SOON"]], "restored");
  equal([keys[0].limitActivations, keys[0].benefitId, keys[0].status], [1, PRO, "granted"], "the first");
  licensed(await session.activate(keys[1]));
  // the key that is active here is the one
  holds(licensed(await session.restore()).expiresAt !== null, "the second key");
  const all = await session.licenseKeys();
  equal(all.map((key) => key.status), ["granted", "granted", "revoked"], "keys");
  equal(new Set(all.map((key) => key.id)).size, 3, "keys have an id for lists");
  equal(all[0].id, keys[0].id, "the id of a key that is listed again");
  const usable = await session.usableKeys();
  equal(usable.map((key) => key.displayKey), all.slice(0, 2).map((key) => key.displayKey), "usable keys");
  equal((await rejection(session.activate({ ...keys[1] }))).kind, "invalid_argument", "a copy of a key");
  // two customers have the same address
  const id = "de300000-0000-4000-8000-0000000000c1";
  const customers = [{ id: `${id.slice(0, -1)}2`, name: "Studio Nord" }, { id, name: null }];
  const body = JSON.stringify({ error: "customer_selection_required", detail: "", customers });
  const reply = { fault: "reply", status: 409, content_type: "application/json", body };
  await polar.fault({ ...reply, on: "request_code", times: 1, cors: true });
  const choice = await portal.requestCode(EMAIL);
  const names = choice.customers.map(({ name }) => name);
  equal([choice.kind, choice.email, names], ["choose", EMAIL, ["Studio Nord", null]], "the request");
  await portal.requestCodeFor(choice.customers[1]);
  const last = (await polar.exchanges()).at(-1);
  equal(JSON.parse(last.body).customer_id, id, "who was chosen");
}

async function rotated(story) {
  const { polar, license } = story;
  await polar.bought(EMAIL, { limit_activations: 2 });
  const session = await story.session();
  licensed(await session.restore());
  const [old] = await session.licenseKeys();
  equal((await rejection(session.rotate(old))).kind, "invalid_argument", "without a confirmation");
  await polar.fault({ fault: "truncated_body", after_handling: true, on: "rotate_key", times: 1 });
  const key = await session.rotate(old, { confirmedByUser: true });
  holds(key.displayKey !== old.displayKey, "the key is the same");
  const rotations = (await polar.exchanges()).filter(({ path }) => path.endsWith("/rotate"));
  equal(rotations.length, 1, "a lost answer is not asked for again");
  const decision = await license.validate();
  equal([decision.state, decision.problem, decision.displayKey], ["active", null, key.displayKey], "the license");
  equal((await story.open()).current().displayKey, key.displayKey, "the next start");
}

async function paced(story) {
  const { portal, polar } = story;
  await portal.requestCode(EMAIL);
  for (let count = 0; count < 4; count += 1) await rejection(portal.authenticate("AAAAAA"));
  const early = await rejection(portal.authenticate("AAAAAA"));
  equal(early.kind, "rate_limited", "the sixth");
  holds(early.retryAfterMs > 50_000 && early.retryAfterMs <= 75_000, `${early.retryAfterMs} ms`);
  holds(early.message.endsWith("The code from the last mail is still good then."), early.message);
  // a request counts as well, and another client knows
  const other = await story.open();
  const request = await rejection(other.portal().requestCode(EMAIL));
  equal(request.kind, "rate_limited", "a request");
  equal((await polar.exchanges()).length, 5, "requests");
  // longer than a try waits: a request needs room for a try of its code
  await story.pass(request.retryAfterMs);
  equal((await other.portal().requestCode(EMAIL)).kind, "sent", "a minute later");
}

/** On the platform's own storage, whose lock keeps them apart. */
async function crowded(story) {
  const { polar, platform } = story;
  await polar.limitRates();
  const { storage, remove } = platform === "Node" ? await files() : PAGES_STORAGE;
  const clients = await Promise.all(Array.from({ length: 50 }, () => story.open({ storage: storage() })));
  const asked = await Promise.allSettled(clients.map((client) => client.portal().requestCode(EMAIL)));
  const refusals = asked.filter(({ status }) => status === "rejected").map(({ reason }) => reason.kind);
  // each of the others has room for a try of its code
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
  const { polar, portal, license } = story;
  const key = await polar.bought(EMAIL);
  const session = await story.session();
  const wrong = await rejection(portal.authenticate("AAAAAA"));
  equal([wrong.kind, wrong.decision === license.current()], ["invalid_argument", true], "a wrong code");
  equal(wrong.message, "This code is wrong or has expired. Check it, or ask for another one.", "a wrong code");
  const own = await story.open({ texts: { "portal.not_an_address": "Das ist keine Adresse." } });
  equal((await rejection(own.portal().requestCode("iona"))).message, "Das ist keine Adresse.", "the words of the app");
  own.dispose();
  const { length } = await polar.exchanges();
  for (const [name, ...given] of [
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
  equal((await polar.exchanges()).length, before, "requests");
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
  // at its first request, which hangs, and which the local Polar carries out later
  for (const [name, run] of all.filter(([name]) => name !== "rotate")) {
    await story.pass(360_000);
    const error = await abortedAt(story, run);
    equal([error.kind, error.cause], ["cancelled", "now"], `${name} at its first request`);
  }
  // while it waits for somebody else
  const waits = new AbortController();
  const error = await rejection(checkout.follow({ signal: waits.signal, onProgress: () => waits.abort("enough") }));
  equal([error.kind, error.cause], ["cancelled", "enough"], "in a wait");
  equal([license.current().state, await polar.seats(key)], ["unlicensed", 0], "afterwards");
  licensed(await (await portal.sessionFromToken(await polar.customerToken(EMAIL))).restore());
}

/** How an operation ends that is aborted once its first request has arrived, and that nobody answers. */
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
