// The package as an app installs it: from the tarball, in a folder outside of the repository, with the tests beside it.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createProject, install } from "../install.mjs";

/** Returns the folder. The caller removes it. */
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
