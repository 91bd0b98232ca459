// Tests two tabs that use one record. They must share requests, and must see each other's changes.

import { equal } from "./shared/demand.mjs";
import { LocalPolar } from "./shared/local-polar.mjs";

const DAY_MS = 86_400_000;

const STORAGES = ["webStorage", "indexedDbStorage"];

/** A timeout that differs from the default, so that the test recognizes it. */
const TIMEOUT_MS = 7_000;

export function tabTests(browser, site, { polar: url }) {
  const polar = new LocalPolar(url);
  const stories = {
    "both validate at once": bothValidate,
    "both refresh at once when it is time": bothRefresh,
    "an activation shows in the other tab": oneActivates,
    "a deactivation shows in the other tab": oneDeactivates,
    "both activate the same key with one seat": bothActivate,
    "both activate while one of them is closed": oneCloses,
    "a validate waits for another tab's for as long as is configured": oneWaitsInVain,
  };
  return Object.entries(stories).flatMap(([name, story]) =>
    STORAGES.map((storage) => ({
      name: `${name}, ${storage}`,
      kind: "stories of two tabs",
      run: () => inTwoTabs(browser, site, polar, storage, story),
    })),
  );
}

async function inTwoTabs(browser, site, polar, storage, story) {
  await polar.reset();
  const context = await browser.newContext();
  const unhandled = [];
  try {
    const tabs = [];
    for (const _ of [1, 2]) {
      const page = await context.newPage();
      page.on("pageerror", (error) => unhandled.push(String(error)));
      await page.goto(`${site.url}/app.html`);
      await page.waitForFunction(() => globalThis.isReady);
      tabs.push(new Tab(page));
    }
    for (const tab of tabs) await tab.open(polar.url, storage);
    await story(...tabs, polar, storage);
    equal(unhandled, [], "errors that nobody handled");
  } finally {
    await context.close();
  }
}

/** The app in one tab of the browser. */
class Tab {
  constructor(page) {
    this.page = page;
  }

  /**
   * Opens the app's client. The test decides when its requests leave, and can read the changes that the client has
   * received.
   */
  open(polar, storage) {
    const timeoutMs = TIMEOUT_MS;
    const open = async ({ polar, storage, timeoutMs }) => {
      const state = { ahead: 0, changes: [], held: undefined, gate: Promise.resolve() };
      // only the test makes deadlines pass, so that a slow machine changes nothing
      const { setTimeout } = globalThis;
      state.deadlines = [];
      globalThis.setTimeout = (work, ms) => (ms < 1_500 ? setTimeout(work, ms) : -state.deadlines.push({ work, ms }));
      const { createLicenseClient, [storage]: make } = globalThis.polarLicense;
      state.license = await createLicenseClient({
        organizationId: "de300000-0000-4000-8000-000000000001",
        appId: "com.example.app",
        environment: polar,
        storage: make(),
        timeoutMs,
        clock: { now: () => Date.now() + state.ahead, monotonic: () => performance.now() + state.ahead },
        fetch: async (...request) => {
          await state.gate;
          return fetch(...request);
        },
        autoRefresh: false,
      });
      state.license.onChange((decision) => state.changes.push(decision.state));
      globalThis.tab = state;
    };
    return this.page.evaluate(open, { polar, storage, timeoutMs });
  }

  /** Starts an operation. `result` waits until it has ended. */
  start(name, ...given) {
    const start = ({ name, given }) => {
      const { license } = globalThis.tab;
      globalThis.tab.result = license[name](...given).then(
        ({ state, problem }) => ({ state, problem: problem?.kind ?? null }),
        ({ kind }) => ({ kind }),
      );
    };
    return this.page.evaluate(start, { name, given });
  }

  result() {
    return this.page.evaluate(() => globalThis.tab.result);
  }

  async run(...operation) {
    await this.start(...operation);
    return this.result();
  }

  /** Holds requests back until the test releases them. */
  close() {
    return this.page.evaluate(() => {
      globalThis.tab.gate = new Promise((resolve) => (globalThis.tab.held = resolve));
    });
  }

  letGo() {
    return this.page.evaluate(() => globalThis.tab.held());
  }

  /** Advances this tab's clock. */
  pass(ms) {
    return this.page.evaluate((ms) => void (globalThis.tab.ahead += ms), ms);
  }

  /** Makes the deadlines pass that are between `least` and `most` away. */
  expire(least, most) {
    const expire = ({ least, most }) => {
      const due = globalThis.tab.deadlines.filter(({ ms }) => least <= ms && ms <= most);
      for (const { work } of due) work();
      return due.length;
    };
    return this.page.evaluate(expire, { least, most });
  }

