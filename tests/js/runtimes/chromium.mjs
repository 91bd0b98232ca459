/** Opens pages in Chromium. A page reports its result, an array, as one line of JSON on its console. */

import { chromium } from "playwright-core";
import { chromiumOptions } from "../chromium.mjs";
import { PATIENCE_MS } from "../patience.mjs";

const VIOLATION = "policy violated: ";

let started;

/** Starts the browser that all pages share. */
function browser() {
  started ??= chromium.launch(chromiumOptions());
  return started;
}

/** Closes the browser if it was started. */
export async function close() {
  await (await started?.catch(() => undefined))?.close();
}

/** Returns the browser's version. */
export async function version() {
  return `Chromium ${(await browser()).version()}`;
}

/**
 * Creates a browser profile for a test that controls its pages itself. The profile exists until the browser is closed.
 */
export async function profile() {
  const context = await (await browser()).newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** Starts a separate browser with an extension. Its profile is in a folder. */
export async function withExtension(extension, folder) {
  const args = ["--no-sandbox", `--disable-extensions-except=${extension}`, `--load-extension=${extension}`];
  // extensions need the whole browser, because the headless shell has none
  const context = await chromium.launchPersistentContext(folder, {
    ...chromiumOptions(),
    args: [...args, "--headless=new"],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** Opens a page in a new profile. Resolves to the page's report, and to what the page's policy blocked meanwhile. */
export async function visit(url) {
  const context = await (await browser()).newContext();
  const written = [];
  const violations = [];
  let timer;
  try {
    const page = await context.newPage();
    await page.addInitScript((word) => {
      addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
        console.log(`${word}${effectiveDirective} ${blockedURI}`);
      });
    }, VIOLATION);
    const told = await new Promise((resolve, reject) => {
      const failed = (why) => reject(new Error([`${new URL(url).pathname} ${why}`, ...written].join("\n")));
      timer = setTimeout(() => failed("does not tell anything"), PATIENCE_MS);
      page.on("pageerror", (error) => failed(`has thrown ${error.stack ?? error}`));
      page.on("crash", () => failed("has crashed"));
      page.on("console", (message) => {
        const text = message.text();
        if (text.startsWith("[{")) resolve(JSON.parse(text));
        if (text.startsWith(VIOLATION)) violations.push(text.slice(VIOLATION.length));
        written.push(text);
      });
      page.goto(url).catch((error) => failed(`does not load: ${error.message}`));
    });
    return { told, violations };
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}
