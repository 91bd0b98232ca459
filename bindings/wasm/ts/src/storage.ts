/**
 * Where records are kept between runs. Moves bytes; never looks into them and decides nothing about licenses.
 */

import type { AbortSignal } from "./platform.js";

/** Opens the store of one license, and identifies this device. */
export interface Storage {
  /**
   * A text that is the same at every start on this device and on no other. It is hashed before anything leaves the
   * machine. Rejects if there is none; then a random one is used until the app ends.
   */
  device(): Promise<string>;

  /** The store for one app, product and device. Touches nothing yet. */
  open(place: Place): Store;
}

/** What distinguishes one record from others. */
export interface Place {
  /** The app's id, as configured. */
  appId: string;
  /** Tag of the organization, environment and app: 16 lower-case hexadecimal digits. */
  product: string;
  /** Tag of the device: 16 lower-case hexadecimal digits. */
  device: string;
}

/**
 * Holds one record. Every method may reject with an `Error` whose message says what failed and, where that is known,
 * what to do; the message must not contain the record or a path with the user's name.
 */
export interface Store {
  /** The record last saved, or `undefined` if there is none. */
  load(): Promise<Uint8Array | undefined>;

  /**
   * Replaces the record. A reader, and a crash at any instant, sees the old or the new one, never a mixture.
   * `durable` wants it on the disk before the promise resolves; otherwise it may be lost in a power cut without harm.
   */
  save(record: Uint8Array, durable: boolean): Promise<void>;

  /** Removes the record; fine if there is none. */
  remove(): Promise<void>;

  /**
   * Runs `work` once while nobody else changes the record, or rejects without running it. Waits for others at most about
   * as long as `timeoutMs`, if it is set; 0 tries once.
   */
  locked(work: () => Promise<void>, timeoutMs?: number): Promise<void>;

  /** Calls `changed` when another tab may have changed the record; returns how to stop that. */
  watch?(changed: () => void): () => void;

  /** The same for other processes by looking every second, while the client refreshes by itself. */
  poll?(changed: () => void): () => void;

  /**
   * Runs `work` while no other tab or process that shares this record asks Polar, so that they ask one after the other and
   * find what another was answered. Waits for its turn at most `waitMs` or until `signal` aborts, then runs it all the same.
   */
  alone?<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T>;
}

/** How the wait for other tabs or processes has ended: `taken`, none is asking Polar; `late`, one still is. */
export type Turn = "taken" | "late";
