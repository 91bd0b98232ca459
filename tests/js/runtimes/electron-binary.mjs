/**
 * Runs the packed example in Electron's own program, which the registry does not have. So this file is no part of
 * `cargo xtask test`: `cargo xtask test electron` downloads the program and runs it.
 */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { _electron } from "playwright-core";
import { PATIENCE_MS } from "../patience.mjs";
import { enterKeys, feature, isOffered } from "./form.mjs";
import { here, tool, versionOf } from "./project.mjs";
import { control } from "./story.mjs";
import { pack, waitFor } from "./windows.mjs";

const DAY_MS = 86_400_000;

/** Returns the version of the program. Fails if the program was not downloaded. */
export async function version() {
  return `Electron ${versionOf("electron")}, ${program()}`;
}

/** Returns the path of the program. */
function program() {
  return createRequire(import.meta.url)("electron");
}

/** Enters keys in one window while a second window is open, and starts the app again without a connection to Polar. */
export async function electron(app, polar) {
  const asar = await pack(app);
  const first = await start(app, asar);
  const page = await first.firstWindow();
  const opened = first.waitForEvent("window");
  await page.getByRole("button", { name: "New window" }).click();
  const second = await opened;
  await asksForNewWindows(first, page);
  const saw = await enterKeys(page, () => isOffered(page));
  // the user does nothing in the second window, which must still receive the change
  await feature(second).waitFor();
  await first.close();

  await control(polar, "faults", { fault: "drop_connection" });
  const later = await start(app, asar, ["acme://activate?key=FROM-A-MAIL"], { AHEAD_MS: String(2 * DAY_MS) });
  const again = await later.firstWindow();
  await again.getByText("It will be confirmed when you are next online.").waitFor();
  await waitFor(async () => (await again.getByLabel("License key").inputValue()) === "FROM-A-MAIL");
  saw.push({ step: "offline", isOffered: await isOffered(again) });
  await later.close();
  return saw;
}

/** Starts the app, with a clock that is `AHEAD_MS` ahead. */
async function start(app, asar, args = [], env = {}) {
  const started = await _electron.launch({
    executablePath: program(),
    // root may not use Chromium's sandbox, and neither may a user of a container
    args: ["--no-sandbox", "--require", join(here, "ahead.cjs"), asar, ...args],
    cwd: app.folder,
    env: { ...process.env, ...app.home, ...env },
    timeout: PATIENCE_MS,
  });
  started.context().setDefaultTimeout(PATIENCE_MS);
  return started;
}

/** Checks that the vendor's pages open in the user's browser, and that all other new windows are refused. */
async function asksForNewWindows(app, page) {
  await app.evaluate(({ shell }) => {
    globalThis.opened = [];
    shell.openExternal = async (url) => globalThis.opened.push(url);
  });
  const asked = ["https://acme.example/buy", "mailto:help@acme.example", "file:///etc/passwd"];
  for (const url of asked) assert.equal(await page.evaluate((url) => open(url), url), null);
  assert.deepEqual(await app.evaluate(() => globalThis.opened), asked.slice(0, 2));
}
