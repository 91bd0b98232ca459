/**
 * Storage for programs with a file system: Node, Electron's main process, Bun, Deno. Shares its license with programs
 * in Rust and C that use the same directory. Decides nothing about licenses.
 */

import type { Place, Storage, Store } from "../storage.js";
import { defaultDirectory } from "./directory.js";
import { FileStore } from "./file-store.js";
import { deviceSource } from "./machine.js";

export interface FileStorageOptions {
  /** Keeps the record in this directory instead of the platform's data directory. It is created if it does not exist. */
  directory?: string | undefined;
}

/** Keeps records in files that only their owner can read. Touches none yet. */
export function fileStorage(options: FileStorageOptions = {}): Storage {
  const directory = options.directory ?? defaultDirectory();
  return {
    device: () => deviceSource(directory),
    open: (place: Place): Store => (directory === undefined ? new NoStore() : new FileStore(directory, place)),
  };
}

/** For a system without a data directory. */
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
