// The package as an app installs it: from the tarball, in a folder outside of the repository, with the tests beside it.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the folder. The caller removes it. */
export function installed(tarball) {
  const folder = mkdtempSync(join(tmpdir(), "polar-license-behavior-"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  execFileSync(npm, ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", tarball], { cwd: folder });
  cpSync(fileURLToPath(new URL("shared", import.meta.url)), join(folder, "shared"), { recursive: true });
  return folder;
}

export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test js\``);
  return value;
}