  /** Resolves once any tab has the turn to ask Polar. */
  somebodyAsks() {
    return this.#until(async () => (await navigator.locks.query()).held.some(({ name }) => name.endsWith("/asking")));
  }

  /** Resolves once any tab waits for its turn. */
  somebodyWaits() {
    return this.#until(async () => (await navigator.locks.query()).pending.length > 0);
  }

  /** Resolves once this tab's listener has received `state`. */
  hears(state) {
    return this.#until((state) => globalThis.tab.changes.includes(state), state);
  }

  /**
   * Checks the condition from outside of the tab, again and again, because a page in the background does not check it
   * itself.
   */
  async #until(condition, given) {
    for (let asked = 0; asked < 10_000; asked += 1) {
      if (await this.page.evaluate(condition, given)) return;
    }
    throw new Error(`it does not come to ${condition} (${given})`);
  }

  state() {
    return this.page.evaluate(() => globalThis.tab.license.current().state);
  }
}

/** Starts the operation in both tabs. The second tab starts it while the first one's request is under way. */
async function atOnce(one, other, ...operation) {
  await one.close();
  await one.start(...operation);
  await one.somebodyAsks();
  await other.start(...operation);
  await one.somebodyWaits();
  await one.letGo();
  return [await one.result(), await other.result()];
}

/**
 * Whether the two tabs are sure to share one request. With localStorage, a change by one tab may reach the other tab a
 * moment after that tab's turn has come. In that case the other tab sends a request as well, and the engine merges both
 * answers.
 */
const isShared = (storage) => storage !== "webStorage";

const ACTIVE = { state: "active", problem: null };

async function bothValidate(one, other, polar, storage) {
  equal(await one.run("activate", "DEMO-PLAIN"), ACTIVE, "before");
  await other.hears("active");
  await polar.clearRequests();
  equal(await atOnce(one, other, "validate"), [ACTIVE, ACTIVE], "both");
  if (isShared(storage)) equal(await polar.asked(), ["validate"], "requests");
}

async function bothRefresh(one, other, polar, storage) {
  equal(await one.run("activate", "DEMO-PLAIN"), ACTIVE, "before");
  await other.hears("active");
  await polar.clearRequests();
  await polar.advance((2 * DAY_MS) / 1000);
  for (const tab of [one, other]) await tab.pass(2 * DAY_MS);
  equal([await one.state(), await other.state()], ["grace", "grace"], "two days later");
  equal(await atOnce(one, other, "refresh"), [ACTIVE, ACTIVE], "both");
  if (isShared(storage)) equal(await polar.asked(), ["validate"], "requests");
}

async function oneActivates(one, other, polar) {
  equal(await one.run("activate", "DEMO-TWO-DEVICES"), ACTIVE, "the one");
  await other.hears("active");
  equal(await other.state(), "active", "the other");
  equal(await polar.asked(), ["validate", "activate"], "requests");
}

async function oneDeactivates(one, other, polar) {
  await one.run("activate", "DEMO-ONE-DEVICE");
  await other.hears("active");
  equal(await one.run("deactivate"), { state: "unlicensed", problem: null }, "the one");
  await other.hears("unlicensed");
  equal(await polar.asked(), ["validate", "activate", "deactivate"], "requests");
}

async function bothActivate(one, other, polar, storage) {
  equal(await atOnce(one, other, "activate", "DEMO-ONE-DEVICE"), [ACTIVE, ACTIVE], "both");
  equal(await polar.seats("DEMO-ONE-DEVICE"), 1, "seats");
  const sent = (await polar.asked()).filter((endpoint) => endpoint === "activate").length;
  if (isShared(storage)) equal(sent, 1, "activations sent");
}

async function oneWaitsInVain(one, other, polar) {
  equal(await one.run("activate", "DEMO-PLAIN"), ACTIVE, "before");
  await other.hears("active");
  await polar.clearRequests();
  await one.close();
  await one.start("validate");
  await one.somebodyAsks();
  await other.start("validate");
  await one.somebodyWaits();
  equal(await other.expire(TIMEOUT_MS - 1_000, TIMEOUT_MS), 1, "deadlines of the one that waits");
  equal(await other.result(), { state: "active", problem: "timeout" }, "the one that waits");
  await one.letGo();
  equal(await one.result(), ACTIVE, "the one that asks");
  equal(await polar.asked(), ["validate"], "requests");
}

async function oneCloses(one, other, polar) {
  await one.close();
  await one.start("activate", "DEMO-ONE-DEVICE");
  await one.somebodyAsks();
  await other.start("activate", "DEMO-ONE-DEVICE");
  await one.somebodyWaits();
  await one.page.close();
  equal(await other.result(), ACTIVE, "the other");
  equal(await polar.seats("DEMO-ONE-DEVICE"), 1, "seats");
}
