// The tests that run both in Node and on a page. `runAll` receives what depends on the platform:
//
//   polar      the local Polar's address
//   texts      tests/scenarios by name
//   wasm       a function that returns the bytes of the package's WebAssembly
//   only       a text: only tests whose name contains it run
//   platform   "Node" or "page"
//   unhandled  an array to which unhandled errors are added
//   Electron   a stand-in for Electron; only in Node
//   Folder     a class: the records of a computer in files; only in Node

import { withTimeLimit, rest } from "./timers.mjs";
import * as faults from "./faults.mjs";
import * as hostile from "./hostile.mjs";
import * as portal from "./portal.mjs";
import * as portalPrivacy from "./portal-privacy.mjs";
import * as reading from "./reading.mjs";
import * as requests from "./requests.mjs";
import * as scenarios from "./scenarios.mjs";
import * as traps from "./traps.mjs";

const SUITES = [scenarios, reading, faults, requests, hostile, portal, portalPrivacy, traps];

/** Runs the tests. Returns the outcome of each: its `name`, its `kind`, and its `failure` in words if it failed. */
export async function runAll(environment) {
  const { only, unhandled } = environment;
  const results = [];
  const { warn, error } = console;
  // the library logs only for developers of apps, so its lines are not shown here
  Object.assign(console, { warn() {}, error() {} });
  for (const { name, kind, run } of SUITES.flatMap((suite) => suite.tests(environment))) {
    if (!name.includes(only)) continue;
    const failure = await withTimeLimit(run()).then(
      () => undefined,
      (error) => String(error?.stack ?? error),
    );
    await rest();
    const left = unhandled.splice(0).map((error) => `nobody handled: ${error}`);
    results.push({
      name,
      kind,
      failure: [failure, ...left].filter((line) => line !== undefined).join("\n") || undefined,
    });
  }
  Object.assign(console, { warn, error });
  return results;
}
