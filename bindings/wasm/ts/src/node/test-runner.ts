/**
 * Whether Node stands for a page, or runs a test: then nothing may be written into the developer's own data folder.
 */

import type { Storage } from "../storage.js";
import { memoryStorage } from "../text-storage.js";

/** Whether a test has made a page here, as jsdom and happy-dom do. A window of Electron is no such page. */
export function isPage(): boolean {
  const { window, document } = globalThis as Partial<Window & typeof globalThis>;
  if (process.versions["electron"] || !window || !document) return false;
  try {
    // looked at last, and only here: Node's own, which is no page's, warns when it is read
    return globalThis.localStorage != null;
  } catch {
    // a page without an address has none
    return false;
  }
}

/** Whether Vitest or jest runs this module; not whether it has started the process that does. */
export function isTest(): boolean {
  return "__vitest_worker__" in globalThis || Symbol.for("$$jest-matchers-object") in globalThis;
}

let memory: Storage | undefined;

/** One for all clients of a test, as files would be. */
export function memoryOfTests(): Storage {
  memory ??= memoryStorage();
  return memory;
}
