// `node run.mjs TARBALL`: runs an app's tests under Vitest and jest, in an empty project with the packed package. The
// tests may write only to the project's folder, and not to the folder for the app's data.

import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createProject, install } from "../install.mjs";
import { folderOf } from "../packages.mjs";
import { PATIENCE_MS } from "../patience.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const tarball = resolve(process.argv[2]);
const builder = createRequire(join(here, "../../../bindings/wasm/ts/package.json"));
const { transformSync } = await import(pathToFileURL(builder.resolve("esbuild")));

const project = createProject("polar-license-runners-");
const data = join(project, "data");
const env = { ...process.env, HOME: project, XDG_DATA_HOME: data, LOCALAPPDATA: data, CI: "1" };
try {
  prepare();
  writeReadme();
  writeCommonJs();
  run("vitest", "vitest/vitest.mjs", "run");
  run("jest", "jest/bin/jest.js", "--config", "jest.config.cjs");
  run("jest with fake timers", "jest/bin/jest.js", "--config", "jest-fake-timers.config.cjs");
  assert.ok(!existsSync(data), "a test has written into the folder for an app's data");
  console.log("nothing was written into the folder for an app's data");
} finally {
  rmSync(project, { recursive: true });
}

function prepare() {
  for (const name of ["app", "tests", "vitest.config.mjs", "jest.config.cjs", "jest-fake-timers.config.cjs"]) {
    cpSync(join(here, name), join(project, name), { recursive: true });
  }
  install(tarball, project);
  for (const name of Object.keys(JSON.parse(readFileSync(join(here, "package.json"), "utf8")).devDependencies)) {
    symlinkSync(folderOf(name), join(project, "node_modules", name), "junction");
  }
}

/** Writes each test of the package's README to a file, unchanged. Checks that it has at most five lines. */
function writeReadme() {
  const readme = readFileSync(join(project, "node_modules/polar-license/README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, text]) => text);
  const tests = blocks.filter((text) => text.includes('from "vitest"'));
  assert.ok(tests.length > 0, "the README has no test");
  for (const text of tests) {
    const lines = text.split("\n").filter((line) => line.trim() !== "").length;
    assert.ok(lines <= 5, `the README's test takes ${lines} lines`);
  }
  tests.forEach((text, index) => writeFileSync(join(project, "tests", `readme-${index}.vitest.mjs`), text));
}

/** Writes CommonJS versions of the tests, for jest. */
function writeCommonJs() {
  mkdirSync(join(project, "tests"), { recursive: true });
  for (const path of ["tests/shared.mjs", "app/gate.mjs", "app/settings.mjs"]) {
    const { code } = transformSync(readFileSync(join(project, path), "utf8"), { format: "cjs" });
    writeFileSync(join(project, path.replace(".mjs", ".cjs")), code.replaceAll('.mjs")', '.cjs")'));
  }
}

function run(name, script, ...options) {
  const path = join(project, "node_modules", script);
  const { status, signal } = spawnSync(process.execPath, [path, ...options], {
    cwd: project,
    env,
    stdio: "inherit",
    timeout: PATIENCE_MS,
  });
  assert.equal(status ?? signal, 0, `${name} has failed`);
}
