/**
 * Detects whether this module runs under a test runner, or in a process in which a test simulates a web page. In both
 * cases, nothing may be written into the developer's own data directory.
 */

import type { Storage } from "../storage.js";
import { memoryStorage } from "../text-storage.js";

/**
 * Returns `true` if a test has created a page in this process, as the libraries jsdom and happy-dom do. Returns `false`
 * in a window of Electron, which is a real page.
 */
export function isPage(): boolean {
  const { window, document } = globalThis as Partial<Window & typeof globalThis>;
  if (process.versions["electron"] || !window || !document) return false;
  try {
    // `localStorage` is read last, because Node defines it even if there is no page, and then prints a warning when it
    // is read.
    return globalThis.localStorage != null;
  } catch {
    // a page without a URL, such as `about:blank`, has no `localStorage`
    return false;
  }
}

/** Returns `true` if Vitest or jest runs this module. Returns `false` in a child process that a test starts. */
export function isTest(): boolean {
  return "__vitest_worker__" in globalThis || Symbol.for("$$jest-matchers-object") in globalThis;
}

let memory: Storage | undefined;

/** Returns a storage in memory. All clients of a test share this storage, as they would share files. */
export function memoryOfTests(): Storage {
  memory ??= memoryStorage();
  return memory;
}
