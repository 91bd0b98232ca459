// Tests the page of `cargo xtask demo-web` in Chromium over real HTTP. A license is activated, in grace, lapsed,
// confirmed and revoked, by the controls that a person uses. Writes pictures of the page to target/demo-web. The README
// shows copies of these pictures, which are in tools/demo-web.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../../tools/demo-web/site.mjs";
import { scripts, startPolar } from "../electron/polar.mjs";
import { PATIENCE_MS } from "../patience.mjs";
import { browsers } from "./browsers.mjs";

const pictures = fileURLToPath(new URL("../../../target/demo-web/", import.meta.url));
const [chromium] = browsers;

it("the demonstration shows each decision and its reason", { skip: chromium.missing }, async (context) => {
  const polar = await startPolar((end) => context.after(end));
  const site = await serve(scripts, polar.url);
  context.after(site.stop);
  const browser = await chromium.launch();
  context.after(() => browser.close());
  const page = await browser.newPage();
  const failures = [];
  page.on("pageerror", (error) => failures.push(error.message));
  await page.setViewport({ width: 1280, height: 762 });
  await page.goto(site.url);

  const { shows, decides, decisions, presses, isOn } = visitorOf(page);
  await shows("No license is active on this device. Enter a license key.");
  await isOn("Export to PDF", false);
  await presses("[value=enter]");
  await page.keyboard.press("Enter");
  await decides("active");
  await isOn("Export to PDF", true);
  await isOn("Audit trail", false);

  await presses("[value=offline]");
  await shows("Network: Offline");
  await presses("[data-hours='24']");
  await shows("The license server could not be reached.");
  await presses("[data-hours='480']");
  await decides("lapsed");
  await isOn("Export to PDF", false);
  await presses("[value=online]");
  await decides("active");
  await presses("[value=revoke]");
  await shows("The key was revoked.");
  await isOn("Export to PDF", true);
  await presses("[value=check]");
  await shows("The license is no longer active.");
  await isOn("Export to PDF", false);
  assert.deepEqual(await decisions(), ["unlicensed", "active", "grace", "lapsed", "active", "denied"]);

  mkdirSync(pictures, { recursive: true });
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.screenshot({ path: join(pictures, `${scheme}.png`) });
  }
  assert.deepEqual(failures, []);
});

/** Returns functions for what a visitor of the page does and sees. */
function visitorOf(page) {
  /** Waits until `text` is the newest line of the timeline. */
  const shows = (text) =>
    page.waitForFunction(
      (text) => document.querySelector("#timeline li")?.textContent.includes(text),
      { timeout: PATIENCE_MS },
      text,
    );
  const decides = (state) =>
    page.waitForFunction(
      (state) => document.querySelector("#timeline .decision")?.dataset.state === state,
      { timeout: PATIENCE_MS },
      state,
    );
  const decisions = () =>
    page.$$eval("#timeline .decision", (items) => items.map(({ dataset }) => dataset.state).reverse());
  const presses = (control) => page.click(`form ${control}`);
  const isOn = async (feature, on) => {
    const app = await page.waitForFrame((frame) => frame.url().endsWith("/app.html"));
    const isAsExpected = (feature, on) => {
      const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === feature);
      return button?.disabled === !on;
    };
    await app.waitForFunction(isAsExpected, { timeout: PATIENCE_MS }, feature, on);
  };
  return { shows, decides, decisions, presses, isOn };
}
