// Finds the packages that npm has installed, and the files of a package. Most packages are in `node_modules` of the
// repository's top folder. If tests need another version of a package, that version is beside these tests.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(import.meta.url);

/** Returns the folder of a package, or of a scope, that the module at the path `from` would import. */
export function folderOf(name, from = HERE) {
  const folders = createRequire(from).resolve.paths(name).map((place) => join(place, name));
  const folder = folders.find(existsSync);
  if (!folder) throw new Error(`npm has not installed ${name}`);
  return folder;
}

/** Returns the file of an entry in `exports` of a package.json. A bundler uses this ES module in a page. */
export function fileInPages(entry) {
  return typeof entry === "string" ? entry : fileInPages(entry.import ?? entry.browser ?? entry.default);
}
