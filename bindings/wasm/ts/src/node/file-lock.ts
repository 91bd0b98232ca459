/**
 * A lock that programs in any language can use: a file that is created only if it does not exist (create-new). The lock
 * protects the record, which is the file beside it. This module never reads a clock and never touches the record.
 *
 * The protocol is the same as in `src/blocking/file_lock.rs`, because a program in Rust may use the same record. In
 * short:
 *
 * - `NAME.lock` contains the token of the process that holds the lock. Other processes wait for the lock until their
 *   timeout.
 * - A lock that is 10 s old counts as left behind. For a lock that its holder rewrites every second, the limit is 5 s.
 *   The age is measured by the file system's own time. If this process itself has failed to delete a lock, that lock
 *   counts as left behind at once.
 * - To take over a lock that was left behind, a process first claims the lock by creating `NAME.DEAD.take1`. DEAD is
 *   the token in the lock. The process then reads the lock again, and renames it to `NAME.TOKEN.old`. TOKEN is the
 *   process's own token. Finally, the process reads the renamed file. If this file is not the claimed lock, the process
 *   puts it back.
 * - If a lock cannot be read, only its age decides whether it counts as left behind. Only regular files are ever
 *   opened.
 *
 * In Rust, a thread that holds the lock excludes all other threads. Here, a chain of asynchronous calls takes the place
 * of a thread: while one chain holds the lock, other calls in the same process have to wait.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { link, lstat, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { pause } from "../time.js";
import {
  WINDOWS,
  codeOf,
  createPrivate,
  createPrivateDirectory,
  failure,
  isMissing,
  readUpTo,
  removeQuietly,
  withCode,
  within,
  writePrivate,
} from "./files.js";

/**
 * The length of a token, in bytes. Tokens must be short, because they are part of file names beside the record.
 * eCryptfs limits a name to 143 bytes, and the record's own name can take up 106 of them.
 */
const TOKEN_BYTES = 8;
/**
 * The age at which a lock counts as left behind by a dead process. Used for locks that processes hold only for
 * milliseconds.
 */
const STALE_AFTER_NS = 10_000_000_000n;
/**
 * The age at which a lock counts as left behind by a dead process. Used for locks that are held for a long time,
 * because a living holder rewrites such a lock every second.
 */
const LONG_STALE_AFTER_NS = 5_000_000_000n;
/** The default time limit for waiting for other processes. */
const LOCK_TIMEOUT_MS = 2000;
/** The interval at which a process rewrites a lock that it holds for a long time. */
const KEEP_EVERY_MS = 1000;
/** If a process examines a lock and cannot take it over, it examines the lock again after this time. */
const JUDGED_FOR_MS = 1000;
/**
 * The maximum number of leftover claims to one lock. A process leaves a claim behind if it dies while it takes over the
 * lock. The number has only two digits, so that the names of claims stay short.
 */
const MOST_CLAIMS = 99;
/**
 * The file name of a claim to a lock contains the token from the lock file. If the lock file contains no valid token,
 * the file name contains this text instead.
 */
const NO_TOKEN = "0000000000000000";

/**
 * Matches the names of the files that one process creates beside a record or beside its `asking` lock. Does not match
 * the locks themselves.
 */
const SIDE_FILE = /^\.(?:asking\.)?([0-9a-f]{16})\.(tmp|old|take\d+)$/;

/**
 * Tokens of locks that this process has released but could not delete, so that their files may still exist. If a call
 * finds such a lock, it takes the lock over at once.
 */
const leftBehind = new Set<string>();

/**
 * The lock of one record. While one call holds the lock, other processes and other calls to this object have to wait.
 */
export class FileLock {
  readonly #record: string;
  readonly #staleAfterNs: bigint;
  readonly #inside = new AsyncLocalStorage<Holder>();
  #holder: Holder | undefined;

  private constructor(record: string, staleAfterNs: bigint) {
    this.#record = record;
    this.#staleAfterNs = staleAfterNs;
  }

