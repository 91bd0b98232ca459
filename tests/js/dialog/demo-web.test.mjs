// Tests the folder that `cargo xtask demo-web --static` writes, in Chromium from a plain file server under a path. Each
// control does what it says, no request leaves the server, and each request is for a file. Writes pictures of the page to
// target/demo-web. The README shows copies of two of them, which are in tools/demo-web.
//
// POLAR_LICENSE_DEMO is the folder.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import axe from "axe-core";
import { serve } from "../../../tools/demo-web/site.mjs";
import { PATIENCE_MS } from "../patience.mjs";
import { browsers } from "./browsers.mjs";

const target = (path) => fileURLToPath(new URL(`../../../target/${path}/`, import.meta.url));
const folder = process.env.POLAR_LICENSE_DEMO ?? target("demo-web/site");
const pictures = target("demo-web");
const PATH = "/polar-license/demo/";
const [chromium] = browsers;
const COULD_NOT_BE_REACHED =
  "The license server could not be reached. Check the network connection or sign in to the network, and try again.";

describe("the demonstration", { skip: chromium.missing }, () => {
  /** The labels of all controls, and of those that a visitor has used. */
  const controls = { all: new Set(), used: new Set() };
  const visit = (name, story, size) => it(name, (context) => run(context, story, controls, size));

  visit("shows the life of a license", life);
  visit("shows each sample key", sampleKeys);
  visit("denies a key that Polar denies, and recovers", denials);
  visit("shows broken networks", networks);
  visit("does not trust a clock that was set back", clocks);
  visit("frees a seat that another computer has", seats);
  visit("mails the code that finds a lost key", mails);
  visit("starts over", startsOver);
  visit("is used with the keyboard alone", keyboard);
  visit("fits on a phone, and axe-core finds no fault in light and dark colours", phone, { width: 390, height: 844 });
  it("has no control that these tests do not use", () => {
    assert.ok(controls.all.size > 20);
    assert.deepEqual([...controls.all].sort(), [...controls.used].sort());
  });
});

/** Opens the page, and lets a visitor use it. Then checks the requests. */
async function run(context, story, controls, size = { width: 1280, height: 800 }) {
  const site = await serve(folder, PATH);
  context.after(site.stop);
  const browser = await chromium.launch();
  context.after(() => browser.close());
  const page = await browser.newPage();
  const faults = [];
  const requests = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => requests.push(request));
  await page.setViewport(size);
  await page.goto(site.url);
  const visitor = new Visitor(page, controls);
  await visitor.decides("unlicensed", "No license is active on this device. Enter a license key.");
  for (const label of await visitor.labels()) controls.all.add(label);
  await story(visitor, context);
  const sent = requests.filter((request) => !request.url().startsWith("data:"));
  for (const request of sent) {
    assert.ok(request.url().startsWith(site.url), `a request to ${request.url()}`);
    assert.equal(`${request.method()} ${request.response()?.status()}`, "GET 200", request.url());
  }
  assert.deepEqual(faults, []);
  if (story === startsOver) reportSize(sent, site.url, context);
}

async function life(visitor) {
  await visitor.isOn({ export: false, share: false });
  await visitor.presses("Enter the key");
  await visitor.answers("Activate");
  await visitor.decides("active", "The license is active.");
  await visitor.isOn({ export: true, share: true });
  await visitor.answers("Done");
  await visitor.answers("Export to PDF");
  await visitor.reads("Done.");
  await visitor.presses("Offline");
  await visitor.logs("Network: Offline");
  await visitor.presses("+1 day");
  await visitor.decides("grace", "The license is active. It will be confirmed when you are next online.");
  await visitor.logs(COULD_NOT_BE_REACHED);
  await visitor.presses("+20 days");
  await visitor.decides("lapsed", "The license has not been confirmed for too long. Go online once to continue.");
  await visitor.isOn({ export: false, share: false });
  await visitor.presses("Restart");
  await visitor.logs("The app restarts.");
  await visitor.presses("Online");
  await visitor.decides("active", "The license is active.");
  await visitor.isOn({ export: true, share: true });
  await visitor.presses("Revoke");
  await visitor.logs("The key was revoked.");
  await visitor.isOn({ export: true, share: true });
  await visitor.presses("Check now");
  await visitor.decides("denied", "The license is no longer active. Contact the vendor.");
  await visitor.isOn({ export: false, share: false });
  assert.deepEqual(await visitor.decisions(), ["unlicensed", "active", "grace", "lapsed", "active", "denied"]);
  await visitor.answers("License…");
  await visitor.takesPictures(["light", "dark"]);
  await isAccessible(visitor);
}

