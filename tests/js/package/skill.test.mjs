// Tests the guide for coding agents in the packed package: its test of an app passes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { folderOf } from "../packages.mjs";
import { PATIENCE_MS } from "../patience.mjs";
import { folder, root } from "./installed.mjs";

const STRICT = { strict: true, exactOptionalPropertyTypes: true };
const OPTIONS = { ...STRICT, target: "es2022", module: "nodenext", types: ["node"], outDir: "built" };

/** The compiler that builds the package. */
const COMPILER = folderOf("typescript", fileURLToPath(new URL("../../../bindings/wasm/ts/types.mjs", import.meta.url)));

/** Runs a script of Node in the folder. Returns its output, and asserts that it succeeded. */
function succeed(...args) {
  // with the variable of its own test, a test would report in another format
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env,
    timeout: PATIENCE_MS,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout;
}

test("the test in the guide passes", () => {
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(folderOf(name), join(folder, "node_modules", name), "junction");
  }
  const guide = readFileSync(join(root, "SKILL.md"), "utf8");
  const [gate, tests, ...others] = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
  assert.deepEqual(others, []);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "licensing.ts"), gate);
  writeFileSync(join(folder, "licensing.test.ts"), tests);
  const config = { compilerOptions: OPTIONS, files: ["licensing.test.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  succeed(join(COMPILER, "bin/tsc"), "--project", ".");
  assert.match(succeed("--test", "built/licensing.test.js"), /^# pass 1$/m);
});
