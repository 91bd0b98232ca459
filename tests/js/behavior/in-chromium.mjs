// Runs the shared tests on a page in Chromium. The page imports the package by its name.

import { chromium } from "playwright-core";

import { chromiumOptions } from "../chromium.mjs";
import { serve } from "./site.mjs";

/** Runs the tests. `further(browser, site, environment)` returns additional tests, which need the browser itself. */
export async function inChromium(folder, environment, further) {
  const site = await serve(folder);
  const browser = await chromium.launch(chromiumOptions());
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`${site.url}/shared-tests.html`);
    await page.waitForFunction(() => globalThis.runAll);
    const results = await page.evaluate((environment) => globalThis.runAll(environment), environment);
    await page.close();
    for (const tests of further)
      results.push(...(await resultsOf(tests(browser, site, { ...environment, folder }), environment.only)));
    return results;
  } finally {
    await browser.close();
    site.stop();
  }
}

async function resultsOf(tests, only) {
  const results = [];
  for (const { name, kind, run } of tests.filter(({ name }) => name.includes(only))) {
    const failure = await run().then(
      () => undefined,
      (error) => String(error?.stack ?? error),
    );
    results.push({ name, kind, failure });
  }
  return results;
}
