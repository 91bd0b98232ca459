/**
 * The storage of browsers: localStorage, or another `Storage` of the page. Tabs that share the storage take turns, and
 * notice one another's changes.
 */

import type { Storage as LicenseStorage } from "./storage.js";
import { type KeyValueStorage, textStorage } from "./text-storage.js";

/**
 * The members of `localStorage` and `sessionStorage` that the library uses. Programs without the DOM's types can use
 * this type too.
 */
export interface WebStorageArea {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

/** Creates a storage that keeps records in localStorage, or in another `area`, such as `sessionStorage`. */
export function webStorage(area?: WebStorageArea): LicenseStorage {
  const texts = (): KeyValueStorage => {
    // if the page's storage is blocked, reading this property throws
    const found = area ?? globalThis.localStorage;
    if (!found) throw new Error("there is no localStorage here; give the client another `storage`");
    return {
      get: (name) => found.getItem(name),
      set: (name, text) => found.setItem(name, text),
      remove: (name) => found.removeItem(name),
    };
  };
  return textStorage(texts, follow);
}

/**
 * Calls `changed` when another tab changes the entry `name`. Listens for `storage` events rather than for messages
 * between tabs, because a message may arrive before this tab can read the new value in localStorage. A `storage` event
 * never arrives that early.
 */
function follow(name: string, changed: () => void): () => void {
  const target = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
  const onStorage = ({ key }: StorageEvent): void => {
    // an event without a key means that the whole storage area was cleared
    if (key === name || key === null) changed();
  };
  target.addEventListener?.("storage", onStorage);
  return () => target.removeEventListener?.("storage", onStorage);
}
