/**
 * Finds the identifier that the operating system has given to this machine. `src/blocking/machine.rs` finds the same
 * identifier, and lists where each system keeps it. The identifier is used only for the hash that identifies the
 * device. Never starts a shell. Starts only the system's own programs, each by its absolute path.
 */

import { execFile } from "node:child_process";
import { link, rename } from "node:fs/promises";
import { dirname } from "node:path";

import {
  createPrivateDirectory,
  failure,
  randomHex,
  readFileUpTo,
  removeQuietly,
  syncDirectory,
  within,
  writeSynced,
} from "./files.js";

const RANDOM_NAME = "device-id";
const RANDOM_BYTES = 16;
/** The maximum number of bytes that are read. No identifier is nearly as long. */
const READ_LIMIT = 64 * 1024;
/**
 * The time limit for each program that prints an identifier of the machine. All these programs end far sooner. The
 * client waits a little longer than this, so that it can try another source after a program has hung.
 */
const PROGRAM_TIMEOUT_MS = 4_000;

/**
 * Returns the operating system's identifier of this machine, or `undefined` if the machine has none.
 *
 * Clones of a machine, and all containers of one image, may have the same identifier.
 */
export async function machineSource(): Promise<string | undefined> {
  return usable(await identifier());
}

/**
 * Returns an identifier of this device: the result of {@link machineSource}, or a random identifier if the machine has
 * none. The first call creates the random identifier, and stores it in `directory`. If the identifier cannot be stored,
 * rejects, because otherwise each start would create a new identifier, and this machine would look like another device
 * each time.
 */
export async function deviceSource(directory: string | undefined): Promise<string> {
  const source = await machineSource();
  if (source !== undefined) return source;
  if (directory === undefined) {
    throw new Error("this system has neither a machine id nor a data directory; set HOME, or configure a directory");
  }
  return randomSource(directory);
}

/** @internal */
export function usable(text: string | undefined): string | undefined {
  const trimmed = text?.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
  const blank = trimmed === undefined || /^[0-]*$/.test(trimmed) || trimmed === "uninitialized";
  return blank ? undefined : trimmed;
}

/**
 * Returns the random identifier in `directory`, and creates it if necessary. If two processes start at the same time,
 * only one of them can create the file. The other one sees the file once it is complete, so both get the same
 * identifier.
 * @internal
 */
export async function randomSource(directory: string): Promise<string> {
  const path = within(directory, RANDOM_NAME);
  const kept = await readRandom(path);
  if (kept !== undefined) return kept;
  try {
    await createPrivateDirectory(directory);
    await install(randomHex(RANDOM_BYTES), path);
  } catch (error) {
    throw failure("keep an identifier for this device", error);
  }
  const installed = await readRandom(path);
  if (installed === undefined) throw failure("keep an identifier for this device", undefined);
  return installed;
}

/** Extracts `MachineGuid` from the output of `reg query`. @internal */
export function machineGuid(output: string): string | undefined {
  return /^\s*MachineGuid\s+REG(?:_EXPAND)?_SZ\s+(\S.*?)\s*$/m.exec(output)?.[1];
}

/** Extracts `IOPlatformUUID` from the output of `ioreg`. Returns it in upper case, as `gethostuuid` does. @internal */
export function platformUuid(output: string): string | undefined {
  const uuid = /"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"/.exec(output)?.[1];
  return uuid?.toUpperCase();
}

/** @internal */
export async function firstOf(...paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = usable(await readText(path));
    if (text !== undefined) return text;
  }
  return undefined;
}

async function identifier(): Promise<string | undefined> {
  switch (process.platform) {
    case "linux":
    case "android":
      return firstOf("/etc/machine-id", "/var/lib/dbus/machine-id");
    case "darwin":
      return platformUuid(await output("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"));
    case "win32": {
      const key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography";
      return machineGuid(await output(systemProgram("reg.exe"), "query", key, "/v", "MachineGuid", "/reg:64"));
    }
    case "freebsd":
    case "openbsd":
    case "netbsd":
      // If `/etc/hostid` exists, only this file is used. If the file is empty, the machine has no identifier.
      return (await readText("/etc/hostid")) ?? (await output("/bin/kenv", "-q", "smbios.system.uuid"));
    default:
      return undefined;
  }
}

function systemProgram(name: string): string {
  const root = process.env["SystemRoot"];
  return `${root !== undefined && /^[A-Za-z]:\\/.test(root) ? root : "C:\\Windows"}\\System32\\${name}`;
}

/** Returns the output of a program, or an empty string if the program fails. */
function output(program: string, ...parameters: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, parameters, { timeout: PROGRAM_TIMEOUT_MS, windowsHide: true }, (error, stdout) => {
      resolve(error === null ? stdout : "");
    });
  });
}

/**
 * Writes `text` to a file at `path`, unless a usable file is there already. Other processes see the file only once it
 * is complete.
 */
async function install(text: string, path: string): Promise<void> {
  const temporary = `${path}.${randomHex(8)}.tmp`;
  try {
    await writeSynced(temporary, text, path);
    await nameUnlessUsable(temporary, path);
    await syncDirectory(dirname(path));
  } finally {
    await removeQuietly(temporary);
  }
}

/**
 * Renames the file `temporary` to `path`, unless `path` is a usable file already. A plain rename could replace a file
 * that another process has created in the meantime, and may have used already.
 * @internal
 */
export async function nameUnlessUsable(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch {
    // `link` fails if `path` already exists. It also fails on a file system without hard links. In either case, the
    // file is renamed to `path`, unless a usable file is already there.
    if ((await readRandom(path)) === undefined) await rename(temporary, path);
  }
}

async function readRandom(path: string): Promise<string | undefined> {
  const text = usable(await readText(path));
  return text !== undefined && /^[0-9A-Fa-f]{32}$/.test(text) ? text : undefined;
}

/** Reads a text file. Resolves to `undefined` if the file does not exist, cannot be read, or is not text. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFileUpTo(path, READ_LIMIT);
    return bytes && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
