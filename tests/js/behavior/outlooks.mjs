// Tests pages with `./slim` that are loaded again: they show the license before they have loaded the engine.

import { equal, holds } from "./shared/demand.mjs";
import { LocalPolar } from "./shared/local-polar.mjs";

const DAY_MS = 86_400_000;

const KEY = "DEMO-ONE-DEVICE";
const SECRET = "only-in-the-script";

/** The place of the outlook in localStorage. */
const OUTLOOK = "polar-license/com.example.app/outlook";

export function outlookTests(browser, site, { polar: url }) {
  const polar = new LocalPolar(url);
  const stories = {
    "the second load decides before the engine is requested": decidesAtOnce,
    "every storage of a page keeps an outlook": keptInIndexedDb,
    "an engine that cannot be loaded is logged and reported, and no operation does without it": blocked,
    "another tab's change loads the engine": changedElsewhere,
    "a decision that ends with time is followed by the next one, and loads the engine": ends,
    "a clock that is set back while the page is open loads the engine": setBackWhileOpen,
    "a clock before the outlook waits for the engine": setBack,
    "an edited record waits for the engine": editedRecord,
    "an edited outlook waits for the engine": editedOutlook,
    "an outlook of another version waits for the engine": anotherVersion,
    "changed settings wait for the engine": changedSettings,
    "another device waits for the engine": anotherDevice,
    "another environment waits for its own engine": anotherEnvironment,
    "locks of other tabs delay no first decision": locked,
    "the outlook contains neither a setting nor the key": storesNoSecret,
    "the last problem is not part of the outlook": storesNoProblem,
    "no outlook is stored that the record contradicts": unsaved,
    "a deactivated license is unlicensed at the next load": deactivated,
    "the main entry and an app's own storage keep no outlook": noneKept,
  };
  return Object.entries(stories).map(([name, story]) => ({
    name,
    kind: "stories of outlooks",
    run: () => inBrowser(browser, site, polar, story),
  }));
}

async function inBrowser(browser, site, polar, story) {
  await polar.reset();
  const context = await browser.newContext();
  const unhandled = [];
  const tab = async () => {
    const page = await context.newPage();
    page.on("pageerror", (error) => unhandled.push(String(error)));
    return new Tab(page, site, polar);
  };
  try {
    await story(await tab(), polar, tab);
    equal(unhandled, [], "errors that nobody handled");
  } finally {
    await context.close();
  }
}

/** An app in one tab. The test decides when the browser is idle, and whether the engine can be loaded. */
class Tab {
  constructor(page, site, polar) {
    this.page = page;
    this.site = site;
    this.polar = polar;
    this.logged = [];
    /** The number of requests for the engine since the last load of the page. */
    this.requested = 0;
    this.isBlocked = false;
    page.on("console", (message) => message.type() === "error" && this.logged.push(message.text()));
  }

  /** Loads the page, and creates the client. Returns the first decision, and whether the engine was requested for it. */
  async load({ entry = "slim", environment = this.polar.url, ahead = 0, storage = "webStorage", ...settings } = {}) {
    await this.page.goto("about:blank");
    await this.page.unrouteAll();
    await this.page.route("**/polar_license.wasm", (route) => {
      this.requested += 1;
      return this.isBlocked ? route.abort() : route.continue();
    });
    this.requested = 0;
    await this.page.goto(`${this.site.url}/${entry === "slim" ? "slim" : "app"}.html`);
    await this.page.waitForFunction(() => globalThis.isReady);
    const open = async ({ storage, ahead, ...options }) => {
      const app = { ahead, passed: 0, idle: [], changes: [] };
      const own = {
        get: (name) => localStorage.getItem(name),
        set: (name, text) => localStorage.setItem(name, text),
        remove: (name) => localStorage.removeItem(name),
      };
      globalThis.requestIdleCallback = (work) => app.idle.push(work);
      const { createLicenseClient, [storage]: make } = globalThis.polarLicense;
      app.license = await createLicenseClient({
        organizationId: "de300000-0000-4000-8000-000000000001",
        appId: "com.example.app",
        features: { export: ["de300000-0000-4000-8000-0000000000b1"] },
        clock: { now: () => Date.now() + app.ahead, monotonic: () => performance.now() + app.passed },
        autoRefresh: false,
        storage: make(storage === "keyValueStorage" ? own : undefined),
        ...options,
      });
      app.license.onChange((decision) => app.changes.push([decision.state, decision.problem?.kind ?? null]));
      globalThis.app = app;
      return app.license.current();
    };
    const wasm = entry === "slim" ? { wasm: "/node_modules/polar-license/polar_license.wasm" } : {};
    const decision = await this.page.evaluate(open, { storage, environment, ahead, ...wasm, ...settings });
    return { decision, state: decision.state, waited: this.requested > 0 };
  }