  /** Creates a lock that `run` holds for a few milliseconds at a time. */
  static brief(record: string): FileLock {
    return new FileLock(record, STALE_AFTER_NS);
  }

  /** Creates a lock that `hold` can hold for a long time. While it is held, its file is rewritten every second. */
  static kept(record: string): FileLock {
    return new FileLock(record, LONG_STALE_AFTER_NS);
  }

  /**
   * Acquires the lock, and runs `work` with the lock's token. Rejects without running `work` if the lock cannot be
   * acquired. Waits at most `timeoutMs` for other holders. If `timeoutMs` is 0, tries only once.
   */
  async run<T>(work: (token: string) => Promise<T>, timeoutMs = LOCK_TIMEOUT_MS): Promise<T> {
    if (this.ownToken() !== undefined) throw new Error("this call has locked the license file already");
    const holder = await this.#acquire(timeoutMs);
    if (holder === undefined) throw new Error("another process has locked the license file; try again in a few seconds");
    try {
      return await this.#inside.run(holder, () => work(holder.token));
    } finally {
      await this.#release(holder);
      // In Node before version 22, every promise in the process is slower while an `AsyncLocalStorage` is in use. It is
      // therefore disabled when nobody holds the lock.
      this.#inside.disable();
    }
  }

  /**
   * Acquires the lock for longer than a few milliseconds. Resolves to a function that releases the lock. Until the
   * release, the lock is rewritten at intervals, so that other processes see that its holder is alive. Resolves to
   * `undefined` if the lock does not become free within `timeoutMs`, or if `signal` aborts first.
   */
  async hold(timeoutMs: number, signal: AbortSignal): Promise<(() => Promise<void>) | undefined> {
    const holder = await this.#acquire(timeoutMs, signal);
    if (holder === undefined) return undefined;
    let keeping = Promise.resolve();
    const timer = setInterval(() => {
      keeping = keeping.then(() => this.#keep(holder.token));
    }, KEEP_EVERY_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      // This process may be rewriting the lock at the moment. Waits until the rewrite has finished, because a rewrite
      // after the release could overwrite the lock of the next holder.
      await keeping;
      await this.#release(holder);
    };
  }

  /** Returns the lock's token if the calling code holds the lock, otherwise `undefined`. */
  ownToken(): string | undefined {
    const holder = this.#inside.getStore();
    return holder !== undefined && holder === this.#holder ? holder.token : undefined;
  }

  /** Rejects if the lock no longer contains `token`, because another process has taken it over. */
  async check(token: string): Promise<void> {
    const lock = await openLock(this.#path()).catch(() => undefined);
    if (lock?.token !== token) {
      throw new Error("another process took over the lock of the license file; try again");
    }
  }

  /**
   * Removes files that dead processes left beside the record. The caller holds the lock with `token`. So a `.tmp` file
   * with another token belongs to a former holder, and is removed at once. All other files may belong to a process that
   * waits for the lock or takes it over. So they are removed only when they are ten seconds old, because a lock of this
   * age counts as left behind.
   */
  async sweep(token: string): Promise<void> {
    const directory = dirname(this.#record);
    const name = basename(this.#record);
    const now = await modifiedAt(this.#path()).catch(() => undefined);
    const entries = now === undefined ? [] : await readdir(directory).catch((): string[] => []);
    for (const entry of entries) {
      const found = entry.startsWith(`${name}.`) ? SIDE_FILE.exec(entry.slice(name.length)) : null;
      if (found === null || now === undefined) continue;
      const [, maker, extension] = found;
      const path = within(directory, entry);
      const modified = await modifiedAt(path).catch(() => undefined);
      const isOld = modified !== undefined && isOlder(modified, now, STALE_AFTER_NS);
      if (extension === "tmp" ? maker !== token : isOld) await removeAnything(path);
    }
  }

  /** Returns the path of a file that belongs to the lock holder with `token`. */
  sidePath(token: string, extension: string): string {
    return `${this.#record}.${token}.${extension}`;
  }

  /**
   * Acquires the lock. Resolves to `undefined` if the lock does not become free within `timeoutMs`, or if `signal`
   * aborts first.
   */
  async #acquire(timeoutMs: number, signal?: AbortSignal): Promise<Holder | undefined> {
    const random = randomBytes(TOKEN_BYTES);
    const holder: Holder = { token: random.toString("hex") };
    const wait = new Wait(timeoutMs, random, signal);
    // Waits until no other call of this process holds the lock. Waiting for the lock file is not enough, because after
    // a while this call would treat the file as left behind by a dead process.
    while (this.#holder !== undefined) if (!(await wait.pause())) return undefined;
    this.#holder = holder;
    let locked = false;
    try {
      await createPrivateDirectory(dirname(this.#record)).catch((error: unknown) => {
        throw failure("make the license directory", error);
      });
      locked = await this.#lock(holder.token, wait);
    } finally {
      if (!locked) this.#holder = undefined;
    }
    return locked ? holder : undefined;
  }

  async #release(holder: Holder): Promise<void> {
    // Try twice, because a lock that is left in place would block other processes for 10 s.
    if (!(await this.#delete(holder.token)) && !(await this.#delete(holder.token))) leftBehind.add(holder.token);
    this.#holder = undefined;
  }

  /** Deletes the lock if it still contains `token`. Returns `false` if the lock may still exist. */
  async #delete(token: string): Promise<boolean> {
    try {
      const lock = await openLock(this.#path());
      // If the lock contains another token, another process has taken over the lock.
      if (lock.token === token) await unlink(this.#path());
      return true;
    } catch (error) {
      return isMissing(error);
    }
  }

  /**
   * Writes the token to the lock again. This renews the lock's modification time, from which other processes compute
   * how old the lock is.
   */
  async #keep(token: string): Promise<void> {
    try {
      await this.check(token);
      const file = await open(this.#path(), "r+");
      try {
        await file.write(token, 0);
      } finally {
        await file.close();
      }
    } catch {
      // The error is ignored. At worst, another process takes over the lock, and then both processes send requests to
      // Polar.
    }
  }

  /** Creates the lock file. Returns `false` if another process still holds the lock when `wait` ends. */
  async #lock(token: string, wait: Wait): Promise<boolean> {
    // A lock that this call has tried in vain to take over. The call tries again after `untilMs`, or when the lock has
    // changed.
    let judged: { lock: LockFile; untilMs: number } | undefined;
    while (!(await this.#create(token))) {
      const seen = await readLock(this.#path());
      const isJudged = judged !== undefined && isSame(seen, judged.lock) && wait.waitedMs < judged.untilMs;
      if (seen !== undefined && !isJudged) {
        if (await this.#clear(seen, token)) continue;
        judged = { lock: seen, untilMs: wait.waitedMs + JUDGED_FOR_MS };
      }
      if (!(await wait.pause())) return false;
    }
    return true;
  }

  /** Creates the lock file. Returns `false` if the file exists already. */
  async #create(token: string): Promise<boolean> {
    const path = this.#path();
    let file;
    try {
      file = await createPrivate(path);
    } catch (error) {
      if (codeOf(error) === "EEXIST" || (await isBeingDeleted(path, error))) return false;
      throw failure("lock the license file", error);
    }
    try {
      await file.writeFile(token);
    } catch (error) {
      await removeQuietly(path);
      throw failure("lock the license file", error);
    } finally {
      await file.close();
    }
    return true;
  }

  /** Removes the lock `seen` if it was left behind. Returns `true` if it was removed. */
  async #clear(seen: LockFile, token: string): Promise<boolean> {
    const oldPath = this.sidePath(token, "old");
    const now = await timeAt(oldPath).catch((error: unknown) => {
      throw failure("lock the license file", error);
    });
    try {
      return await this.#takeOver(seen, oldPath, now);
    } catch (error) {
      throw takeOverError(error);
    } finally {
      await removeAnything(oldPath);
    }
  }

  /**
   * Moves the lock `seen` to `oldPath` if it was left behind. Returns `false` if it was not left behind, or if another
   * process is taking it over.
   */
  async #takeOver(seen: LockFile, oldPath: string, now: bigint): Promise<boolean> {
    const isOwn = seen.token !== undefined && leftBehind.has(seen.token);
    if (!isOlder(seen.modified, now, this.#staleAfterNs) && !isOwn) return false;
    const dead = seen.token !== undefined && /^[0-9a-f]{16}$/.test(seen.token) ? seen.token : NO_TOKEN;
    const claims = await this.#claim(dead, now);
    if (claims === undefined) return false;
    try {
      const taken = await moveAway(this.#path(), seen, oldPath);
      if (taken) {
        await removeAnything(this.sidePath(dead, "tmp"));
        await removeAnything(this.sidePath(dead, "old"));
        leftBehind.delete(dead);
      }
      return taken;
    } finally {
      for (const claim of claims) await removeAnything(claim);
    }
  }

  /**
   * Claims the right to take over the lock that contains the token `dead`. A claim is a file. Resolves to the paths of
   * this claim and of earlier claims by processes that died. Resolves to `undefined` if another process is taking over
   * the lock.
   */
  async #claim(dead: string, now: bigint): Promise<string[] | undefined> {
    const claims: string[] = [];
    for (let attempt = 1; attempt <= MOST_CLAIMS; attempt += 1) {
      const claim = this.sidePath(dead, `take${attempt}`);
      let made = true;
      try {
        await writePrivate(claim, "");
      } catch (error) {
        if (isTemporary(error)) return undefined;
        if (codeOf(error) !== "EEXIST") throw error;
        made = false;
      }
      if (!made) {
        const modified = await modifiedAt(claim).catch(() => undefined);
        if (modified === undefined || !isOlder(modified, now, this.#staleAfterNs)) return undefined;
      }
      claims.push(claim);
      if (made) return claims;
    }
    throw withCode("EEXIST");
  }

  #path(): string {
    return `${this.#record}.lock`;
  }
}

/** The holder of the lock: an asynchronous call, together with all calls that it makes. */
interface Holder {
  readonly token: string;
}

/** The content of a lock file. `token` is `undefined` if the content cannot be read. */
interface LockFile {
  readonly token: string | undefined;
  /**
   * The time of the last change to the file, in nanoseconds. Milliseconds could not tell apart two locks that were
   * written within the same millisecond.
   */
  readonly modified: bigint;
}

/** Reads a lock. Returns `undefined` if there is no lock. @internal */
export async function readLock(path: string): Promise<LockFile | undefined> {
  try {
    return await openLock(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const modified = await modifiedAt(path).catch(() => undefined);
    return modified === undefined ? undefined : { token: undefined, modified };
  }
}

/** Reads a lock. Rejects if the path is not a readable file. */
async function openLock(path: string): Promise<LockFile> {
  // Opens only regular files, because opening a pipe would block until another program writes to the pipe.
  if (!(await lstat(path)).isFile()) throw withCode("EINVAL");
  const file = await open(path, "r");
  try {
    const { mtimeNs: modified } = await file.stat({ bigint: true });
    return { token: Buffer.from(await readUpTo(file, 64)).toString("utf8"), modified };
  } finally {
    await file.close();
  }
}

/**
 * Returns the time at which the path was modified. If the path is a link, this is the time of the link itself rather
 * than of its target.
 */
async function modifiedAt(path: string): Promise<bigint> {
  return (await lstat(path, { bigint: true })).mtimeNs;
}

function isSame(a: LockFile | undefined, b: LockFile | undefined): boolean {
  return a !== undefined && b !== undefined && a.token === b.token && a.modified === b.modified;
}

/**
 * Returns the present time by the clock of the file system. To read that clock, creates a file at `probe`, and then
 * removes the file.
 */
async function timeAt(probe: string): Promise<bigint> {
  const file = await createPrivate(probe);
  try {
    return (await file.stat({ bigint: true })).mtimeNs;
  } finally {
    await file.close();
    await removeQuietly(probe);
  }
}

/** Removes a file or an empty directory. Ignores errors. */
async function removeAnything(path: string): Promise<void> {
  await unlink(path).catch(() => rmdir(path)).catch(() => undefined);
}

/** Returns `true` if an error is temporary: another process acted first or, on Windows, has the file open. */
function isTemporary(error: unknown): boolean {
  return isMissing(error) || (WINDOWS && ["EPERM", "EACCES", "EBUSY"].includes(codeOf(error)));
}

/** Creates an error that says why a lock that was left behind could not be removed. */
function takeOverError(error: unknown): Error {
  if (["EPERM", "EACCES", "EEXIST"].includes(codeOf(error))) {
    return new Error(
      "a lock that this user may not remove was left behind; delete the file ending in `.lock` in the license directory",
    );
  }
  return failure("take over the lock of the license file", error);
}

/**
 * Returns `true` if a lock is at least `ageNs` old. If the lock's time is in the future, its age is the difference to
 * now, because the clock may have been set back after the holder died.
 */
function isOlder(modified: bigint, now: bigint, ageNs: bigint): boolean {
  return (now > modified ? now - modified : modified - now) >= ageNs;
}

/**
 * Moves the lock to `oldPath` if it is still the lock `seen`. Returns whether that lock was moved.
 * @internal
 */
export async function moveAway(path: string, seen: LockFile, oldPath: string): Promise<boolean> {
  if (!isSame(seen, await readLock(path))) return false;
  try {
    await rename(path, oldPath);
  } catch (error) {
    if (isTemporary(error)) return false;
    throw error;
  }
  const moved = await readLock(oldPath);
  if (isSame(seen, moved)) return true;
  await putBack(oldPath, path, moved);
  return false;
}

/**
 * Moves a lock back to its path, so that its holder keeps it. If another process has acquired the lock in the meantime,
 * does nothing. In this case, the former holder finds another token in the lock, and does not change the record.
 */
export async function putBack(oldPath: string, path: string, lock: LockFile | undefined): Promise<void> {
  try {
    await link(oldPath, path);
  } catch {
    if (lock?.token !== undefined) await writePrivate(path, lock.token).catch(() => undefined);
  }
}

/**
 * Returns `true` if the path is a file that is being deleted. Windows denies access to a file that is deleted but still
 * open in some process. That can happen with a lock that was released a moment ago.
 */
async function isBeingDeleted(path: string, error: unknown): Promise<boolean> {
  if (!WINDOWS || !["EPERM", "EACCES", "EBUSY"].includes(codeOf(error))) return false;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  return names.includes(basename(path));
}

/**
 * Waits in small steps, for at most `limitMs`. Counts the steps instead of reading a clock, so that the time during
 * which a process is suspended does not count towards the limit.
 */
class Wait {
  readonly #limitMs: number;
  readonly #jitter: Uint8Array;
  readonly #signal: AbortSignal | undefined;
  #steps = 0;
  #waitedMs = 0;

  constructor(limitMs: number, random: Uint8Array, signal?: AbortSignal) {
    this.#limitMs = limitMs;
    this.#jitter = random;
    this.#signal = signal;
  }

  get waitedMs(): number {
    return this.#waitedMs;
  }

  /**
   * Waits for a few milliseconds. Returns `false`, without waiting, if the time limit is reached or the caller has
   * cancelled.
   */
  async pause(): Promise<boolean> {
    const leftMs = this.#limitMs - this.#waitedMs;
    if (leftMs <= 0 || this.#signal?.aborted) return false;
    // 7.5 to 12.6 ms: the length varies, so that two waiting processes do not always try at the same moments
    const pauseMs = Math.min(7.5 + (this.#jitter[this.#steps % this.#jitter.length] ?? 0) * 0.02, leftMs);
    await pause(pauseMs);
    this.#steps += 1;
    this.#waitedMs += pauseMs;
    return true;
  }
}
