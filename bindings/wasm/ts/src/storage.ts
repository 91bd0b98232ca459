/**
 * The interface of storages, which keep records between runs. A storage only moves bytes: it never interprets them, and
 * makes no licensing decision.
 */

import type { AbortSignal } from "./platform.js";

/** A storage. It opens the stores of licenses, and identifies this device. */
export interface Storage {
  /**
   * Returns a text that identifies this device. The text is the same at every start on this device, and every other
   * device has a different one. Only a hash of the text leaves the machine. Rejects if the storage cannot identify the
   * device. In that case the client uses a random text until the app ends.
   */
  device(): Promise<string>;

  /** Returns the store for one app, product and device. Does not access any data yet. */
  open(place: Place): Store;

  /**
   * Returns the place where the outlook of an app is stored as text. Does not access any data yet. Only the storages
   * for web pages have this method, because a page can show an outlook before it has loaded the engine. Other programs
   * load the engine at every start, and need no outlook.
   * @internal
   */
  outlook?(appId: string): OutlookText;

  /**
   * Opens the store for another computer's record. Used when this computer acts for that computer, for example to
   * answer its request. `place.device` is the other computer's tag. Does not access any data yet. With a storage that
   * lacks this method, a client cannot act for other computers.
   * @internal
   */
  openOther?(place: Place): Store;
}

/**
 * The place where a storage keeps an outlook, as text. An outlook holds the decisions that a page can show before the
 * engine is loaded.
 * @internal
 */
export interface OutlookText {
  get(): Promise<unknown>;
  set(text: string): Promise<void>;
}

/** The properties that distinguish a record from other records. */
export interface Place {
  /** The configured id of the app. */
  appId: string;
  /** The tag that identifies the organization, environment and app: 16 lower-case hexadecimal digits. */
  product: string;
  /** The tag that identifies the device: 16 lower-case hexadecimal digits. */
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
   * Replaces the record. A reader must find either the old or the new record and never a mixture, even after a crash at
   * any instant. If `durable` is true, the record must be on the disk before the promise resolves. Otherwise, losing
   * the record in a power cut does no harm.
   */
  save(record: Uint8Array, durable: boolean): Promise<void>;

  /** Removes the record. Succeeds if there is no record. */
  remove(): Promise<void>;

  /**
   * Runs `work` once, while no other tab or process changes the record. Rejects without running `work` if the record
   * cannot be locked. If `timeoutMs` is set, waits at most about `timeoutMs` for other tabs and processes; 0 means to
   * try only once.
   */
  locked(work: () => Promise<void>, timeoutMs?: number): Promise<void>;

  /** Calls `changed` when another tab may have changed the record. Returns a function that stops watching. */
  watch?(changed: () => void): () => void;

  /**
   * Calls `changed` when another process may have changed the record. Checks the record every second. The client uses
   * this method while it refreshes automatically. Returns a function that ends the checks.
   */
  poll?(changed: () => void): () => void;

  /**
   * Runs `work` while no other tab or process that shares this record asks Polar. So tabs and processes ask one after
   * the other, and each finds the previous answer in the record. Waits for the turn until `waitMs` have passed or
   * `signal` aborts. If the turn comes in that time, calls `work` with `taken`, otherwise with `late`.
   */
  alone?<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T>;
}

/**
 * The outcome of waiting for other tabs or processes: `taken` if no other tab or process is asking Polar, `late` if
 * another one is still asking.
 */
export type Turn = "taken" | "late";
