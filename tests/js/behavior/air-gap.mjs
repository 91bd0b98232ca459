// Tests a page on a computer that is never online: it makes a request, imports the answer, and gives its license back.
// Node acts for the page on another computer, with the local Polar.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { equal, holds } from "./shared/demand.mjs";
import { LocalPolar } from "./shared/local-polar.mjs";

const KEY = "DEMO-ONE-DEVICE";
const SETTINGS = {
  organizationId: "de300000-0000-4000-8000-000000000001",
  appId: "com.example.app",
  features: { export: ["de300000-0000-4000-8000-0000000000b1"] },
  appSecret: "hush",
  airGapDays: 90,
  autoRefresh: false,
};

export function airGapTests(browser, site, { polar: url, folder }) {
  const entries = { "the main entry": "app", "`./slim`, before the engine is loaded": "slim" };
  return Object.entries(entries).map(([name, entry]) => ({
    name: `air-gap: a page that is never online, with ${name}`,
    kind: "stories of pages that are never online",
    run: () => story(browser, site, new LocalPolar(url), folder, entry),
  }));
}

async function story(browser, site, polar, folder, entry) {
  await polar.reset();
  const directory = mkdtempSync(join(tmpdir(), "polar-license-air-gap-"));
  const { createLicenseClient, fileStorage } = await import(
    pathToFileURL(join(folder, "node_modules/polar-license/node.js"))
  );
  const settings = { ...SETTINGS, environment: polar.url };
  const b = await createLicenseClient({ ...settings, deviceId: "B", storage: fileStorage({ directory }) });
  const context = await browser.newContext();
  try {
    const a = new Page(await context.newPage(), site, settings, entry);
    await a.load();
    const { text: request } = await a.run("offlineRequest");
    equal((await a.run("offlineRequest")).text, request, "the request waits for its answer");
    const answer = await b.offlineAnswer(request, KEY);
    equal(await polar.seats(KEY), 1, "seats");

    await a.load();
    const imported = await a.run("offlineImport", answer.text);
    equal([imported.state, imported.airGapped], ["active", true], "the import");
    const first = await a.load();
    equal([first.state, first.airGapped], ["active", true], "the first decision of the next load");
    const returned = await a.run("offlineReturn");
    equal([returned.state, returned.shown], ["unlicensed", false], "the return, and whether its JSON has the text");
    equal((await b.offlineRelease(returned.text)).deactivated, "released", "the release");
    equal(await polar.seats(KEY), 0, "seats");

    for (const name of ["offlineAnswer", "offlineRelease"]) {
      const refused = await a.run(name, request, KEY);
      equal(refused.kind, "invalid_config", name);
      holds(refused.detail.includes("publish the app secret"), refused.detail);
    }
    equal(a.sent, [], "requests of the page");
    equal(a.unhandled, [], "errors that nobody handled");
  } finally {
    b.dispose();
    await context.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The app on the computer that is never online. */
class Page {
  /** The addresses of the requests that the page has tried to send to Polar. */
  sent = [];
  unhandled = [];
  #page;
  #site;
  #settings;
  #entry;

  constructor(page, site, settings, entry) {
    this.#page = page;
    this.#site = site;
    this.#settings = settings;
    this.#entry = entry;
    page.on("pageerror", (error) => this.unhandled.push(String(error)));
  }

  /** Loads the page, and creates the client. Returns the first decision. */
  async load() {
    await this.#page.route(`${this.#settings.environment}/**`, (route) => {
      this.sent.push(route.request().url());
      return route.abort();
    });
    await this.#page.goto(`${this.#site.url}/${this.#entry}.html`);
    await this.#page.waitForFunction(() => globalThis.isReady);
    const wasm = this.#entry === "slim" ? { wasm: "/node_modules/polar-license/polar_license.wasm" } : {};
    return this.#page.evaluate(async (settings) => {
      // the browser is never idle, so only an operation loads the engine
      globalThis.requestIdleCallback = () => 0;
      globalThis.license = await globalThis.polarLicense.createLicenseClient(settings);
      return globalThis.license.current();
    }, { ...this.#settings, ...wasm });
  }

  /** Runs an operation. Returns the decision and the text, or the error. */
  run(name, ...given) {
    const run = async ({ name, given }) => {
      try {
        const result = await globalThis.license[name](...given);
        if (typeof result === "string") return { text: result };
        if (!result.text) return { ...result };
        return { ...result.decision, text: result.text, shown: JSON.stringify(result).includes(result.text) };
      } catch (error) {
        return error.toJSON();
      }
    };
    return this.#page.evaluate(run, { name, given });
  }
}
