/**
 * Creates files and directories that only their owner can read, and creates the errors to report if that fails. The
 * rules are the same as in `files.rs`, which says who owns the files that root creates. An error of this module never
 * contains a path, because paths contain the user's name.
 */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, stat, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, sep } from "node:path";

export const WINDOWS = process.platform === "win32";

/**
 * Creates a file that only its owner can read, and opens it for writing. Fails if the path exists, even if it is a
 * dangling link. `replaced` is the path of the file that the new file will replace, if any. If root creates the file,
 * the file is given to the owner of `replaced`, or else to the owner of the directory.
 */
export async function createPrivate(path: string, replaced?: string): Promise<FileHandle> {
  const file = await open(path, "wx", 0o600);
  await giveToOwnerOf(dirname(path), replaced, file);
  return file;
}

/** Creates a file with this content. Only the file's owner can read it. */
export async function writePrivate(path: string, content: string): Promise<void> {
  const file = await createPrivate(path);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/**
 * Creates a file that only its owner can read. The file will take the place of `replaced`. Resolves once the content is
 * on the disk.
 */
export async function writeSynced(path: string, content: string | Uint8Array, replaced: string): Promise<void> {
  const file = await createPrivate(path, replaced);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Creates a directory that only its owner can enter, and its missing parents. Does not change an existing directory.
 */
export async function createPrivateDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await createPrivateDirectory(parent);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    // Another process has created the directory in the meantime.
    if (await isDirectory(path)) return;
    throw withCode("ENOTDIR");
  }
  if (!WINDOWS) await giveDirectoryToOwnerOf(parent, path).catch(() => undefined);
  // Syncs the parent, so that the new directory also survives a power cut.
  await syncDirectory(parent).catch(() => undefined);
}

/**
 * Makes the owner of `parent` the owner of a directory that root has created. Opens the directory without following a
 * link, and changes the owner through the open handle. So if someone replaces the directory by a link, the link's
 * target keeps its owner.
 */
async function giveDirectoryToOwnerOf(parent: string, path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await giveToOwnerOf(parent, undefined, directory);
  } finally {
    await directory.close();
  }
}

/**
 * Gives a file that root has created to the owner of the file that it replaces, or else to the owner of its directory.
 * The comment at the top of `files.rs` explains the rules.
 */
async function giveToOwnerOf(directory: string, replaced: string | undefined, made: FileHandle): Promise<void> {
  if (WINDOWS) return;
  try {
    if ((await made.stat()).uid !== ROOT) return;
    const place = await stat(directory);
    const owners = [place];
    if (replaced !== undefined && (place.mode & EVERYBODY_WRITES) === 0) {
      owners.unshift(...(await lstat(replaced).then((found) => [found], () => [])));
    }
    const owner = owners.find(({ uid }) => uid !== ROOT);
    if (owner) await made.chown(owner.uid, owner.gid).catch(warnOfOwner);
  } catch {
    // Ignores the error. If the owner of the directory cannot be read, the file stays root's, as in `files.rs`.
  }
}

function warnOfOwner(error: unknown): void {
  const cause = codeOf(error) || "the system does not say why";
  console.warn(`polar-license: a file for the license stays root's, and its user cannot read it: ${cause}`);
}

const ROOT = 0;
const EVERYBODY_WRITES = 0o002;

/**
 * Syncs a directory, so that a power cut does not undo a rename or a removal in it. Does nothing if the system cannot
 * sync directories, or does not permit the user to sync this one.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (WINDOWS) return;
  try {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(codeOf(error))) throw error;
  }
}

/** Reads the first `limit` bytes of a file. Returns `undefined` if there is no file. */
export async function readFileUpTo(path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    // Opens only regular files, because opening a pipe would block until another program writes to the pipe.
    if (!(await stat(path)).isFile()) throw withCode("EISDIR");
    const file = await open(path, "r");
    try {
      return await readUpTo(file, limit);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads the rest of an open file, at most `limit` bytes. */
export async function readUpTo(file: FileHandle, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < limit) {
    const chunk = new Uint8Array(Math.min(limit - length, 64 * 1024));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/** Removes a file if it exists. Ignores errors, because a file that is left behind does no harm. */
export async function removeQuietly(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

/** Creates the error for a failed task. If the cause is a common one, the error says what to do about it. */
export function failure(task: string, error: unknown): Error {
  return new Error(`could not ${task}: ${cause(codeOf(error))}`);
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** Returns the system's code for an error, such as `ENOENT`, or an empty string if the error has none. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** Creates an error whose `code` is one of the system's error codes, such as `ENOENT`. */
export function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/**
 * Appends names to the path of a directory, and keeps each `..`. `path.join` would remove `..` together with the name
 * before it. If that name is a symbolic link, the result would be the path of a different directory.
 */
export function within(directory: string, ...names: string[]): string {
  const ends = directory === "" || directory.endsWith("/") || (WINDOWS && directory.endsWith("\\"));
  return `${directory}${ends ? "" : sep}${names.join(sep)}`;
}

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

const CANNOT_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EACCES", "EPERM"]);

function cause(code: string): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "permission denied; let this user read and write the license directory, or choose another one";
    case "EROFS":
      return "the file system is read-only; choose another directory";
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return "no space left; free some and try again";
    case "ENOTDIR":
      return "a file is where the license directory should be; move it away, or choose another directory";
    case "EISDIR":
      return "something else is where the license file should be; move it away";
    case "":
      return "the system does not say why";
    default:
      return `the system reports ${code}`;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
