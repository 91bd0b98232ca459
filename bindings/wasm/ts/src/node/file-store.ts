/**
 * The record as a file that several processes share: an app, its updater, a process in Rust, another in Node. Never
 * looks into the record, never reads a clock, never names a path in an error (paths contain the user's name).
 *
 * The names, the content and the order of steps are those of `src/blocking/file_store.rs`, which lists them. Saving:
 * lock; write `NAME.TOKEN.tmp`, made with create-new; sync it; check that `NAME.lock` still holds the token; rename it
 * to `NAME`; sync the directory, unless the save may be lost. A crash at any instant leaves the old or the new record
 * whole.
 */

import { unwatchFile, watchFile } from "node:fs";
import { lstat, readdir, rename, stat, unlink } from "node:fs/promises";

import type { Place, Store, Turn } from "../storage.js";
import { within as before } from "../time.js";
import { FileLock } from "./file-lock.js";
import { failure, isMissing, readFileUpTo, removeQuietly, syncDirectory, within, writeSynced } from "./files.js";

/**
 * The most bytes that are read, longer than any record. A longer file then fails the check as a record that was
 * tampered with.
 */
const READ_LIMIT = 1024 * 1024;
const EXTENSION = ".license";
/** The longest wait for a lock's file. After that, the file system counts as unavailable. */
const HANGING_MS = 2_000;
/** The interval at which the file is checked for changes by other processes. */
const POLL_MS = 1_000;
/**
 * The content that replaces a removed record if another device's record is beside it. Without this file, that record
 * would be offered.
 */
const NOTHING = "no license\n";

/**
 * A store that keeps one record in a file. Creating it touches no file; the directory is created at the first lock or
 * save.
 */
export class FileStore implements Store {
  readonly #directory: string;
  readonly #place: Place;
  readonly #path: string;
  readonly #lock: FileLock;
  /** The lock that is held while a process asks Polar. */
  readonly #asking: FileLock;
  /** Whether the files of dead processes were removed. */
  #hasSwept = false;

  constructor(directory: string, place: Place) {
    this.#directory = directory;
    this.#place = place;
    this.#path = within(directory, fileName(place));
    this.#lock = FileLock.brief(this.#path);
    this.#asking = FileLock.kept(`${this.#path}.asking`);
  }

  /**
   * Reads the record, at most its first MiB.
   *
   * If there is none for this device, returns the newest record of the same app and product for another device: the
   * home directory was moved to this machine, and the app can offer to move the license.
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
      // If this fails, only a power cut could restore the record.
      await syncDirectory(this.#directory).catch(() => undefined);
    });
  }

  async locked(work: () => Promise<void>, timeoutMs?: number): Promise<void> {
    await this.#lock.run(work, timeoutMs);
  }

  /**
   * Uses a second lock, `NAME.asking.lock`, which is held for as long as Polar is asked. If it cannot be created, no
   * process could save an answer either, and each process asks for itself.
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

  /** Checks the file's metadata. Keeps no process alive. */
  poll(changed: () => void): () => void {
    watchFile(this.#path, { interval: POLL_MS, persistent: false }, changed);
    return () => unwatchFile(this.#path, changed);
  }

  /** Runs `work` while holding the lock: the one that the caller holds already, or a new one for this call. */
  async #whileLocked(work: (token: string) => Promise<void>): Promise<void> {
    const token = this.#lock.ownToken();
    await (token === undefined ? this.#lock.run(work) : work(token));
  }

  /** Replaces the record. A power cut may undo that until the directory is synced. */
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
   * Finds the newest record of another device for this app and product. Ignores errors: that record is an offer, not
   * this device's state.
   */
  async #newestSibling(): Promise<Uint8Array | undefined> {
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
 * Returns the name of a record's file: `APP-PRODUCT-DEVICE.license`. `APP` is the app id, in which every character
 * other than `A-Z a-z 0-9 . - _` is replaced by one `_` (one for each Unicode code point), cut to 64, and a leading `.`
 * replaced by `_`.
 */
export function fileName(place: Place): string {
  return `${prefix(place)}${place.device}${EXTENSION}`;
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
