/**
 * The examples of the repository. Each is built as its README says, and used as a user would, in its real runtime. To
 * add an example, add an entry. `tell` resolves to what a user observes at each step. This must be the same for all
 * examples.
 */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { INSTALL, NPM } from "../install.mjs";
import * as apps from "./apps.mjs";
import * as chromium from "./chromium.mjs";
import * as binary from "./electron-binary.mjs";
import { enterKeys, isOffered } from "./form.mjs";
import { worker } from "./kv.mjs";
import { serve } from "./processes.mjs";
import { tool, versionOf } from "./project.mjs";
import { site } from "./site.mjs";
import { control } from "./story.mjs";
import { byElectronVite, byForge, electron, filesForElectronVite, filesForForge } from "./windows.mjs";

const DAY_MS = 86_400_000;

/**
 * For each step, whether the feature is offered: without a license, after a typo, with a license for another plan, with
 * a license for this plan, and without a connection to Polar.
 */
const SEEN = [
  { step: "start", isOffered: false },
  { step: "typo", isOffered: false },
  { step: "another plan", isOffered: false },
  { step: "activate", isOffered: true },
  { step: "offline", isOffered: true },
];

const example = (name, version, tell) => ({
  open: (tarball, url) => apps.copy(name, tarball, url),
  sees: SEEN,
  version,
  tell,
});
const inChromium = (name) => async () => `${name} ${versionOf(name)}, ${await chromium.version()}`;

export const EXAMPLES = {
  "examples/next": example("next", inChromium("next"), next),
  "examples/sveltekit": example("sveltekit", inChromium("@sveltejs/kit"), sveltekit),
  "examples/electron": example("electron", inChromium("electron-builder"), electron),
  "README by electron-vite": {
    open: (tarball) => apps.write("readme-electron-vite", tarball, filesForElectronVite),
    sees: ["unlicensed"],
    version: inChromium("electron-vite"),
    tell: byElectronVite,
  },
  "README by Forge": {
    open: (tarball) => apps.write("readme-forge", tarball, filesForForge),
    sees: ["unlicensed"],
    version: inChromium("@electron-forge/cli"),
    tell: byForge,
  },
  "examples/react": example("react", inChromium("vite"), react),
  "examples/page": example("page", chromium.version, page),
  "examples/extension": example("extension", chromium.version, extension),
  "examples/workers": example("workers", async () => `wrangler ${versionOf("wrangler")}`, worker),
};

/** The examples that run only if they are named, because npm does not install everything that they need. */
export const BY_NAME = {
  "examples/electron in Electron": example("electron", binary.version, binary.electron),
};

async function react(app, polar) {
  await app.run(tool("tsc"), []);
  await app.run(tool("vite"), ["build"]);
  return onSite(join(app.folder, "dist"), polar);
}

/** Serves the page without building it. An import map in the page names the package's folder below the page. */
async function page(app, polar) {
  await app.run(NPM, [...INSTALL, "--no-save", app.package]);
  return onSite(app.folder, polar);
}

async function onSite(folder, polar) {
  const { url, stop } = await site(folder);
  try {
    return await use(url, polar);
  } finally {
    stop();
  }
}

async function next(app, polar) {
  const env = { NEXT_TELEMETRY_DISABLED: "1" };
  await app.run(tool("next"), ["build"], env);
  const ready = (line) => /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
  return drawnByServer(app, polar, tool("next"), ["start", "-H", "127.0.0.1", "-p", "0"], ready, env);
}

async function sveltekit(app, polar) {
  await app.run(tool("vite"), ["build"]);
  const ready = (line) => /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
  const saw = await drawnByServer(app, polar, process.execPath, ["build"], ready, { HOST: "127.0.0.1", PORT: "0" });
  await mistakenInSvelteKit(app, ready);
  return saw;
}

/**
 * Checks that a client cannot be created in `load`, which runs on the server first. The error must say where to create
 * the client instead.
 */
