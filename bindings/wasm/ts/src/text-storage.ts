/**
 * Named texts in the storage of the app or of the browser. This `Storage` keeps each record in base64.
 *
 * | name | text |
 * |---|---|
 * | `polar-license/device` | a random text, which distinguishes this browser profile from others |
 * | `polar-license/APP/PRODUCT` | the record; `APP` is the app's id, `PRODUCT` the tag of organization, environment and app |
 * | `polar-license/APP/outlook` | the decisions that a page with `./slim` shows until it has loaded the engine |
 */

import { randomText } from "./random.js";
import type { OutlookText, Storage, Store } from "./storage.js";
import { pause } from "./time.js";

/** A storage that the app provides, for example in its database. Each method may return a promise. */
export interface KeyValueStorage {
  /** Returns the text that is stored under this name, or `null` or `undefined` if there is none. */
  get(name: string): string | null | undefined | Promise<string | null | undefined>;
  /** Stores a text under this name, in place of an earlier one. */
  set(name: string, text: string): void | Promise<void>;
  /** Removes the text that is stored under this name. Succeeds if there is no such text. */
  remove(name: string): void | Promise<void>;
}

const DEVICE = "polar-license/device";

/** The longest wait for another tab that is changing the record. */
const LOCK_WAIT_MS = 2_000;

/**
 * A function that watches the text `name`. It calls `changed` when another tab has changed the text and this tab can
 * read the change. It returns a function that stops watching.
 */
export type Follow = (name: string, changed: () => void) => () => void;

/**
 * Creates a `Storage` that keeps records in `texts`. If several tabs share `texts`, pass `follow`: the tabs then take
 * turns to change a record, and notify one another of changes. With `follow`, the storage keeps outlooks too.
 */
export function textStorage(texts: () => KeyValueStorage, follow?: Follow): Storage {
  const outlook = (appId: string): OutlookText => {
    const name = `polar-license/${appId}/outlook`;
    return { get: async () => texts().get(name), set: async (text) => texts().set(name, text) };
  };
  return {
    ...(follow && { outlook }),
    async device() {
      const known = await texts().get(DEVICE);
      if (typeof known === "string" && known !== "") return known;
      const made = randomText();
      await texts().set(DEVICE, made);
      // if two tabs store an identifier at the same time, both use the one that was stored last
      return (await texts().get(DEVICE)) ?? made;
    },
    open({ appId, product }) {
      const name = `polar-license/${appId}/${product}`;
      let channel: BroadcastChannel | undefined;
      const own: Store = {
        async load() {
          const text = await texts().get(name);
          return typeof text === "string" ? bytes(text) : undefined;
        },
        async save(record) {
          await texts().set(name, btoa(String.fromCharCode(...record)));
          channel?.postMessage(0);
        },
        async remove() {
          await texts().remove(name);
          channel?.postMessage(0);
        },
        locked: (work) => work(),
      };
      if (!follow) return own;
      return {
        ...own,
        async locked(work) {
          const held = await holding(name, LOCK_WAIT_MS, work);
          if (!held) throw new Error("another tab holds the license's storage for too long");
        },
        watch(changed) {
          try {
            channel = new BroadcastChannel(name);
            channel.onmessage = () => changed();
            // in Node, an open channel would otherwise keep the process alive
            (channel as { unref?: () => void }).unref?.();
          } catch {
            // Some platforms have no `BroadcastChannel`, or do not let the page use it. On these platforms, `follow`
            // reports the changes of other tabs. Without `follow`, a tab notices such changes when it next reads the
            // record.
          }
          const stop = follow(name, changed);
          return () => {
            stop();
            channel?.close();
            channel = undefined;
          };
        },
        async alone(waitMs, signal, work) {
          const held = await holding(`${name}/asking`, waitMs, () => work("taken"), signal);
          return held ? held.result : work("late");
        },
      };
    },
  };
}

/** Creates a `Storage` that keeps records in the app's own key-value store. */
export function keyValueStorage(storage: KeyValueStorage): Storage {
  return textStorage(() => storage);
}

/** Creates a storage that keeps a license until the app ends. The license has to be activated again at every start. */
export function memoryStorage(): Storage {
  const texts = new Map<string, string>();
  return keyValueStorage({
    get: (name) => texts.get(name),
    set: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
  });
}

/**
 * Decodes base64. If the text is not base64, returns the bytes of the text itself, so that the engine reports the
 * record as tampered with.
 */
function bytes(text: string): Uint8Array {
  let raw = text;
  try {
    raw = atob(text);
  } catch {
    // not base64
  }
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/**
 * Runs `work` while it holds the lock `name`, which only one tab at a time can hold. Returns the result of `work`.
 * Returns `undefined` if the lock is not free within `waitMs`, or if `signal` aborts first. If there are no Web Locks,
 * or the page may not use them, runs `work` without the lock.
 */
async function holding<T>(
  name: string,
  waitMs: number,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<{ result: T } | undefined> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (!locks) return { result: await work() };
  const begun = new AbortController();
  const refusal = new AbortController();
  pause(waitMs, begun.signal, signal).then(() => begun.signal.aborted || refusal.abort());
  const begin = async (lock: Lock | null): Promise<{ result: T } | undefined> => {
    begun.abort();
    return lock ? { result: await work() } : undefined;
  };
  try {
    return await locks.request(name, waitMs > 0 ? { signal: refusal.signal } : { ifAvailable: true }, begin);
  } catch (error) {
    if (begun.signal.aborted) throw error;
    return waitMs > 0 && refusal.signal.aborted ? undefined : { result: await work() };
  } finally {
    begun.abort();
  }
}