  /** Lets the browser be idle, and waits until the engine has read the record and the outlook is stored. */
  async settle() {
    await this.page.evaluate(() => globalThis.app.idle.splice(0).forEach((work) => work()));
    await this.requests(1);
    await this.run("refresh");
  }

  /** Runs an operation. Returns the state, or the kind of the error. */
  run(name, ...given) {
    const run = ({ name, given }) =>
      globalThis.app.license[name](...given).then(
        ({ state }) => state,
        ({ kind }) => kind,
      );
    return this.page.evaluate(run, { name, given });
  }

  /** Activates a key at the first load, so that the next load has an outlook. */
  async activate(options) {
    equal((await this.load(options)).waited, true, "the first load waits for the engine");
    equal(await this.run("activate", KEY), "active", "the activation");
    await this.outlookReaches("active");
  }

  /** Resolves once the stored outlook begins with `state`. */
  outlookReaches(state) {
    const reached = ([name, state]) => JSON.parse(localStorage.getItem(name))?.phases[0].decision.state === state;
    return this.page.waitForFunction(reached, [OUTLOOK, state]);
  }

  /** Resolves once the engine was requested `count` times. */
  async requests(count) {
    for (let asked = 0; this.requested < count; asked += 1) {
      if (asked > 10_000) throw new Error("the engine is not requested");
      await this.page.evaluate(() => undefined);
    }
  }

  /** Resolves once the listener has received this change. */
  hears(change) {
    return this.page.waitForFunction((change) => globalThis.app.changes.some((one) => String(one) === String(change)), change);
  }

  current() {
    return this.page.evaluate(() => globalThis.app.license.current());
  }

  /** Lets time pass on both clocks. */
  pass(ms) {
    return this.page.evaluate((ms) => {
      globalThis.app.ahead += ms;
      globalThis.app.passed += ms;
    }, ms);
  }

  /** Sets the wall clock. */
  setClock(ahead) {
    return this.page.evaluate((ahead) => void (globalThis.app.ahead = ahead), ahead);
  }

  stored(name = OUTLOOK) {
    return this.page.evaluate((name) => localStorage.getItem(name), name);
  }

  store(text, name = OUTLOOK) {
    return this.page.evaluate(([name, text]) => localStorage.setItem(name, text), [name, text]);
  }

  /** The name of the record in localStorage. */
  record() {
    return this.page.evaluate(() => Object.keys(localStorage).find((name) => /\/[0-9a-f]{16}$/.test(name)));
  }
}

const AT_ONCE = { state: "active", waited: false };
const WAITED = { state: "active", waited: true };

const seen = ({ state, waited }) => ({ state, waited });

async function decidesAtOnce(tab) {
  await tab.activate();
  const first = await tab.current();
  const explained = () => tab.page.evaluate(() => ["export", "other"].map((name) => globalThis.app.license.explain(name)));
  const explanations = await explained();
  const again = await tab.load();
  equal(seen(again), AT_ONCE, "the second load");
  equal(again.decision, first, "the decision");
  equal(await explained(), explanations, "the explanations");
  holds(await tab.page.evaluate(() => globalThis.app.license.current() === globalThis.app.license.current()), "one object");
  equal(tab.requested, 0, "requests for the engine before the browser is idle");
  await tab.settle();
  equal(tab.requested, 1, "requests for the engine");
  equal(await tab.page.evaluate(() => globalThis.app.changes), [], "changes: the engine has made the same decision");
  equal(seen(await tab.load()), AT_ONCE, "the third load");
}

async function keptInIndexedDb(tab) {
  await tab.load({ storage: "indexedDbStorage" });
  equal(await tab.run("activate", KEY), "active", "the activation");
  for (let load = 0; ; load += 1) {
    const again = await tab.load({ storage: "indexedDbStorage" });
    equal(again.state, "active", "the state");
    if (!again.waited) return;
    // the first load may have ended before the outlook was stored
    holds(load < 100, "the outlook is not used");
    await tab.run("refresh");
  }
}

