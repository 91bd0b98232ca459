// A directory of its own for each test, and what tests ask of files.

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Removed at the end of the test. */
export function scratch(test) {
  const path = mkdtempSync(join(tmpdir(), "polar-license-test-"));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function namesIn(directory) {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** Puts a file's modification time `seconds` before what it is, or after where negative. */
export function age(path, seconds) {
  const then = statSync(path).mtimeMs / 1000 - seconds;
  utimesSync(path, then, then);
}

export function mode(path) {
  return statSync(path).mode & 0o777;
}
