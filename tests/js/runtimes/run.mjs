/**
 * Installs the tarball in every runtime and in every example: `node run.mjs TARBALL PROGRAM [RUNTIME...]`. Runs the
 * same story in each, with a separate local Polar, and requires the same observations from all. PROGRAM is
 * `polar-license`, whose `serve` is the local Polar. `cargo xtask test runtimes` runs this script.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { close } from "./chromium.mjs";
import { PATIENCE_MS } from "../patience.mjs";
import { BY_NAME, EXAMPLES } from "./examples.mjs";
import { serve } from "./processes.mjs";
import { install } from "./project.mjs";
import { MISSING, RUNTIMES } from "./runtimes.mjs";

/** The time limit for everything. It is long, because several programs may be slow, one after the other. */
const LIMIT_MS = 6 * PATIENCE_MS;

/**
 * The number of runtimes that are tested at the same time. Most of the time they only wait for the pause between two
 * requests.
 */
const AT_ONCE = 2;

const [tarball, program, ...wanted] = process.argv.slice(2);
const usual = { ...EXAMPLES, ...RUNTIMES };
const tried = { ...usual, ...BY_NAME };
const expected = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));
const unknown = wanted.filter((name) => !(name in tried));
if (!program || unknown.length > 0) {
  console.error(`usage: node run.mjs TARBALL PROGRAM [RUNTIME...]; runtimes are ${Object.keys(tried).join(" · ")}`);
  process.exit(2);
}

const left = wanted.length > 0 ? wanted : Object.keys(usual);
const results = new Map(left.map((name) => [name, undefined]));
setTimeout(() => {
  const open = [...results.keys()].filter((name) => !results.get(name));
  console.error(`not done after ${LIMIT_MS / 1000} s: ${open.join(" · ")}`);
  process.exit(1);
}, LIMIT_MS).unref();
await Promise.all(Array.from({ length: AT_ONCE }, work));
await close();

const width = Math.max(...[...results.keys()].map((name) => name.length));
for (const [name, { version, seconds, error }] of results) {
  console.log(`${error ? "FAILED" : "passed"}  ${name.padEnd(width)}  ${seconds.padStart(5)} s  ${version}`);
}
for (const [name, why] of Object.entries(MISSING)) console.log(`absent  ${name.padEnd(width)}  ${why}`);
const failed = [...results].filter(([, { error }]) => error);
for (const [name, { error }] of failed) console.error(`\n── ${name}\n${error.stack ?? error}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function work() {
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const start = performance.now();
    const result = await attempt(tried[name]);
    results.set(name, { ...result, seconds: ((performance.now() - start) / 1000).toFixed(1) });
  }
}

async function attempt({ fixture, open = (path) => install(fixture, path), sees = expected, version, tell }) {
  let app;
  let polar;
  let found = "";
  try {
    found = await version();
    polar = await serve(resolve(program), ["serve", "--port=0", "--json"], { ready: JSON.parse });
    const { url, organization, benefits } = polar.found;
    app = await open(resolve(tarball), url);
    assert.deepEqual(lines(await tell(app, { url, organization, benefits })), lines(sees));
    return { version: found };
  } catch (error) {
    return { version: found, error };
  } finally {
    polar?.stop();
    app?.remove();
  }
}

/** Formats observations with one line for each step, so that differences are easy to see. */
function lines(saw) {
  return saw.map((step) => JSON.stringify(step));
}
