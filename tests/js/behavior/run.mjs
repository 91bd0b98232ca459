// Tests the behavior of the packed npm package in Node and on pages in Chromium.
//
//   node run.mjs [TEXT]       only the tests whose name contains TEXT
//
//   run.mjs ── in-node.mjs ───── shared/all.mjs       the same tests on both: they know the package, the local Polar
//      │  └─── in-chromium.mjs ──┘                    and nothing of the platform
//      └─────── tabs.mjs, policy.mjs, clocks.mjs, outlooks.mjs, air-gap.mjs     tests for pages only
//
// POLAR_LICENSE_TARBALL is the package. POLAR_LICENSE_PROGRAM is the command line tool, whose `serve` is the local
// Polar. No test connects to another machine, and no test waits for time to pass: `shared/timers.mjs` makes deadlines
// pass at once.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Electron } from "../electron/stand-in.mjs";
import { startLocalPolar } from "../start-polar.mjs";
import { airGapTests } from "./air-gap.mjs";
import { clockTests } from "./clocks.mjs";
import { inChromium } from "./in-chromium.mjs";
import { inNode } from "./in-node.mjs";
import { installWithTests, setting } from "./installed.mjs";
import { outlookTests } from "./outlooks.mjs";
import { policyTests } from "./policy.mjs";
import { tabTests } from "./tabs.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const [only = ""] = process.argv.slice(2);

const folder = installWithTests(setting("POLAR_LICENSE_TARBALL"));
const polar = await startLocalPolar(setting("POLAR_LICENSE_PROGRAM"));
try {
  const environment = { polar: polar.url, texts: scenarioTexts(), only };
  const results = {
    Node: await inNode(folder, { ...environment, Electron }),
    Chromium: await inChromium(folder, environment, [tabTests, policyTests, clockTests, outlookTests, airGapTests]),
  };
  process.exitCode = report(results);
} finally {
  await polar.stop();
  rmSync(folder, { recursive: true, force: true });
}

function scenarioTexts() {
  const scenarios = join(here, "../../scenarios");
  const names = readdirSync(scenarios, { recursive: true }).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(scenarios, name), "utf8")]));
}

/** Prints the failures, and the number of tests of each kind. Returns the exit status. */
function report(results) {
  let failed = 0;
  for (const [platform, all] of Object.entries(results)) {
    for (const { name, failure } of all.filter((result) => result.failure !== undefined)) {
      failed += 1;
      console.error(`\n${platform}: ${name}\n${failure}`);
    }
    const kinds = grouped(all);
    const counts = [...kinds].map(
      ([kind, of]) => `${of.filter((one) => one.failure === undefined).length} of ${of.length} ${kind}`,
    );
    console.log(`${platform}: ${counts.join(", ") || "nothing of that name"}`);
  }
  return failed > 0 || Object.values(results).flat().length === 0 ? 1 : 0;
}

function grouped(all) {
  const kinds = new Map();
  for (const one of all) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one]);
  return kinds;
}
