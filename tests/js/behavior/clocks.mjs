// The package on a page whose timers are stopped by Playwright's clock, which tests of apps use.

import { equal } from "./shared/demand.mjs";

/** The time after which a test of this file gives up. */
const LIMIT_MS = 20_000;

export function clockTests(browser, site) {
  const run = () => stopped(browser, site);
  return [{ name: "a clock that Playwright has stopped hangs no call", kind: "clocks", run }];
}

async function stopped(browser, site) {
  const page = await browser.newPage();
  try {
    await page.clock.install({ time: "2026-11-21T08:00:00Z" });
    await page.goto(`${site.url}/app.html`);
    await page.waitForFunction(() => globalThis.isReady);
    await page.clock.pauseAt("2026-11-21T10:00:00Z");
    const calls = page.evaluate(async () => {
      const options = { organizationId: "de300000-0000-4000-8000-000000000001", appId: "com.example.stopped" };
      const refuse = () => Promise.reject(new TypeError("offline"));
      const offline = await globalThis.polarLicense.createLicenseClient({ ...options, fetch: refuse });
      const kinds = [];
      // sends more requests than may leave within one second
      for (let at = 0; at < 4; at += 1) kinds.push((await offline.activate("ANY-KEY-0001").catch((error) => error)).kind);
      return kinds;
    });
    const late = new Promise((resolve) => setTimeout(resolve, LIMIT_MS, "it hangs"));
    equal(await Promise.race([calls, late]), ["network", "network", "network", "network"], "the calls");
  } finally {
    await page.close();
  }
}