/** Activates each sample key. A key for another plan turns on fewer features, and a revoked key is refused. */
async function sampleKeys(visitor) {
  const basic = "ACME-BASIC-51D8-02B6 Basic, no export";
  const trial = "ACME-TRIAL-E07C-8A35 Pro, for 14 days";
  const pro = "ACME-PRO-7F3A-19C4 Pro, one computer";
  await visitor.presses("ACME-PRO-C2B9-64E1 Pro, revoked");
  await visitor.presses("Enter the key");
  await visitor.answers("Activate");
  await visitor.reads("This license key is no longer active. Contact the vendor.");
  await visitor.enters(basic);
  await visitor.isOn({ export: false, share: true });
  await visitor.reads("Your license does not include this feature. Upgrade to use it.");
  await visitor.enters(trial);
  await visitor.isOn({ export: true, share: true });
  await visitor.presses("+20 days");
  await visitor.decides("expired", "The license has expired. Renew it to continue.");
  await visitor.enters(pro);
}

/** Lets the vendor expire the key, grant it, remove its devices, and replace it. */
async function denials(visitor) {
  await visitor.presses("Enter the key");
  await visitor.answers("Activate");
  await visitor.decides("active", "The license is active.");
  await visitor.presses("Expire");
  await visitor.logs("The key has expired.");
  await visitor.presses("Check now");
  await visitor.decides("expired", "The license has expired. Renew it to continue.");
  await visitor.presses("Grant");
  await visitor.logs("The key was granted.");
  await visitor.presses("Check now");
  await visitor.decides("active", "The license is active.");
  await visitor.presses("Check now");
  await visitor.logs("Polar’s answer changes nothing.");
  await visitor.presses("Remove devices");
  await visitor.logs("The key’s devices were removed.");
  await visitor.presses("Check now");
  await visitor.decides("denied", "The license is no longer valid on this device.");
  await visitor.enters("ACME-PRO-7F3A-19C4 Pro, one computer");
  await visitor.presses("Replace");
  await visitor.logs("The key was replaced by a new one.");
  const replaced = (await visitor.labels()).find((label) => label.endsWith("Pro, one computer"));
  assert.notEqual(replaced, "ACME-PRO-7F3A-19C4 Pro, one computer");
  await visitor.presses("Check now");
  await visitor.decides("denied", "Activate it again, or enter the new license key.");
  await visitor.presses("Enter the key");
  await visitor.answers("Activate");
  await visitor.decides("active", "The license is active.");
}

/** Shows that no broken network takes the license away within the grace period. */
async function networks(visitor) {
  await visitor.enters("ACME-PRO-7F3A-19C4 Pro, one computer");
  for (const [network, problem] of [
    ["Hotel Wi-Fi", COULD_NOT_BE_REACHED],
    ["Server error", COULD_NOT_BE_REACHED],
    ["Offline", COULD_NOT_BE_REACHED],
  ]) {
    await visitor.presses(network);
    await visitor.logs(`Network: ${network}`);
    await visitor.presses("Check now");
    await visitor.logs(problem);
    await visitor.isOn({ export: true, share: true });
  }
  await visitor.presses("+7 days");
  await visitor.decides("grace", "The license is active. It will be confirmed when you are next online.");
  await visitor.presses("Online");
  await visitor.decides("active", "The license is active.");
}

/** Turns the clock back while the app is offline and does not run, and forth. */
async function clocks(visitor) {
  await visitor.enters("ACME-PRO-7F3A-19C4 Pro, one computer");
  await visitor.presses("Offline");
  await visitor.presses("−2 days");
  await visitor.logs("The user turns the clock: −2 days");
  await visitor.showsDay(-2);
  await visitor.presses("Restart");
  await visitor.decides("clock_suspect", "The clock of this device does not fit the last confirmation of the license.");
  await visitor.presses("Set right");
  await visitor.decides("active", "The license is active.");
  await visitor.showsDay(0);
  await visitor.presses("+2 days");
  await visitor.showsDay(2);
  await visitor.decides("grace", "The license is active. It will be confirmed when you are next online.");
}

/** Lets another computer take the only seat, and free it again. */
async function seats(visitor) {
  await visitor.presses("Activate the key there");
  await visitor.logs("The other computer activates the key: “The license is active.”");
  await visitor.presses("Enter the key");
  await visitor.answers("Activate");
  await visitor.reads("This license key is in use on as many devices as it allows. Deactivate one of them first.");
  await visitor.presses("Free its seat");
  await visitor.logs("The other computer deactivates the key: “No license is active on this device.");
  await visitor.answers("Activate");
  await visitor.decides("active", "The license is active.");
  await visitor.presses("Activate the key there");
  await visitor.logs("The other computer activates the key: “This license key is in use on as many devices as it allows.");
}

