// Installs the packed package in a folder outside of the repository, as somebody does who does not have the repository.

import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The name of the program npm. */
export const NPM = process.platform === "win32" ? "npm.cmd" : "npm";

/** The arguments with which npm installs a tarball without sending a request to the registry. */
export const INSTALL = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** Creates a project in a temporary folder whose name begins with `prefix`. The caller has to remove the folder. */
export function createProject(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  return folder;
}

/** Installs the tarball in a project. */
export function install(tarball, folder) {
  execFileSync(NPM, [...INSTALL, tarball], { cwd: folder });
}
