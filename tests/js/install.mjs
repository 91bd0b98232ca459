// Installs the packed package as a stranger would, in a folder outside of the repository.

import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The name of the program npm. */
export const NPM = process.platform === "win32" ? "npm.cmd" : "npm";

/** The arguments with which npm installs a tarball, without a request to the registry. */
export const INSTALL = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** Creates a project in a temporary folder whose name begins with `prefix`. The caller removes it. */
export function createProject(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  return folder;
}

/** Installs the tarball in a project. */
export function install(tarball, folder) {
  execFileSync(NPM, [...INSTALL, tarball], { cwd: folder });
}
