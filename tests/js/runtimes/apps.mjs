/**
 * Runs the examples as their readers do, with the package installed from the tarball. The examples are copied into a
 * folder beside the packages of this directory, so that the bundlers of all examples find these packages. The copies
 * use a local Polar, and are otherwise unchanged.
 */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import semver from "semver";
import { INSTALL, NPM } from "../install.mjs";
import { run } from "./processes.mjs";
import { here, homeIn } from "./project.mjs";

const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));
const PACKAGE = "node_modules/polar-license";
const PRODUCTION = 'environment: "production"';

let folder;
let installed;

/** Copies an example, and makes it use the Polar at `url`. */
export async function copy(example, tarball, url) {
  await prepare(tarball);
  const app = join(folder, example);
  cpSync(join(EXAMPLES, example), app, { recursive: true });
  checkVersions(app);
  talkTo(url, app);
  return opened(app);
}

/** Creates an app from files. `filesOf(readme)` returns their names and texts, and `readme` is the package's README. */
export async function write(name, tarball, filesOf) {
  await prepare(tarball);
  const app = join(folder, name);
  for (const [path, text] of Object.entries(filesOf(readFileSync(join(folder, PACKAGE, "README.md"), "utf8")))) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  return opened(app);
}

function opened(app) {
  // the home is outside of the app, because Next does not search for packages in a folder that contains the home
  const home = homeIn(mkdtempSync(join(tmpdir(), "polar-license-home-")));
  return {
    folder: app,
    /** The folder of the unpacked package. */
    package: join(folder, PACKAGE),
    /** The variables by which programs find the user's folders. */
    home,
    /** Runs a program in the app. Resolves to the lines that it printed. */
    run: (program, args, env) => run(program, args, { cwd: app, env: { ...home, ...env } }),
    remove: () => rmSync(dirname(home.HOME), { recursive: true, force: true, maxRetries: 3 }),
  };
}

process.on("exit", () => folder && rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

/** Installs the packages once for all examples. */
async function prepare(tarball) {
  folder ??= mkdtempSync(join(here, "apps-"));
  installed ??= install(tarball);
  await installed;
}

async function install(tarball) {
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  await run(NPM, [...INSTALL, "--no-package-lock", tarball], { cwd: folder });
}

/** Checks that the example declares the same versions with which it is tested. */
function checkVersions(app) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
  const { resolve } = createRequire(join(app, "package.json"));
  for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
    const places = resolve.paths(name).map((place) => join(place, name, "package.json"));
    const found = places.map(versionIn).find(Boolean);
    assert.ok(found && semver.satisfies(found, range), `${app} needs ${name} ${range}, and is tried with ${found}`);
  }
}

function versionIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).version;
  } catch {
    return undefined;
  }
}

/** Replaces the name of Polar's environment, which occurs once in every example, by an address. */
function talkTo(url, app) {
  const sources = readdirSync(app, { recursive: true }).filter((name) => /\.(js|ts|tsx)$/.test(name));
  const found = sources.filter((name) => readFileSync(join(app, name), "utf8").includes(PRODUCTION));
  assert.equal(found.length, 1, `files of ${app} with \`${PRODUCTION}\``);
  const file = join(app, found[0]);
  writeFileSync(file, readFileSync(file, "utf8").replace(PRODUCTION, `environment: ${JSON.stringify(url)}`));
}
