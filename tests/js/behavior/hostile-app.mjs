// A program with the packed package that talks to a hostile server. Reads a case of tests/hostile from each line of its
// input, and writes what it received to a line of its output. POLAR_LICENSE_TARBALL is the package.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { installWithTests, setting } from "./installed.mjs";

const folder = installWithTests(setting("POLAR_LICENSE_TARBALL"));
try {
  const { carryOut } = await import(pathToFileURL(join(folder, "shared/hostile-app.mjs")));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await carryOut(JSON.parse(line))));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
