/**
 * The interface of storages, which keep records between runs. A storage moves bytes; it never looks into them and makes
 * no licensing decision.
 */

import type { AbortSignal } from "./platform.js";

/** A storage: opens the store of one license, and identifies this device. */
export interface Storage {
  /**
   * Returns a text that is the same at every start on this device and on no other. Only a hash of the text leaves the
   * machine. Rejects if there is none; then a random text is used until the app ends.
   */
  device(): Promise<string>;

  /** Returns the store for one app, product and device. Touches no data yet. */
  open(place: Place): Store;
}

/** The properties that distinguish one record from others. */
export interface Place {
  /** The configured id of the app. */
  appId: string;
  /** Tag of the organization, environment and app: 16 lower-case hexadecimal digits. */
  product: string;
  /** Tag of the device: 16 lower-case hexadecimal digits. */
  device: string;
}

/**
 * A store for one record. Every method may reject with an `Error` whose message says what failed and, where that is
 * known, what to do. The message must not contain the record or a path with the user's name.
 */
export interface Store {
  /** Returns the record that was saved last, or `undefined` if there is none. */
  load(): Promise<Uint8Array | undefined>;

  /**
   * Replaces the record. A reader, and a crash at any instant, sees the old or the new one, never a mixture. If
   * `durable`, the record must be on the disk before the promise resolves; otherwise a power cut may lose it without
   * harm.
   */
  save(record: Uint8Array, durable: boolean): Promise<void>;

  /** Removes the record; succeeds if there is none. */
  remove(): Promise<void>;

  /**
   * Runs `work` once while no other tab or process changes the record, or rejects without running it. Waits for others
   * for about `timeoutMs` at most, if it is set; 0 tries once.
   */
  locked(work: () => Promise<void>, timeoutMs?: number): Promise<void>;

  /** Calls `changed` when another tab may have changed the record. Returns a function that stops this. */
  watch?(changed: () => void): () => void;

  /**
   * Calls `changed` when another process may have changed the record. Checks every second, while the client refreshes
   * automatically.
   */
  poll?(changed: () => void): () => void;

  /**
   * Runs `work` while no other tab or process that shares this record asks Polar. So they ask one after the other, and
   * each finds the previous answer. Waits for its turn for `waitMs` at most, or until `signal` aborts, and then runs
   * `work` without it.
   */
  alone?<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T>;
}

/** The outcome of waiting for other tabs or processes: `taken` if none is asking Polar, `late` if one still is. */
export type Turn = "taken" | "late";
