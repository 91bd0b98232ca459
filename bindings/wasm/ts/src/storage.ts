/**
 * Where records are kept between runs. Moves bytes; never looks into them and decides nothing about licenses.
 */

/** Opens the place of one license, and tells this device from others. */
export interface Storage {
  /**
   * A text that is the same at every start on this device and on no other. It is hashed before anything leaves the
   * machine. Rejects where there is none; then a random one stands in until the app ends.
   */
  device(): Promise<string>;

  /** The store for one app, product and device. Touches nothing yet. */
  open(place: Place): Store;
}

/** What tells one record from others. */
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
  /** The record last saved, or `undefined` where there is none. */
  load(): Promise<Uint8Array | undefined>;

  /**
   * Replaces the record. A reader, and a crash at any instant, sees the old or the new one, never a mixture.
   * `durable` wants it on the disk before the promise resolves; otherwise it may be lost in a power cut without harm.
   */
  save(record: Uint8Array, durable: boolean): Promise<void>;

  /** Removes the record; fine where there is none. */
  remove(): Promise<void>;

  /** Runs `work` once while nobody else changes the record, or rejects without running it. */
  locked(work: () => Promise<void>): Promise<void>;

  /** Calls `changed` when another tab or process may have changed the record; returns how to stop that. */
  watch?(changed: () => void): () => void;

  /**
   * Runs `work` while no other tab that shares this record asks Polar, so that they share one answer. Waits for its turn
   * at most `waitMs` or until `signal` aborts, then runs it all the same.
   */
  alone?<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T>;
}

/**
 * Whether another tab was asking Polar: `first`, nobody was; `after`, one was and has ended; `late`, one still is.
 */
export type Turn = "first" | "after" | "late";