/** Finds the key with a code that Polar mails to the customer. */
async function mails(visitor) {
  await visitor.presses("Enter the key");
  await visitor.answers("Find my key");
  await visitor.types("E-mail address", "jane@acme.example.com");
  await visitor.answers("Send the code");
  const code = await visitor.codeInMail();
  await visitor.types("Code from the e-mail", code);
  await visitor.answers("Continue");
  await visitor.reads("Which license do you want to use on this device?");
}

/** Loads the page again, which forgets everything. */
async function startsOver(visitor) {
  await visitor.enters("ACME-PRO-7F3A-19C4 Pro, one computer");
  await visitor.presses("Start over");
  await visitor.decides("unlicensed", "No license is active on this device. Enter a license key.");
  assert.deepEqual(await visitor.decisions(), ["unlicensed"]);
}

/** Reaches every control with the Tab key. Then enters a key and goes offline. */
async function keyboard(visitor) {
  const { keyboard } = visitor.page;
  const focused = () =>
    visitor.page.evaluate(() => {
      const at = document.activeElement;
      return (at.labels?.[0] ?? at).innerText?.trim() || at.getAttribute("aria-label");
    });
  const goes = async (label) => {
    const seen = [];
    for (let at = await focused(); at !== label; at = await focused()) {
      seen.push(at);
      assert.ok(seen.length < 60, `the Tab key does not lead to ${label}, but to ${seen.join(", ")}`);
      await keyboard.press("Tab");
    }
  };
  await goes("Enter the key");
  await keyboard.press("Enter");
  await visitor.app.waitForFunction(
    () => document.querySelector("polar-license-dialog").shadowRoot.activeElement?.localName === "input",
    { timeout: PATIENCE_MS },
  );
  await keyboard.press("Enter");
  await visitor.decides("active", "The license is active.");
  await keyboard.press("Escape");
  await goes("Online");
  await keyboard.press("ArrowRight");
  await visitor.logs("Network: Offline");
  await goes("+1 day");
  await keyboard.press("Space");
  await visitor.decides("grace", "The license is active. It will be confirmed when you are next online.");
}