async function blocked(tab) {
  await tab.activate();
  tab.isBlocked = true;
  equal(seen(await tab.load()), AT_ONCE, "the second load");
  await tab.page.evaluate(() => globalThis.app.idle.splice(0).forEach((work) => work()));
  await tab.hears(["active", "network"]);
  const { allowed, problem } = await tab.current();
  equal([allowed, problem.maybeApplied], [true, false], "the decision");
  holds(problem.detail.includes("the WebAssembly of polar-license could not be loaded"), problem.detail);
  holds(tab.logged.some((text) => text.includes("the licensing engine could not be loaded")), "the log");
  const operations = ["validate", "refresh", "activate", "consume", "deactivate", "forget", "offlineRequest", "offlineReturn"];
  for (const operation of operations) equal(await tab.run(operation), "network", operation);
  equal((await tab.current()).state, "active", "the state after that");
  tab.isBlocked = false;
  equal(await tab.run("validate"), "active", "once the engine can be loaded");
  equal((await tab.current()).problem, null, "the problem");
}

async function changedElsewhere(one, polar, tab) {
  await one.activate();
  const other = await tab();
  equal(seen(await other.load()), AT_ONCE, "the other tab");
  equal(await one.run("deactivate"), "unlicensed", "the one tab");
  await other.hears(["unlicensed", null]);
  equal(other.requested, 1, "requests for the engine");
}

async function ends(tab) {
  await tab.activate();
  equal(seen(await tab.load()), AT_ONCE, "the second load");
  await tab.pass(2 * DAY_MS);
  equal((await tab.current()).state, "grace", "two days later");
  await tab.requests(1);
  equal((await tab.load({ ahead: 60 * DAY_MS })).state, "lapsed", "two months later");
  await tab.setClock(0);
  equal((await tab.current()).state, "lapsed", "after the clock was set back");
}

async function setBackWhileOpen(tab) {
  await tab.activate();
  equal(seen(await tab.load()), AT_ONCE, "the second load");
  await tab.setClock(-DAY_MS);
  equal((await tab.current()).state, "active", "the state");
  await tab.requests(1);
}

async function setBack(tab) {
  await tab.activate();
  const back = await tab.load({ ahead: -5 * DAY_MS });
  equal(seen(back), { state: "clock_suspect", waited: true }, "five days earlier");
}

async function editedRecord(tab) {
  await tab.activate();
  const name = await tab.record();
  const record = await tab.stored(name);
  await tab.store(record.slice(0, -8) + record.slice(-8).toLowerCase().replaceAll("a", "b"), name);
  const { decision, waited } = await tab.load();
  equal([decision.state, decision.reason, waited], ["unlicensed", "tampered", true], "the second load");
}

async function editedOutlook(tab) {
  await tab.activate();
  await tab.store((await tab.stored()).replaceAll('"allowed":false', '"allowed":true'));
  equal(seen(await tab.load()), WAITED, "edited phases");
  for (const text of ["", "null", "{}", '{"phases":[]}', "no JSON"]) {
    await tab.store(text);
    equal(seen(await tab.load()), WAITED, text);
  }
}

/** Stores the outlook with the checksum that another version of the package would compute. */
async function anotherVersion(tab) {
  await tab.activate();
  const restamp = (version) =>
    tab.page.evaluate(
      async ({ version, name }) => {
        const { tags, phases } = JSON.parse(localStorage.getItem(name));
        const options = {
          organizationId: "de300000-0000-4000-8000-000000000001",
          appId: "com.example.app",
          features: { export: ["de300000-0000-4000-8000-0000000000b1"] },
          environment: globalThis.environment,
        };
        const device = localStorage.getItem("polar-license/device");
        const text = atob(localStorage.getItem(Object.keys(localStorage).find((name) => /\/[0-9a-f]{16}$/.test(name))));
        const record = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
        const input = JSON.stringify([version, JSON.stringify(options), device, tags, String(record), phases]);
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(input)));
        const checksum = String(hash);
        localStorage.setItem(name, JSON.stringify({ tags, phases, checksum }));
        return checksum;
      },
      { version, name: OUTLOOK },
    );
  await tab.page.evaluate((environment) => void (globalThis.environment = environment), tab.polar.url);
  const { checksum } = JSON.parse(await tab.stored());
  const { version } = await tab.page.evaluate(async () => (await fetch("/node_modules/polar-license/package.json")).json());
  equal(await restamp(version), checksum, "the checksum of this version");
  await restamp("0.0.1");
  equal(seen(await tab.load()), WAITED, "the second load");
}

