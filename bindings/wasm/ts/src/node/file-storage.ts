/**
 * A `Storage` for programs that have a file system: programs in Node, Bun and Deno, and the main process of Electron.
 * The stored license is shared with programs in Rust and C that use the same directory. Makes no licensing decisions.
 */

import { LicenseError } from "../error.js";
import type { Place, Storage, Store } from "../storage.js";
import { defaultDirectory } from "./directory.js";
import { type Extension, FileStore } from "./file-store.js";
import { deviceSource } from "./machine.js";

export interface FileStorageOptions {
  /**
   * The directory of the record. By default, the platform's data directory. If the directory does not exist, it is
   * created.
   */
  directory?: string | undefined;
}

/**
 * Creates a storage that keeps records in files that only their owner can read. Does not access any file yet. Throws a
 * `LicenseError` of kind `invalid_config` if `options` is not an object, or its directory is not a string.
 */
export function fileStorage(options: FileStorageOptions = {}): Storage {
  const directory = checkedDirectory(options) ?? defaultDirectory();
  const store = (place: Place, extension: Extension): Store =>
    directory === undefined ? new NoStore() : new FileStore(directory, place, extension);
  return {
    device: () => deviceSource(directory),
    open: (place) => store(place, ".license"),
    openOther: (place) => store(place, ".other.license"),
  };
}

/**
 * Returns the directory of the options. Checks their types, because JavaScript does not: `fileStorage("folder")` would
 * otherwise use the default directory.
 */
function checkedDirectory(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null) {
    throw new LicenseError("invalid_config", "`fileStorage` needs an object; write `fileStorage({ directory: \"…\" })`");
  }
  const { directory } = options as { directory?: unknown };
  if (directory == null) return undefined;
  if (typeof directory === "string") return directory;
  throw new LicenseError("invalid_config", "`directory` of `fileStorage` must be a string");
}

/** The store on a system that has no data directory. Every access fails. */
class NoStore implements Store {
  load(): Promise<undefined> {
    return this.#reject();
  }

  save(): Promise<void> {
    return this.#reject();
  }

  remove(): Promise<void> {
    return this.#reject();
  }

  locked(work: () => Promise<void>): Promise<void> {
    return work();
  }

  #reject(): Promise<never> {
    const message = "this system names no directory for application data; set HOME, or give the client a directory";
    return Promise.reject(new Error(message));
  }
}
