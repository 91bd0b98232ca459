// Creates a directory for each test, and has functions for the directory's files.

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates a directory, and removes it at the end of the test. */
export function scratch(test) {
  const path = mkdtempSync(join(tmpdir(), "polar-license-test-"));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function namesIn(directory) {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** Moves a file's modification time back by `seconds`. A negative number moves it forward. */
export function age(path, seconds) {
  const then = statSync(path).mtimeMs / 1000 - seconds;
  utimesSync(path, then, then);
}

export function mode(path) {
  return statSync(path).mode & 0o777;
}
