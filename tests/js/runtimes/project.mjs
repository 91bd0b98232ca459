/** Creates an app outside of the repository: a copy of a fixture, with the package installed from the tarball. */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { INSTALL, NPM } from "../install.mjs";
import { run } from "./processes.mjs";

/** The folder of this file. */
export const here = dirname(fileURLToPath(import.meta.url));
const suffix = process.platform === "win32" ? ".cmd" : "";

/** Returns the path of a program that `npm ci` has installed beside this file. */
export const tool = (name) => join(here, "node_modules/.bin", name + suffix);

/** Returns the version of a package that is installed beside this file. */
export const versionOf = (name) => createRequire(import.meta.url)(`./node_modules/${name}/package.json`).version;

/** Copies a fixture and installs the tarball in the copy. Installs no other package. */
export async function install(fixture, tarball) {
  const folder = mkdtempSync(join(tmpdir(), `polar-license-${fixture}-`));
  const project = {
    folder,
    /**
     * Runs a program in the folder, which is also the program's home directory. Resolves to the lines that it printed.
     */
    run: (program, args, env) => run(program, args, { cwd: folder, env: { ...homeIn(folder), ...env } }),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
  try {
    cpSync(join(here, "fixtures", fixture), folder, { recursive: true });
    cpSync(join(here, "story.mjs"), join(folder, "story.mjs"));
    await run(NPM, [...INSTALL, tarball], { cwd: folder });
  } catch (error) {
    project.remove();
    throw error;
  }
  return project;
}

/** Returns the variables by which programs find the user's folders. */
export function homeIn(folder) {
  const home = join(folder, "home");
  return {
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    XDG_CACHE_HOME: join(home, "cache"),
    LOCALAPPDATA: join(home, "data"),
    DENO_DIR: join(home, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    DO_NOT_TRACK: "1",
    NO_COLOR: "1",
    // Node warns if both are set
    FORCE_COLOR: undefined,
  };
}
