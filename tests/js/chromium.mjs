// Finds the browsers for the tests, and returns the options with which Playwright starts Chromium.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { PATIENCE_MS } from "./patience.mjs";

/** Returns the path of a program. Returns `undefined` if the program is not installed. */
export function pathOf(program) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync);
}

/**
 * Returns the options for starting Chromium: the program that the variable `CHROMIUM` names, or else the one in the
 * path.
 */
export function chromiumOptions() {
  const executablePath = process.env.CHROMIUM ?? pathOf("chromium");
  if (!executablePath) throw new Error("Chromium is not in the path; the variable CHROMIUM can say where it is");
  // needed in containers: root may not use the sandbox there, and shared memory can be small
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  return { executablePath, args, timeout: PATIENCE_MS };
}
