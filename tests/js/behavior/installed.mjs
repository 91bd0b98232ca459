// Installs the package as an app does: from the tarball, in a folder outside of the repository. Copies the tests beside
// it.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createProject, install } from "../install.mjs";

/** Installs the package and the tests. Returns the folder, which the caller has to remove. */
export function installWithTests(tarball) {
  const folder = createProject("polar-license-behavior-");
  install(tarball, folder);
  cpSync(fileURLToPath(new URL("shared", import.meta.url)), join(folder, "shared"), { recursive: true });
  return folder;
}

export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test js\``);
  return value;
}
