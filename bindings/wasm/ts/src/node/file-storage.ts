/**
 * A `Storage` for programs that have a file system: programs in Node, Bun and Deno, and the main process of Electron.
 * The stored license is shared with programs in Rust and C that use the same directory. Makes no licensing decisions.
 */

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

/** Creates a storage that keeps records in files that only their owner can read. Does not access any file yet. */
export function fileStorage(options: FileStorageOptions = {}): Storage {
  const directory = options.directory ?? defaultDirectory();
  const store = (place: Place, extension: Extension): Store =>
    directory === undefined ? new NoStore() : new FileStore(directory, place, extension);
  return {
    device: () => deviceSource(directory),
    open: (place) => store(place, ".license"),
    openOther: (place) => store(place, ".other.license"),
  };
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
