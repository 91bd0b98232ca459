// A page with the dialog in a browser, beside a local Polar.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { scripts, startPolar } from "../electron/polar.mjs";
import { Driver } from "./driver.mjs";
import { serve } from "./site.mjs";

const pictures = fileURLToPath(new URL("../../../target/dialog/", import.meta.url));

/** Runs a story with the dialog on a page. */
export async function run(browser, context, story) {
  const polar = await startPolar((end) => context.after(end));
  const site = await serve(scripts, polar.url);
  context.after(site.stop);
  const running = await browser.launch();
  context.after(() => running.close());
  const page = await running.newPage();
  await page.goto(site.url);
  await page.waitForFunction("globalThis.app");
  await page.evaluate(axe.source);
  mkdirSync(join(pictures, browser.name), { recursive: true });
  const driver = new Driver(page, join(pictures, browser.name), browser.looks);
  await story(driver, polar, new LocalPolar(polar.url));
}
