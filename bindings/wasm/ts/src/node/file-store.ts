/**
 * The record as a file that several processes share, such as an app and its updater, or a process in Rust and one in
 * Node. This module never interprets the record and never reads a clock. Its errors never contain a path, because paths
 * contain the user's name.
 *
 * The files are the same as in `src/blocking/file_store.rs`, which lists all of them. A record is saved in the same
 * order of steps:
 *
 * 1. Acquire the lock. TOKEN is the lock's token.
 * 2. Create `NAME.TOKEN.tmp`, write the record to it, and sync it.
 * 3. Check that `NAME.lock` still contains TOKEN.
 * 4. Rename `NAME.TOKEN.tmp` to `NAME`.
 * 5. Sync the directory, if the save must survive a power cut.
 *
 * A crash at any instant leaves either the whole old record or the whole new one.
 */

import { unwatchFile, watchFile } from "node:fs";
import { lstat, readdir, rename, stat, unlink } from "node:fs/promises";

import type { Place, Store, Turn } from "../storage.js";
import { within as before } from "../time.js";
import { FileLock } from "./file-lock.js";
import { failure, isMissing, readFileUpTo, removeQuietly, syncDirectory, within, writeSynced } from "./files.js";

/**
 * The maximum number of bytes that are read from a file. Every valid record is shorter. If a file is longer, the engine
 * rejects its first MiB like a record that was tampered with.
 */
const READ_LIMIT = 1024 * 1024;
/**
 * The extension of a record's file: `.license` for the record of this device, and `.other.license` for a record that
 * this device keeps for another computer. Neither kind of record is ever loaded in place of the other kind.
 */
export type Extension = ".license" | ".other.license";
const EXTENSION = ".license";
/**
 * The longest time that creating or removing the lock's file may take. If it takes longer, the file system counts as
 * unavailable.
 */
const HANGING_MS = 2_000;
/** The interval at which the file is checked for changes by other processes. */
const POLL_MS = 1_000;
/**
 * The content that replaces a removed record if the directory also has the record of another device. If the file were
 * deleted instead, the next load would return the other device's record.
 */
const NOTHING = "no license\n";

/**
 * A store that keeps one record in a file. Its constructor accesses no file; the first lock or save creates the
 * directory.
 */
export class FileStore implements Store {
  readonly #directory: string;
  readonly #place: Place;
  readonly #extension: Extension;
  readonly #path: string;
  readonly #lock: FileLock;
  /** The lock that a process holds while it sends requests to Polar. */
  readonly #asking: FileLock;
  /** Whether the files that dead processes left behind have been removed. */
  #hasSwept = false;

  constructor(directory: string, place: Place, extension: Extension = EXTENSION) {
    this.#directory = directory;
    this.#place = place;
    this.#extension = extension;
    this.#path = within(directory, fileName(place, extension));
    this.#lock = FileLock.brief(this.#path);
    this.#asking = FileLock.kept(`${this.#path}.asking`);
  }

