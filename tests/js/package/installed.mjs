// Installs the tarball in a new folder outside of the repository, as a user of the package does. All tests in a file
// share the folder.

import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { createProject, install } from "../install.mjs";
import { PATIENCE_MS } from "../patience.mjs";

export const tarball = process.env.POLAR_LICENSE_TARBALL;
if (!tarball) throw new Error("POLAR_LICENSE_TARBALL is not set; run `cargo xtask test npm`");

/** The folder in which the package is installed. */
export const folder = createProject("polar-license-npm-");
after(() => rmSync(folder, { recursive: true }));
install(tarball, folder);

/** The folder of the installed package. */
export const root = join(folder, "node_modules/polar-license");

/** Runs a script in the folder, which is also the user's home directory. Returns the script's output. */
export function run(name, script, ...flags) {
  writeFileSync(join(folder, name), script);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: join(folder, "data"), LOCALAPPDATA: join(folder, "data") };
  // has a time limit, because the package must not keep the process alive
  return execFileSync(process.execPath, [...flags, name], { cwd: folder, encoding: "utf8", env, timeout: PATIENCE_MS });
}
