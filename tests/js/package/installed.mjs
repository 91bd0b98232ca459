// The tarball, installed as a stranger would: in a folder of its own outside of the repository, which the tests of a
// file share.

import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { createProject, install } from "../install.mjs";
import { PATIENCE_MS } from "../patience.mjs";

export const tarball = process.env.POLAR_LICENSE_TARBALL;
if (!tarball) throw new Error("POLAR_LICENSE_TARBALL is not set; run `cargo xtask test npm`");

/** The folder of the installation. */
export const folder = createProject("polar-license-npm-");
after(() => rmSync(folder, { recursive: true }));
install(tarball, folder);

/** The installed package. */
export const root = join(folder, "node_modules/polar-license");

/** Returns the path of a tool for the tests. */
export function tool(name) {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`${name}/package.json`)));
}

/** Runs a script in the folder, which is the user's home too, and returns its output. */
export function run(name, script, ...flags) {
  writeFileSync(join(folder, name), script);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: join(folder, "data"), LOCALAPPDATA: join(folder, "data") };
  // a script that never ends is a bug too: the package must not keep a process alive
  return execFileSync(process.execPath, [...flags, name], { cwd: folder, encoding: "utf8", env, timeout: PATIENCE_MS });
}
