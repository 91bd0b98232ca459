// The records of a computer that keeps them in files: a folder with the usual file store. Only for Node.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStorage } from "polar-license/node";

export class Folder {
  #path = mkdtempSync(join(tmpdir(), "polar-license-scenario-"));

  get storage() {
    return fileStorage({ directory: this.#path });
  }

  /** The records by the names of their files. Locks are not among them, because a lock ends with its process. */
  get records() {
    return new Map(this.#names().map((name) => [name, new Uint8Array(readFileSync(join(this.#path, name)))]));
  }

  set records(records) {
    for (const name of this.#names()) rmSync(join(this.#path, name));
    for (const [name, record] of records) writeFileSync(join(this.#path, name), record);
  }

  remove() {
    rmSync(this.#path, { recursive: true, force: true });
  }

  #names() {
    return readdirSync(this.#path).filter((name) => name.endsWith(".license")).sort();
  }
}