/** Uses the page on a phone, where the decision stays in view. No part of the page is wider than the phone. */
async function phone(visitor) {
  const { page } = visitor;
  await visitor.enters("ACME-PRO-7F3A-19C4 Pro, one computer");
  await visitor.presses("Offline");
  await visitor.presses("+20 days");
  await visitor.decides("lapsed", "The license has not been confirmed for too long. Go online once to continue.");
  const card = await page.$eval("#decision", (card) => card.getBoundingClientRect().toJSON());
  assert.ok(card.top > 0 && card.bottom <= 844, `the decision is at ${card.top} to ${card.bottom}`);
  await visitor.takesPictures(["dark", "light"], (scheme) => `phone-${scheme}`);
  await page.setViewport({ width: 320, height: 640 });
  for (const frame of [page.mainFrame(), visitor.app]) {
    const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${frame.url()} is ${wide} pixels wider than the phone`);
  }
  await isAccessible(visitor);
}

/** Checks the page and the app with axe-core, in light and dark colours. */
async function isAccessible({ page, app }) {
  for (const frame of [page.mainFrame(), app]) {
    await frame.evaluate(axe.source);
    for (const value of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      const found = await frame.evaluate(async () => {
        const { passes, violations } = await axe.run(document, { iframes: false });
        const words = (id) => ({ failureSummary, target }) => `${id} ${target}: ${failureSummary}`;
        const faults = violations.flatMap(({ id, nodes }) => nodes.map(words(id)));
        return passes.some(({ id }) => id === "color-contrast") ? faults : ["the contrast of nothing was judged"];
      });
      assert.deepEqual(found, [], `${frame.url()}, ${value}`);
    }
  }
}

/** Prints the size of everything that a visitor downloads. */
function reportSize(requests, url, context) {
  const names = [...new Set(requests.map((request) => request.url().slice(url.length) || "index.html"))];
  const files = names.map((name) => readFileSync(join(folder, name)));
  const sum = (sizeOf) => files.reduce((size, file) => size + sizeOf(file).length, 0).toLocaleString("en");
  const sizes = `${sum((file) => file)} bytes, ${sum(gzipSync)} by gzip, ${sum(brotliCompressSync)} by brotli`;
  context.diagnostic(`the page: ${names.length} files, ${sizes}`);
}

/** A visitor of the page, who waits after each step until its result is visible. */
class Visitor {
  constructor(page, controls) {
    this.page = page;
    this.controls = controls;
    /** The number of lines that were in the list before the last control was used. */
    this.before = 0;
  }

  /** Returns the labels of all controls of the page. */
  labels() {
    return this.page.$$eval("button, label", (controls) =>
      controls.map(({ textContent }) => textContent.trim().replace(/\s+/g, " ")),
    );
  }

  /** Presses a button, or chooses a radio button. */
  async presses(label) {
    this.controls.used.add(label);
    const isIt = (label) =>
      [...document.querySelectorAll("button, label")].find(
        ({ textContent }) => textContent.trim().replace(/\s+/g, " ") === label,
      );
    this.before = await this.page.$$eval("#timeline li", (lines) => lines.length);
    const control = await this.page.waitForFunction(isIt, { timeout: PATIENCE_MS }, label);
    await control.click();
  }

  get app() {
    return this.page.frames().find((frame) => frame.url().endsWith("/app.html"));
  }

  /** Presses a button of the app, or of its dialog. */
  async answers(label) {
    await this.app.locator(`::-p-aria([name="${label}"][role="button"])`).setTimeout(PATIENCE_MS).click();
  }

  /** Chooses a sample key, and activates it in the dialog. */
  async enters(key) {
    await this.presses(key);
    await this.presses("Enter the key");
    await this.answers("Activate");
    await this.decides("active", "The license is active.");
  }

  /** Types a text into a field of the app's dialog. */
  async types(label, text) {
    await this.app.locator(`::-p-aria([name="${label}"][role="textbox"])`).setTimeout(PATIENCE_MS).fill(text);
  }

  /** Waits until a text is in the app, or in its dialog. */
  reads(text) {
    const isShown = (text) => {
      const { shadowRoot } = document.querySelector("polar-license-dialog");
      return `${document.body.innerText} ${shadowRoot?.textContent}`.includes(text);
    };
    return this.app.waitForFunction(isShown, { timeout: PATIENCE_MS }, text);
  }

  /** Waits until the user's clock shows today, or another day. */
  showsDay(days) {
    const format = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
    const day = format.format(Date.now() + days * 24 * 3_600_000);
    return this.#until((day) => document.querySelector("form time").textContent.startsWith(day), [day]);
  }

  /** Waits for the customer's mail, and returns the code in it. */
  async codeInMail() {
    const find = () => document.querySelector("#mail").textContent.match(/the code is (\S+)/)?.[1];
    const found = await this.page.waitForFunction(find, { timeout: PATIENCE_MS });
    return found.jsonValue();
  }

  /** Waits until the page shows a decision. */
  decides(state, sentence) {
    return this.#until(
      (state, sentence) => {
        const card = document.querySelector("#decision");
        return card.dataset.state === state && card.innerText.includes(sentence);
      },
      [state, sentence],
    );
  }

  /** Waits until a line with `text` is in the list that was not there before the last control was used. */
  logs(text) {
    const isNew = (text, before) =>
      [...document.querySelectorAll("#timeline li")].slice(0, -before || undefined).some((line) =>
        line.textContent.includes(text),
      );
    return this.#until(isNew, [text, this.before]);
  }

  /** Returns the states of all decisions, the oldest first. */
  decisions() {
    return this.page.$$eval("#timeline .decision", (items) => items.map(({ dataset }) => dataset.state).reverse());
  }

  /** Waits until the buttons of the app's features are on or off, and until the page says the same. */
  async isOn(features) {
    const buttons = (features) =>
      Object.entries(features).every(([name, on]) => {
        const button = document.querySelector(`[data-feature=${name}]`);
        return button.disabled === !on;
      });
    await this.app.waitForFunction(buttons, { timeout: PATIENCE_MS }, features);
    const shown = Object.entries(features).map(([name, on]) => `${name}: ${on ? "on" : "off"}`);
    assert.equal(await this.page.$eval("#decision code", ({ textContent }) => textContent), shown.join(" · "));
  }

  async takesPictures(schemes, name = (scheme) => scheme) {
    mkdirSync(pictures, { recursive: true });
    for (const scheme of schemes) {
      await this.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await this.page.screenshot({ path: join(pictures, `${name(scheme)}.png`) });
    }
  }

  async #until(condition, args) {
    const shown = () => this.page.$eval("#timeline", ({ innerText }) => innerText);
    await this.page.waitForFunction(condition, { timeout: PATIENCE_MS }, ...args).catch(async (cause) => {
      throw new Error(`the page does not show ${args}, but:\n${await shown()}`, { cause });
    });
  }
}
