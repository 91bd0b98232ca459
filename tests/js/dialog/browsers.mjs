// The browsers in which the dialog is tested. They run without a window and without animations. If a browser is
// missing, its tests are skipped, and the reason names the missing program.

import puppeteer from "puppeteer-core";
import { pathOf } from "../chromium.mjs";
import { PATIENCE_MS } from "../patience.mjs";

const CHROMIUM = {
  name: "Chromium",
  program: "chromium",
  looks: ["light", "phone", "rtl", "dark"],
  options: { args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"] },
};
const FIREFOX = {
  name: "Firefox",
  program: "firefox-esr",
  looks: ["light", "dark"],
  options: { browser: "firefox", extraPrefsFirefox: { "ui.prefersReducedMotion": 1 } },
};

/** The time limits for the browser's start, and for each of its answers. */
const LIMITS = { timeout: PATIENCE_MS, protocolTimeout: PATIENCE_MS };

export const browsers = [CHROMIUM, FIREFOX].map(({ name, program, looks, options }) => {
  const executablePath = pathOf(program);
  return {
    name,
    looks,
    missing: executablePath ? false : `NOT RUN: there is no ${program}`,
    launch: () => puppeteer.launch({ ...options, executablePath, headless: true, ...LIMITS }),
  };
});