  /**
   * Reads the record, but at most its first MiB.
   *
   * If the directory has no record of this device, returns the newest record of another device for the same app and
   * product. There is such a record if the home directory was moved to this machine. The app can then offer to move the
   * license.
   */
  async load(): Promise<Uint8Array | undefined> {
    const record = await readRecord(this.#path).catch((error: unknown) => {
      throw failure("read the license file", error);
    });
    if (record === undefined) return this.#newestSibling();
    return isNothing(record) ? undefined : record;
  }

  async save(record: Uint8Array, durable: boolean): Promise<void> {
    await this.#whileLocked(async (token) => {
      if (!this.#hasSwept) await this.#lock.sweep(token);
      this.#hasSwept = true;
      await this.#write(record, token);
      if (!durable) return;
      await syncDirectory(this.#directory).catch((error: unknown) => {
        throw failure("write the license file", error);
      });
    });
  }

  async remove(): Promise<void> {
    const besideAnother = (await this.#newestSibling()) !== undefined;
    if (!besideAnother && (await isAbsent(this.#path))) return;
    await this.#whileLocked(async (token) => {
      const failed = (error: unknown): void => {
        if (!isMissing(error)) throw failure("remove the license file", error);
      };
      if (besideAnother) {
        await this.#write(Buffer.from(NOTHING), token);
      } else {
        await this.#lock.check(token);
        await unlink(this.#path).catch(failed);
      }
      // If this fails, the removed record can come back, but only after a power cut.
      await syncDirectory(this.#directory).catch(() => undefined);
    });
  }

  async locked(work: () => Promise<void>, timeoutMs?: number): Promise<void> {
    await this.#lock.run(work, timeoutMs);
  }

  /**
   * Runs `work` while this process holds a second lock, `NAME.asking.lock`, so that only one process at a time sends
   * requests to Polar. If this process cannot create the lock, it sends its requests without waiting for a turn.
   * Waiting would gain nothing, because such a process cannot save Polar's answer for other processes either.
   */
  async alone<T>(waitMs: number, signal: AbortSignal, work: (turn: Turn) => Promise<T>): Promise<T> {
    let isLate = false;
    const holding = this.#asking.hold(waitMs, signal).then(async (release) => {
      if (isLate) await release?.();
      return { release, turn: release ? "taken" : "late" } as const;
    });
    const asks = { release: undefined, turn: "taken" } as const;
    const { release, turn } = await before(waitMs + HANGING_MS, holding, () => {
      isLate = true;
      return asks;
    }).catch(() => asks);
    try {
      return await work(turn);
    } finally {
      if (release) await before(HANGING_MS, release(), () => undefined);
    }
  }

  /**
   * Calls `changed` whenever the metadata of the record's file changes, and returns a function that ends these calls.
   * Does not keep the process alive.
   */
  poll(changed: () => void): () => void {
    watchFile(this.#path, { interval: POLL_MS, persistent: false }, changed);
    return () => unwatchFile(this.#path, changed);
  }

  /**
   * Runs `work` while holding the lock. If the caller holds the lock already, uses the caller's lock. Otherwise
   * acquires the lock for this call.
   */
  async #whileLocked(work: (token: string) => Promise<void>): Promise<void> {
    const token = this.#lock.ownToken();
    await (token === undefined ? this.#lock.run(work) : work(token));
  }

  /** Replaces the record. Until the directory is synced, a power cut may bring back the previous record. */
  async #write(record: Uint8Array, token: string): Promise<void> {
    const temporary = this.#lock.sidePath(token, "tmp");
    try {
      await this.#replace(temporary, record, token);
    } catch (error) {
      await removeQuietly(temporary);
      throw error;
    }
  }

  async #replace(temporary: string, record: Uint8Array, token: string): Promise<void> {
    const failed = (error: unknown): never => {
      throw failure("write the license file", error);
    };
    await writeSynced(temporary, record, this.#path).catch(failed);
    await this.#lock.check(token);
    await rename(temporary, this.#path).catch(failed);
  }

  /**
   * Finds the newest record of this app and product that belongs to another device, such as a record that was copied
   * here with the home directory. With this record, the app can offer to move the license to this device. Errors are
   * ignored, because the app works without the offer.
   */
  async #newestSibling(): Promise<Uint8Array | undefined> {
    if (this.#extension !== EXTENSION) return undefined;
    const names = await readdir(this.#directory).catch((): string[] => []);
    const siblings: { name: string; modified: bigint }[] = [];
    for (const name of names.filter((name) => isSibling(name, this.#place))) {
      const found = await stat(within(this.#directory, name), { bigint: true }).catch(() => undefined);
      if (found !== undefined) siblings.push({ name, modified: found.mtimeNs });
    }
    siblings.sort((a, b) => compare(b.modified, a.modified) || compare(b.name, a.name));
    for (const { name } of siblings) {
      const record = await readRecord(within(this.#directory, name)).catch(() => undefined);
      if (record !== undefined && !isNothing(record)) return record;
    }
    return undefined;
  }
}

/**
 * Returns the name of a record's file, such as `APP-PRODUCT-DEVICE.license`. `APP` is the app id with three changes:
 *
 * - Every character other than `A-Z a-z 0-9 . - _` is replaced by `_`, one for each Unicode code point.
 * - Only the first 64 characters are kept.
 * - A leading `.` is replaced by `_`.
 */
export function fileName(place: Place, extension: Extension = EXTENSION): string {
  return `${prefix(place)}${place.device}${extension}`;
}

function prefix({ appId, product }: Place): string {
  const app = [...appId].slice(0, 64).map((character) => (/^[A-Za-z0-9.\-_]$/.test(character) ? character : "_"));
  if (app[0] === ".") app[0] = "_";
  return `${app.join("")}-${product}-`;
}

function isSibling(name: string, place: Place): boolean {
  const start = prefix(place);
  if (!name.startsWith(start) || !name.endsWith(EXTENSION)) return false;
  const device = name.slice(start.length, -EXTENSION.length);
  return /^[0-9a-f]{16}$/.test(device) && device !== place.device;
}

function isNothing(record: Uint8Array): boolean {
  return Buffer.from(NOTHING).equals(record);
}

function readRecord(path: string): Promise<Uint8Array | undefined> {
  return readFileUpTo(path, READ_LIMIT);
}

async function isAbsent(path: string): Promise<boolean> {
  return lstat(path).then(() => false, isMissing);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
