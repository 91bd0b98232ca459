/**
 * Storage in IndexedDB. Each access opens the database and closes it again, because a tab that kept the database open
 * would prevent other tabs from upgrading it.
 */

import type { Storage as LicenseStorage } from "./storage.js";
import { textStorage } from "./text-storage.js";

const DATABASE = "polar-license";
const TEXTS = "texts";

/**
 * Creates a `Storage` in IndexedDB. It is meant for pages whose localStorage is cleared or full, and for workers, which
 * have no localStorage.
 */
export function indexedDbStorage(): LicenseStorage {
  const texts = {
    get: async (name: string) => {
      const found: unknown = await access("readonly", (store) => store.get(name));
      return typeof found === "string" ? found : undefined;
    },
    set: async (name: string, text: string) => void (await access("readwrite", (store) => store.put(text, name))),
    remove: async (name: string) => void (await access("readwrite", (store) => store.delete(name))),
  };
  return textStorage(() => texts, () => () => undefined);
}

/**
 * Opens the database and runs `work` in a transaction. Resolves once the transaction is complete, that is, once written
 * data is committed.
 */
async function access(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TEXTS, mode, { durability: "strict" });
      const request = work(transaction.objectStore(TEXTS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("the database aborted the transaction"));
      transaction.onerror = () => reject(transaction.error ?? new Error("the database failed"));
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(TEXTS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database cannot be opened"));
    request.onblocked = () => reject(new Error("the database is blocked by another version of this page"));
  });
}
