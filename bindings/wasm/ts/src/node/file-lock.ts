/**
 * A lock that any runtime can take part in: a file made with create-new. Protects the file beside it, the record. Never
 * reads a clock, never touches the record.
 *
 * The protocol is that of `src/blocking/file_lock.rs`, whose head describes it: a program in Rust may be on the other
 * side. In short: `NAME.lock` holds its owner's token; who finds it waits up to 2 s; one that is 10 s old, by the file
 * system's own time, was left by a process that died, and is taken over: claimed by `NAME.DEAD.take1`, read again,
 * renamed to `NAME.TOKEN.old`, read once more, and put back should it be another one after all.
 *
 * Where Rust tells threads apart, this tells chains of asynchronous calls apart: what `work` calls is inside the lock,
 * and what others call meanwhile is not.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { link, open, readdir, rename, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

import {
  WINDOWS,
  codeOf,
  createPrivate,
  createPrivateDirectory,
  failure,
  readUpTo,
  removeQuietly,
  writePrivate,
} from "./files.js";

/** Kept short: eCryptfs allows names of 143 bytes, and the record's own can have 106. */
const TOKEN_BYTES = 8;
/** A lock is held for milliseconds; after this long its holder is dead. */
const STALE_AFTER_NS = 10_000_000_000n;
const PATIENCE_MS = 2000;
/** Stands for the token of a lock whose holder died before writing one. */
const NO_TOKEN = "0000000000000000";

/** The lock of one record, for all who share this object and for other processes. */
export class FileLock {
  readonly #record: string;
  readonly #inside = new AsyncLocalStorage<Holder>();
  #holder: Holder | undefined;

  constructor(record: string) {
    this.#record = record;
  }

  /** Runs `work` with the lock's token while holding the lock, or rejects without running it. */
  async run<T>(work: (token: string) => Promise<T>): Promise<T> {
    const holder = await this.#acquire();
    try {
      return await this.#inside.run(holder, () => work(holder.token));
    } finally {
      await this.#release(holder);
    }
  }

  /** The token of the lock that the caller is inside of. */
  ownToken(): string | undefined {
    const holder = this.#inside.getStore();
    return holder !== undefined && holder === this.#holder ? holder.token : undefined;
  }

