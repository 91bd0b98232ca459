// Finds the browsers of the tests, and has the options with which Playwright starts Chromium.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { PATIENCE_MS } from "./patience.mjs";

/** Returns the path of a program, or `undefined` if it is not installed. */
export function pathOf(program) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync);
}

/** Returns the options for Chromium in the path, or for the one that the variable `CHROMIUM` names. */
export function chromiumOptions() {
  const executablePath = process.env.CHROMIUM ?? pathOf("chromium");
  if (!executablePath) throw new Error("Chromium is not in the path; the variable CHROMIUM can say where it is");
  // in a container root may not use the sandbox, and shared memory can be small
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  return { executablePath, args, timeout: PATIENCE_MS };
}
