/**
 * Tests packed apps for Electron. One is the example, built by electron-vite and packed by electron-builder. The others
 * consist of the README's blocks, built by electron-vite and packed by Electron Forge. The apps are packed with a
 * distribution of Electron that lacks the program, so `electron-program.mjs` runs the app.asar, with its windows in
 * Chromium.
 */

import assert from "node:assert/strict";
import { chmodSync, cpSync, createWriteStream, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { PATIENCE_MS } from "../patience.mjs";
import * as chromium from "./chromium.mjs";
import { enterKeys, feature, isOffered } from "./form.mjs";
import { serve } from "./processes.mjs";
import { here, tool, versionOf } from "./project.mjs";
import { control } from "./story.mjs";

const DAY_MS = 86_400_000;
/** The names of files in Electron's archive. Here the files are empty. */
const DISTRIBUTED = ["electron", "version", "LICENSE"];
const PROGRAM = join(here, "electron-program.mjs");

export async function electron(app, polar) {
  const asar = await pack(app);
  const context = await chromium.profile();
  try {
    const saw = await twoWindows(context, app, asar);
    await control(polar, "faults", { fault: "drop_connection" });
    // an update may move the program, or put another program in its place
    const updated = join(app.folder, "updated");
    cpSync(join(asar, "../.."), updated, { recursive: true });
    rmSync(asar);
    saw.push(await startedByLink(context, app, join(updated, "resources/app.asar")));
    return saw;
  } finally {
    await context.close();
  }
}

/** Packs the app as its README says, but without Electron's program, which would have to be downloaded. */
export async function pack(app) {
  await app.run(tool("tsc"), []);
  await app.run(tool("electron-vite"), ["build"]);
  const distribution = distributionIn(app);
  const own = [`-c.electronDist=${distribution}`, `-c.electronVersion=${versionOf("electron")}`, "-c.npmRebuild=false"];
  await app.run(tool("electron-builder"), ["--linux", "dir", ...own, "--publish", "never"]);
  const asar = join(app.folder, "dist/linux-unpacked/resources/app.asar");
  assert.ok(existsSync(asar), "electron-builder has written no app.asar");
  // removed, because the app must run from the archive alone
  for (const name of ["out", "src"]) rmSync(join(app.folder, name), { recursive: true });
  return asar;
}

/** Creates an archive of Electron that lacks the program. */
function distributionIn(app) {
  const folder = join(app.home.HOME, "electron");
  mkdirSync(join(folder, "resources"), { recursive: true });
  for (const name of DISTRIBUTED) writeFileSync(join(folder, name), "");
  chmodSync(join(folder, "electron"), 0o755);
  return folder;
}

async function twoWindows(context, app, asar) {
  const { url, stop } = await start(app, asar);
  try {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await one.goto(url);
    await one.getByRole("button", { name: "New window" }).click();
    await waitFor(async () => (await (await fetch(new URL("/windows", url))).json()).length === 2);
    await two.goto(new URL("/2/index.html", url).href);
    await asksForNewWindows(url);
    const saw = await enterKeys(one, () => isOffered(one));
    // the user does nothing in the second window, which must still receive the change
    await feature(two).waitFor();
    return saw;
  } finally {
    stop();
  }
}

/** Checks that the vendor's pages open in the user's browser, and that all other new windows are refused. */
async function asksForNewWindows(url) {
  for (const page of ["https://acme.example/buy", "mailto:help@acme.example", "file:///etc/passwd"]) {
    const answer = await fetch(new URL("open", url), { method: "POST", body: JSON.stringify({ url: page }) });
    assert.deepEqual(await answer.json(), { action: "deny" });
  }
  const opened = await (await fetch(new URL("/opened", url))).json();
  assert.deepEqual(opened, ["https://acme.example/buy", "mailto:help@acme.example"]);
}

/**
 * Starts the app two days later without a connection to Polar. A link must fill in its key but activate nothing,
 * whether the link starts the app or the app is already running.
 */
async function startedByLink(context, app, asar) {
  const env = { AHEAD_MS: String(2 * DAY_MS) };
  const { url, stop } = await start(app, asar, ["--flag", "acme://activate?key=FROM-A-MAIL"], env);
  try {
    const page = await context.newPage();
    await page.goto(url);
    const inGrace = page.getByText("It will be confirmed when you are next online.");
    await inGrace.waitFor();
    const field = page.getByLabel("License key");
    const shows = (key) => waitFor(async () => (await field.inputValue()) === key);
    await shows("FROM-A-MAIL");
    const argv = ["acme", "acme://elsewhere?key=OTHER", "acme://activate?key=A-SECOND-TIME"];
    await fetch(new URL("/emit", url), { method: "POST", body: JSON.stringify(["second-instance", {}, argv]) });
    await shows("A-SECOND-TIME");
    assert.ok(await inGrace.isVisible());
    // when the app is started a second time, the first instance takes over
    assert.deepEqual(await app.run(process.execPath, [PROGRAM, asar], { RUNS_ALREADY: "1" }), []);
    return { step: "offline", isOffered: await isOffered(page) };
  } finally {
    stop();
  }
}

/** Starts the app. Resolves to the address of its first window. */
async function start(app, asar, args = [], env = {}) {
  const ready = (line) => JSON.parse(line).window;
  const options = { cwd: app.folder, env: { ...app.home, ...env }, ready };
  const { found, stop } = await serve(process.execPath, [PROGRAM, asar, ...args], options);
  return { url: found, stop };
}

/** Waits until `holds` resolves to true. */
export async function waitFor(holds) {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`it never came to ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const TITLE = "document.title = license.current().message;";
const page = (script) => `<!doctype html><html><head></head><script type="module" src="${script}"></script></html>`;

/**
 * Returns the files of an app for electron-vite: the README's blocks for the main process and for the preload script,
 * and the other files that electron-vite needs.
 */
export function filesForElectronVite(readme) {
  const { main, preload } = blocksOf(readme);
  return {
    "package.json": JSON.stringify({ name: "app", version: "1.0.0", main: "./out/main/index.js" }),
    "src/main/index.ts": main,
    "src/preload/index.ts": preload,
    "src/renderer/index.html": page("./page.ts"),
    "src/renderer/page.ts": TITLE,
  };
}

/** Returns the files of an app for Electron Forge with its plug-in for Vite, which expects them in other places. */
export function filesForForge(readme) {
  const { main, preload } = blocksOf(readme);
  const vite = { config: "vite.config.mjs" };
  const build = ["main", "preload"].map((target) => ({ entry: `src/${target}.ts`, target, ...vite }));
  const plugin = { name: "@electron-forge/plugin-vite", config: { build, renderer: [{ name: "main_window", ...vite }] } };
  const forge = { packagerConfig: { asar: true }, plugins: [plugin] };
  const zips = "module.exports.packagerConfig.electronZipDir = `${__dirname}/zips`;";
  const needed = ["electron", "@electron-forge/cli"].map((name) => [name, versionOf(name)]);
  const devDependencies = Object.fromEntries(needed);
  return {
    "package.json": JSON.stringify({ name: "app", version: "1.0.0", main: ".vite/build/main.js", devDependencies }),
    "forge.config.js": `module.exports = ${JSON.stringify(forge)};\n${zips}`,
    "vite.config.mjs": "export default {};",
    "src/main.ts": main.replace("../preload/index.js", "preload.js").replace("../renderer/", "../renderer/main_window/"),
    "src/preload.ts": preload,
    "index.html": page("/src/page.ts"),
    "src/page.ts": TITLE,
  };
}

function blocksOf(readme) {
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
  const block = (entry) => {
    const found = blocks.filter((text) => text.includes(`"polar-license/${entry}"`));
    assert.equal(found.length, 1, `blocks of the README with ${entry}`);
    return found[0];
  };
  return { main: block("electron-main"), preload: block("electron-preload") };
}

export async function byElectronVite(app) {
  await app.run(tool("electron-vite"), ["build"]);
  return firstState(app, app.folder);
}

export async function byForge(app) {
  const zip = join(app.folder, "zips", `electron-v${versionOf("electron")}-linux-x64.zip`);
  mkdirSync(dirname(zip));
  const archive = new ZipFile();
  for (const name of DISTRIBUTED) archive.addBuffer(Buffer.from("-"), name, { mode: 0o100755 });
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(zip));
  await app.run(tool("electron-forge"), ["package", "--platform=linux", "--arch=x64"]);
  return firstState(app, join(app.folder, "out/app-linux-x64/resources/app.asar"));
}

/** Returns the state that the first window shows at the start. */
async function firstState(app, program) {
  const { url, stop } = await start(app, program);
  const context = await chromium.profile();
  try {
    const page = await context.newPage();
    await page.goto(url);
    await waitFor(async () => (await page.title()) !== "");
    return [await page.evaluate(() => globalThis.license.current().state)];
  } finally {
    await context.close();
    stop();
  }
}
