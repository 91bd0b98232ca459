/** Creates an app outside of the repository: a copy of a fixture, with the package installed from the tarball. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { INSTALL, NPM } from "../install.mjs";
import { folderOf } from "../packages.mjs";
import { run } from "./processes.mjs";

/** The folder of this file. */
export const here = dirname(fileURLToPath(import.meta.url));
const suffix = process.platform === "win32" ? ".cmd" : "";

/** Returns the path of a program that npm has installed. */
export const tool = (name) => join(folderOf(".bin"), name + suffix);

/** Returns the version of a package that npm has installed. */
export const versionOf = (name) => JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")).version;

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
