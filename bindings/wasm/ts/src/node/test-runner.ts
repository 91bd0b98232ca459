/**
 * Detects whether Node stands in for a page, or runs a test. In both cases nothing may be written into the developer's
 * own data folder.
 */

import type { Storage } from "../storage.js";
import { memoryStorage } from "../text-storage.js";

/** Returns `true` if a test has created a page here, as jsdom and happy-dom do. A window of Electron does not count. */
export function isPage(): boolean {
  const { window, document } = globalThis as Partial<Window & typeof globalThis>;
  if (process.versions["electron"] || !window || !document) return false;
  try {
    // the last check, and only in this place: Node's own `localStorage` belongs to no page, and warns when it is read
    return globalThis.localStorage != null;
  } catch {
    // a page without an address has no `localStorage`
    return false;
  }
}

/** Returns `true` if Vitest or jest runs this module, but not in processes that a test has started. */
export function isTest(): boolean {
  return "__vitest_worker__" in globalThis || Symbol.for("$$jest-matchers-object") in globalThis;
}

let memory: Storage | undefined;

/** Returns the one storage for all clients of a test, as files would be. */
export function memoryOfTests(): Storage {
  memory ??= memoryStorage();
  return memory;
}