  /** Rejects unless the holder of `token` still has the lock. */
  async check(token: string): Promise<void> {
    const lock = await readLock(this.#path());
    if (lock?.token !== token) {
      throw new Error("another process took over the lock of the license file; try again");
    }
  }

  /** A file that belongs to the holder of `token`. */
  sidePath(token: string, extension: string): string {
    return `${this.#record}.${token}.${extension}`;
  }

  async #acquire(): Promise<Holder> {
    if (this.ownToken() !== undefined) throw new Error("this call has locked the license file already");
    const random = randomBytes(TOKEN_BYTES);
    const holder: Holder = { token: random.toString("hex") };
    const patience = new Patience(random);
    // The lock's file would keep others of this process out too, but only it is taken over after a while.
    while (this.#holder !== undefined) await patience.pause();
    this.#holder = holder;
    try {
      await createPrivateDirectory(dirname(this.#record)).catch((error: unknown) => {
        throw failure("make the license directory", error);
      });
      await this.#lock(holder.token, patience);
    } catch (error) {
      this.#holder = undefined;
      throw error;
    }
    return holder;
  }

  async #release(holder: Holder): Promise<void> {
    const lock = await readLock(this.#path());
    // Where the removal fails, others wait until it is old.
    if (lock?.token === holder.token) await removeQuietly(this.#path());
    // Before Node 22 every promise of the process pays for it while it is in use.
    this.#inside.disable();
    this.#holder = undefined;
  }

  async #lock(token: string, patience: Patience): Promise<void> {
    // Judged once and not at every turn.
    let left: LockFile | undefined;
    while (!(await this.#create(token))) {
      const seen = await readLock(this.#path());
      if (seen !== undefined && !isSame(seen, left)) {
        if (await this.#clearStale(seen, token)) continue;
        left = seen;
      }
      await patience.pause();
    }
  }

  /** Whether it was made, and not there already. */
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

  /** Takes a dead holder's lock away. Whether it makes sense to try for the lock at once. */
  async #clearStale(seen: LockFile, token: string): Promise<boolean> {
    const aside = this.sidePath(token, "old");
    const now = await timeAt(aside);
    const taken = now !== undefined && isStale(seen.modified, now) && (await this.#takeOver(seen, aside, now));
    await removeQuietly(aside);
    return taken;
  }

  /** Moves the lock that was `seen` to `aside`. False where that is not this process's to do. */
  async #takeOver(seen: LockFile, aside: string, now: bigint): Promise<boolean> {
    const dead = /^[0-9a-f]{16}$/.test(seen.token) ? seen.token : NO_TOKEN;
    const claims = await this.#claim(dead, now);
    if (claims === undefined) return false;
    const taken = await moveAside(this.#path(), seen, aside);
    if (taken) {
      await removeQuietly(this.sidePath(dead, "tmp"));
      await removeQuietly(this.sidePath(dead, "old"));
    }
    for (const claim of claims) await removeQuietly(claim);
    return taken;
  }

  /** Makes this process the one that takes over from `dead`. Resolves to its claim and those of who died trying. */
  async #claim(dead: string, now: bigint): Promise<string[] | undefined> {
    const claims: string[] = [];
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      const claim = this.sidePath(dead, `take${attempt}`);
      const made = await writePrivate(claim, "", false).then(
        () => true,
        () => false,
      );
      if (!made) {
        const modified = await stat(claim, { bigint: true }).then(
          (found) => found.mtimeNs,
          () => undefined,
        );
        if (modified === undefined || !isStale(modified, now)) return undefined;
      }
      claims.push(claim);
      if (made) return claims;
    }
    return undefined;
  }

  #path(): string {
    return `${this.#record}.lock`;
  }
}

/** Who is inside the lock. */
interface Holder {
  readonly token: string;
}

/** What a lock's file says. */
interface LockFile {
  readonly token: string;
  /** In nanoseconds: two locks of the same millisecond are two. */
  readonly modified: bigint;
}

/** `undefined` where there is none, or it cannot be read. @internal */
export async function readLock(path: string): Promise<LockFile | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const { mtimeNs: modified } = await file.stat({ bigint: true });
      return { token: Buffer.from(await readUpTo(file, 64)).toString("utf8"), modified };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

function isSame(a: LockFile | undefined, b: LockFile | undefined): boolean {
  return a !== undefined && a.token === b?.token && a.modified === b.modified;
}

/** What time it is for the file system, by a file made at `probe`, which the caller removes. */
async function timeAt(probe: string): Promise<bigint | undefined> {
  try {
    const file = await createPrivate(probe);
    try {
      return (await file.stat({ bigint: true })).mtimeNs;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** One from the future is as old as one from the past: the clock was set back after its holder died. */
function isStale(modified: bigint, now: bigint): boolean {
  return (now > modified ? now - modified : modified - now) >= STALE_AFTER_NS;
}

/**
 * Moves the lock that was `seen` to `aside`, and no other.
 * @internal
 */
export async function moveAside(path: string, seen: LockFile, aside: string): Promise<boolean> {
  if (!isSame(seen, await readLock(path))) return false;
  try {
    await rename(path, aside);
  } catch {
    return false;
  }
  const moved = await readLock(aside);
  if (isSame(seen, moved)) return true;
  await putBack(aside, path, moved);
  return false;
}

/**
 * Returns a lock to its holder. Both ways fail where somebody else has the lock by now; its holder then finds out
 * before it changes anything.
 * @internal
 */
export async function putBack(aside: string, path: string, lock: LockFile | undefined): Promise<void> {
  try {
    await link(aside, path);
  } catch {
    if (lock !== undefined) await writePrivate(path, lock.token, false).catch(() => undefined);
  }
}

/** Windows denies access to a file that is deleted but still open somewhere: the lock of a moment ago. */
async function isBeingDeleted(path: string, error: unknown): Promise<boolean> {
  if (!WINDOWS || !["EPERM", "EACCES", "EBUSY"].includes(codeOf(error))) return false;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  return names.includes(basename(path));
}

/**
 * Waits in small steps, up to 2 s in all. Counts the steps instead of reading a clock: a process that was suspended in
 * between has not waited.
 */
class Patience {
  readonly #jitter: Uint8Array;
  #steps = 0;
  #waitedMs = 0;

  constructor(random: Uint8Array) {
    this.#jitter = random;
  }

  async pause(): Promise<void> {
    if (this.#waitedMs >= PATIENCE_MS) {
      throw new Error(
        "another process has locked the license file; try again, and if no other copy of the app runs, delete the " +
          "file ending in `.lock` in the license directory",
      );
    }
    // 7.5 to 12.6 ms: two processes that wait do not keep in step.
    const pauseMs = 7.5 + (this.#jitter[this.#steps % this.#jitter.length] ?? 0) * 0.02;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#steps += 1;
    this.#waitedMs += pauseMs;
  }
}