async function mistakenInSvelteKit(app, ready) {
  const route = join(app.folder, "src/routes/mistake");
  mkdirSync(route);
  writeFileSync(join(route, "+page.svelte"), "<p>Acme</p>");
  const load = 'import { openLicense } from "$lib/license";\nexport const load = () => openLicense().then(() => ({}));';
  writeFileSync(join(route, "+page.ts"), load);
  const args = ["dev", "--host", "127.0.0.1", "--port", "0"];
  const server = await serve(tool("vite"), args, { cwd: app.folder, env: { ...app.home, NO_COLOR: "1" }, ready });
  try {
    const { status } = await fetch(`${server.found}/mistake`);
    assert.equal(status, 500);
    assert.match(server.written(), /SvelteKit's server.*`onMount`/);
    assert.ok(!existsSync(app.home.XDG_DATA_HOME), "the server has stored a license");
  } finally {
    server.stop();
  }
}

/** Checks that the server renders the page without the feature, and that it stores no license. */
async function drawnByServer(app, polar, program, args, ready, env) {
  const server = await serve(program, args, { cwd: app.folder, env: { ...app.home, ...env }, ready });
  try {
    const response = await fetch(server.found);
    assert.equal(response.status, 200, server.written());
    assert.doesNotMatch(await response.text(), /Export<\/button>/);
    const saw = await use(server.found, polar);
    assert.ok(!existsSync(app.home.XDG_DATA_HOME), "the server has stored a license");
    return saw;
  } finally {
    server.stop();
  }
}

/** Uses a page as a user would. Returns, for each step, whether the page offers the feature. */
async function use(url, polar) {
  const context = await chromium.profile();
  const page = await context.newPage();
  const broken = [];
  page.on("pageerror", (error) => broken.push(String(error)));
  await page.goto(url);
  const saw = await enterKeys(page, () => isOffered(page));
  await control(polar, "faults", { fault: "drop_connection" });
  // the page sends a request to Polar at the start, since the last answer is old, and gets no reply
  await page.clock.setFixedTime(Date.now() + 2 * DAY_MS);
  const unanswered = page.waitForEvent("requestfailed", (request) => request.url().startsWith(polar.url));
  await page.reload();
  await unanswered;
  await page.getByText("It will be confirmed when you are next online.").waitFor();
  saw.push({ step: "offline", isOffered: await isOffered(page) });
  assert.deepEqual(broken, []);
  await context.close();
  await usedWithoutWebAssembly(url);
  return saw;
}

/** Checks that the user of a locked-down browser reads there that the license cannot be checked. */
async function usedWithoutWebAssembly(url) {
  const context = await chromium.profile();
  const page = await context.newPage();
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto(url);
  await page.getByText("This app cannot check its license in this browser. Contact the vendor.").first().waitFor();
  assert.equal(await isOffered(page), false);
  await context.close();
}

/**
 * Enters keys on the extension's options page. Afterwards, a page of another site must show the extension's button. At
 * the next start, the button must appear even without a connection to Polar.
 */
async function extension(app, polar) {
  await app.run(tool("esbuild"), argumentsOf(app, "build"));
  const unpacked = join(app.folder, "extension");
  const manifest = join(unpacked, "manifest.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace("https://api.polar.sh/*", `${polar.url}/*`));
  mkdirSync(join(app.folder, "other"));
  writeFileSync(join(app.folder, "other/index.html"), "<!doctype html><title>Other</title><body>a page</body>");
  const { url, stop } = await site(join(app.folder, "other"));
  try {
    const profile = join(app.home.HOME, "profile");
    let context = await chromium.withExtension(unpacked, profile);
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    const options = await context.newPage();
    await options.goto(new URL("options.html", worker.url()).href);
    const saw = await enterKeys(options, () => isInjected(context, url));
    await context.close();
    await control(polar, "faults", { fault: "drop_connection" });
    context = await chromium.withExtension(unpacked, profile);
    saw.push({ step: "offline", isOffered: await isInjected(context, url) });
    await context.close();
    return saw;
  } finally {
    stop();
  }
}

/** Whether the content script adds the button to a page. Waits until the script has an answer. */
async function isInjected(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  // the content script sets this attribute when it has an answer
  await page.locator("html[data-acme]").waitFor();
  const isThere = await isOffered(page);
  await page.close();
  return isThere;
}

/** Returns the arguments that a script in the example's package.json passes to a program. */
function argumentsOf(app, script) {
  const { scripts } = JSON.parse(readFileSync(join(app.folder, "package.json"), "utf8"));
  return scripts[script].split(" ").slice(1);
}