async function changedSettings(tab) {
  await tab.activate();
  equal(seen(await tab.load({ features: {} })), WAITED, "other features");
  await tab.activate({ appSecret: SECRET }).catch(() => undefined);
  equal((await tab.load({ appSecret: `${SECRET}2` })).waited, true, "another secret");
}

async function anotherDevice(tab) {
  await tab.activate();
  await tab.store("another device", "polar-license/device");
  const { decision, waited } = await tab.load();
  equal([decision.state, decision.reason, waited], ["unlicensed", "other_device", true], "the second load");
}

async function anotherEnvironment(tab) {
  await tab.activate();
  const other = await tab.load({ environment: "sandbox" });
  equal(seen(other), { state: "unlicensed", waited: true }, "the other environment");
  equal((await tab.load()).state, "active", "the first environment again");
}

async function locked(tab, polar, another) {
  await tab.activate();
  const name = await tab.record();
  const holder = await another();
  await holder.page.goto(`${tab.site.url}/slim.html`);
  const hold = (names) => {
    for (const name of names) void navigator.locks.request(name, () => new Promise(() => undefined));
  };
  await holder.page.evaluate(hold, [name, `${name}/asking`, OUTLOOK]);
  await holder.page.waitForFunction(async () => (await navigator.locks.query()).held.length === 3);
  equal(seen(await tab.load()), AT_ONCE, "the second load");
}

async function storesNoSecret(tab) {
  await tab.activate({ appSecret: SECRET, supportUrl: "https://example.com/help" });
  equal(seen(await tab.load({ appSecret: SECRET, supportUrl: "https://example.com/help" })), AT_ONCE, "the second load");
  const text = await tab.stored();
  for (const secret of [SECRET, KEY, btoa(SECRET)]) holds(!text.includes(secret), secret);
}

async function storesNoProblem(tab, polar) {
  await tab.activate();
  const before = await tab.stored();
  await tab.page.route(`${polar.url}/**`, (route) => route.abort());
  equal(await tab.run("validate"), "active", "offline");
  equal((await tab.current()).problem?.kind, "network", "the problem");
  await tab.page.waitForFunction(([name, before]) => localStorage.getItem(name) !== before, [OUTLOOK, before]);
  const again = await tab.load();
  equal([again.state, again.waited, again.decision.problem], ["active", false, null], "the second load");
}

/** Denies a license while the record cannot be saved. An outlook that shows the old record must not be stored then. */
async function unsaved(tab, polar) {
  await tab.activate();
  equal(seen(await tab.load()), AT_ONCE, "the second load");
  const fill = ({ record, outlook }) => {
    const { setItem } = Storage.prototype;
    Object.assign(globalThis.app, { isFull: true, outlooks: [] });
    Storage.prototype.setItem = function (name, text) {
      if (name === record && globalThis.app.isFull) throw new Error("the storage is full");
      if (name === outlook) globalThis.app.outlooks.push(JSON.parse(text).phases[0].decision.state);
      setItem.call(this, name, text);
    };
  };
  await tab.page.evaluate(fill, { record: await tab.record(), outlook: OUTLOOK });
  await polar.change(`/keys/${KEY}`, { status: "revoked" });
  equal(await tab.run("validate"), "denied", "the denial");
  await tab.page.evaluate(() => void (globalThis.app.isFull = false));
  equal(await tab.run("validate"), "denied", "once the record can be saved");
  await tab.outlookReaches("denied");
  equal(await tab.page.evaluate(() => globalThis.app.outlooks), ["denied"], "the outlooks");
}

async function deactivated(tab) {
  await tab.activate();
  equal(await tab.run("deactivate"), "unlicensed", "the deactivation");
  await tab.outlookReaches("unlicensed");
  equal(seen(await tab.load()), { state: "unlicensed", waited: false }, "the second load");
}

async function noneKept(tab) {
  for (const options of [{ entry: "index" }, { storage: "keyValueStorage" }]) {
    await tab.load(options);
    equal(await tab.run("activate", KEY), "active", "the activation");
    equal(await tab.run("refresh"), "active", "a refresh");
    equal(await tab.run("deactivate"), "unlicensed", "the deactivation");
    equal(await tab.stored(), null, "the outlook");
  }
}
