/**
 * Storage that keeps texts under names: the app's own, or a browser's. The record is kept in base64.
 *
 * | name | text |
 * |---|---|
 * | `polar-license/device` | random, tells this browser profile from others |
 * | `polar-license/APP/PRODUCT` | the record; `APP` is the app's id, `PRODUCT` the tag of organization, environment and app |
 */

import type { Place, Storage, Store, Turn } from "./storage.js";
import { after } from "./time.js";

/** An app's own storage, for example over its database. Each method may return a promise. */
export interface KeyValueStorage {
  /** The text under this name; `null` or `undefined` where there is none. */
  get(name: string): string | null | undefined | Promise<string | null | undefined>;
  /** Replaces the text under this name. */
  set(name: string, text: string): void | Promise<void>;
  /** Removes the text under this name; fine where there is none. */
  remove(name: string): void | Promise<void>;
}

const DEVICE = "polar-license/device";

/** How long to wait for another tab that changes the record. */
const LOCK_WAIT_MS = 2_000;

/** Calls `changed` when a text under `name` was changed elsewhere, and can be read here; returns how to stop that. */
export type Follow = (name: string, changed: () => void) => () => void;

/**
 * Keeps records in `texts`. With `shared`, tabs take turns and tell one another; `follow` is for what tabs tell one another
 * before they can read it.
 */
export function textStorage(texts: () => KeyValueStorage, shared: boolean, follow?: Follow): Storage {
  return {
    async device() {
      const known = await texts().get(DEVICE);
      if (typeof known === "string" && known !== "") return known;
      const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
      await texts().set(DEVICE, made.join(""));
      // where two tabs made one at the same time, both take the one that stayed
      return (await texts().get(DEVICE)) ?? made.join("");
    },
    open: (place) => {
      const name = nameOf(place);
      return shared ? new SharedStore(texts, name, follow) : new TextStore(texts, name);
    },
  };
}

/** Keeps records in the app's own storage. */
export function keyValueStorage(storage: KeyValueStorage): Storage {
  return textStorage(() => storage, false);
}

/** Keeps a license until the app ends: it has to be activated again at every start. */
export function memoryStorage(): Storage {
  const texts = new Map<string, string>();
  return keyValueStorage({
    get: (name) => texts.get(name),
    set: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
  });
}

function nameOf({ appId, product }: Place): string {
  return `polar-license/${appId}/${product}`;
}

class TextStore implements Store {
  constructor(
    protected readonly texts: () => KeyValueStorage,
    protected readonly name: string,
  ) {}

  async load(): Promise<Uint8Array | undefined> {
    const text = await this.texts().get(this.name);
    return typeof text === "string" ? bytes(text) : undefined;
  }

  async save(record: Uint8Array, _durable: boolean): Promise<void> {
    await this.texts().set(this.name, btoa(String.fromCharCode(...record)));
  }

  async remove(): Promise<void> {
    await this.texts().remove(this.name);
  }

  async locked(work: () => Promise<void>): Promise<void> {
    await work();
  }
}

/** What is no base64 is no record either: handed on as it is, to be recognized as tampered with. */
function bytes(text: string): Uint8Array {
  let raw = text;
  try {
    raw = atob(text);
  } catch {
    // as it is
  }
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

class SharedStore extends TextStore {
  readonly #follow: Follow;
  #channel: BroadcastChannel | undefined;

  constructor(texts: () => KeyValueStorage, name: string, follow: Follow = () => () => undefined) {
    super(texts, name);
    this.#follow = follow;
  }

  override async save(record: Uint8Array, durable: boolean): Promise<void> {
    await super.save(record, durable);
    this.#tell();
  }

  override async remove(): Promise<void> {
    await super.remove();
    this.#tell();
  }

  override async locked(work: () => Promise<void>): Promise<void> {
    const held = await holding(this.name, LOCK_WAIT_MS, undefined, work);
    if (!held) throw new Error("another tab holds the license's storage for too long");
  }

  watch(changed: () => void): () => void {
    try {
      const channel = new BroadcastChannel(this.name);
      this.#channel = channel;
      channel.onmessage = () => changed();
      // what Node has for pages keeps no process alive
      (channel as { unref?: () => void }).unref?.();
    } catch {
      // there is none, or a page may not use it: then each tab learns of changes when it reads
    }
    const stop = this.#follow(this.name, changed);
    return () => {
      stop();
      this.#channel?.close();
      this.#channel = undefined;
    };
  }

  async alone<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T> {
    const name = `${this.name}/asking`;
    const held =
      (await holding(name, 0, signal, () => work("first"))) ?? (await holding(name, waitMs, signal, () => work("after")));
    return held ? held.result : work("late");
  }

  #tell(): void {
    this.#channel?.postMessage(0);
  }
}

/**
 * What `work` returns, run while no other tab holds the lock; `undefined` where it is not to be had within `waitMs`.
 * Without Web Locks, or where a page may not use them, tabs do not wait for one another.
 */
async function holding<T>(
  name: string,
  waitMs: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<{ result: T } | undefined> {
  const locks = typeof navigator === "object" ? navigator.locks : undefined;
  if (!locks) return { result: await work() };
  const refuse = new AbortController();
  const stop = (): void => refuse.abort();
  const cancel = after(waitMs, stop);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  let begun = false;
  const begin = async (lock: Lock | null): Promise<{ result: T } | undefined> => {
    begun = true;
    cancel();
    return lock ? { result: await work() } : undefined;
  };
  try {
    return await locks.request(name, waitMs > 0 ? { signal: refuse.signal } : { ifAvailable: true }, begin);
  } catch (error) {
    if (begun) throw error;
    const refused = waitMs > 0 && refuse.signal.aborted;
    return refused ? undefined : { result: await work() };
  } finally {
    cancel();
    signal?.removeEventListener("abort", stop);
  }
}
