/**
 * The runtimes in which the package must work. Each has a fixture, and says how the fixture is built and run. To add a
 * runtime, add an entry. `tell` resolves to what the story observed.
 */

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PATIENCE_MS } from "../patience.mjs";
import * as chromium from "./chromium.mjs";
import { serve } from "./processes.mjs";
import { here, homeIn, tool, versionOf } from "./project.mjs";
import { site } from "./site.mjs";

/**
 * The runtimes that should be tested but cannot be installed from npm, each with the reason. No other runtime may be
 * missing.
 */
export const MISSING = {
  Electron: "its npm package downloads the program from elsewhere; its scripts and packed apps run over a stand-in, and in the program by `cargo xtask test electron`",
};

const node = { fixture: "esm", version: async () => process.version };
const bundled = (name) => async () => `${name} ${versionOf(name)}, ${await chromium.version()}`;

export const RUNTIMES = {
  "Node, import": { ...node, tell: (app, polar) => script(app, polar, process.execPath, "main.js") },
  "Node, require": { ...node, fixture: "cjs", tell: (app, polar) => script(app, polar, process.execPath, "main.js") },
  "esbuild for Node": {
    fixture: "cjs",
    version: async () => `esbuild ${versionOf("esbuild")}, Node ${process.version}`,
    tell: forNode("esbuild", "main.js", "--bundle", "--platform=node", "--outdir=dist"),
  },
  "webpack for Node": {
    fixture: "cjs",
    version: async () => `webpack ${versionOf("webpack")}, Node ${process.version}`,
    tell: forNode("webpack", "--mode=production", "--target=node", "./main.js"),
  },
  "Electron's scripts": {
    fixture: "electron",
    version: async () => `esbuild ${versionOf("esbuild")}, over tests/js/electron/stand-in.mjs`,
    tell: electron,
  },
  Bun: {
    fixture: "esm",
    version: async () => versionOf("bun"),
    tell: (app, polar) => script(app, polar, tool("bun"), "--no-install", "main.js"),
  },
  Deno: {
    fixture: "esm",
    version: async () => versionOf("deno"),
    tell: (app, polar) => script(app, polar, tool("deno"), "run", "--node-modules-dir=manual", ...permissions(app, polar), "main.js"),
  },
  workerd: { fixture: "workerd", version: async () => versionOf("workerd"), tell: worker("2026-04-01") },
  "workerd as of 2022": { fixture: "workerd", version: async () => versionOf("workerd"), tell: worker("2022-12-01") },
  Vite: { fixture: "vite", version: bundled("vite"), tell: built("vite", "build") },
  "Vite, its server": { fixture: "vite", version: bundled("vite"), tell: viteServer },
  "Vite, ./slim": { fixture: "vite-slim", version: bundled("vite"), tell: built("vite", "build") },
  "Vite, worker": { fixture: "worker", version: bundled("vite"), tell: built("vite", "build") },
  webpack: { fixture: "webpack", version: bundled("webpack"), tell: built("webpack", "--mode=production") },
  "webpack, ./slim": {
    fixture: "webpack-slim",
    version: bundled("webpack"),
    tell: built("webpack", "--mode=production"),
  },
  "webpack, worker": {
    fixture: "worker",
    version: bundled("webpack"),
    tell: built("webpack", "--mode=production", "./src/main.js"),
  },
  esbuild: { fixture: "esbuild", version: bundled("esbuild"), tell: built("esbuild", ...esbuild("src/main.js")) },
  "esbuild, ./slim": {
    fixture: "esbuild-slim",
    version: bundled("esbuild"),
    tell: built("esbuild", ...esbuild("src/main.js"), "--loader:.wasm=file"),
  },
  "import map": { fixture: "import-map", version: chromium.version, tell: page },
  "./slim, no bundler": { fixture: "slim-file", version: chromium.version, tell: page },
  "strict policy": { fixture: "csp", version: chromium.version, tell: strict },
  "strict policy, ./slim": { fixture: "slim-file", version: chromium.version, tell: strictSlim },
};

function esbuild(entry) {
  return [entry, "--bundle", "--minify", "--format=esm", "--outdir=dist"];
}

async function script(app, polar, program, ...args) {
  const lines = await app.run(program, args, { POLAR: JSON.stringify(polar) });
  return JSON.parse(lines.at(-1));
}

/** Returns the permissions for Deno that the package's README names, with the local Polar in place of the real one. */
function permissions(app, polar) {
  const readme = readFileSync(join(app.folder, "node_modules/polar-license/README.md"), "utf8");
  const [, stated] = /`deno run (--allow-.*) tool\.js`/.exec(readme);
  return ["--no-prompt", ...stated.replace("api.polar.sh", new URL(polar.url).host).split(" ")];
}

/** Bundles the fixture with a tool without configuration, and runs the result in `dist` without the package. */
function forNode(name, ...args) {
  return async (app, polar) => {
    await app.run(tool(name), args);
    rmSync(join(app.folder, "node_modules"), { recursive: true });
    return script(app, polar, process.execPath, "dist/main.js");
  };
}

/** Bundles the main process and the preload script, in the form that windows with a sandbox need. */
async function electron(app, polar) {
  const options = ["--bundle", "--format=cjs", "--external:electron", "--outdir=dist"];
  await app.run(tool("esbuild"), ["src/main.js", "--platform=node", ...options]);
  await app.run(tool("esbuild"), ["src/preload.js", ...options]);
  const preload = readFileSync(join(app.folder, "dist/preload.js"), "utf8");
  assert.doesNotMatch(preload, /node:|WebAssembly|AGFzbQ/, "a preload script in a sandbox has neither files nor wasm");
  for (const path of ["electron.mjs", "../electron/stand-in.mjs"]) {
    cpSync(join(here, path), join(app.folder, basename(path)));
  }
  return script(app, polar, process.execPath, "electron.mjs", "dist/main.js", "dist/preload.js", "stand-in.mjs");
}

/** Bundles the fixture with a tool without configuration, and opens the page in `dist`. */
function built(name, ...args) {
  return async (app, polar) => {
    await app.run(tool(name), args);
    return page({ folder: join(app.folder, "dist") }, polar);
  };
}

async function page(app, polar) {
  const { told } = await under(undefined, app, polar);
  return told;
}

function visit(url, polar) {
  return chromium.visit(`${url}?polar=${encodeURIComponent(JSON.stringify(polar))}`);
}

async function viteServer(app, polar) {
  const ready = (line) => /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0];
  const env = homeIn(app.folder);
  const { found, stop } = await serve(tool("vite"), ["--host=127.0.0.1", "--port=0"], { cwd: app.folder, env, ready });
  try {
    const { told } = await visit(found, polar);
    return told;
  } finally {
    stop();
  }
}

/**
 * Runs a Worker, either with the present compatibility date or with an old one, as in a project that never changed it.
 */
function worker(date) {
  return async (app, polar) => {
    const config = join(app.folder, "config.capnp");
    writeFileSync(config, readFileSync(config, "utf8").replace(/(?<=compatibilityDate = ")[^"]*/, date));
    await app.run(tool("esbuild"), [...esbuild("src/worker.js"), "--loader:.wasm=copy", "--asset-names=[name]"]);
    const args = ["serve", "--control-fd=3", "config.capnp"];
    const ready = (line) => JSON.parse(line).port;
    const workerd = await serve(tool("workerd"), args, { cwd: app.folder, ready, stream: 3 });
    try {
      const request = { method: "POST", body: JSON.stringify(polar), signal: AbortSignal.timeout(PATIENCE_MS) };
      const response = await fetch(`http://127.0.0.1:${workerd.found}/`, request);
      assert.equal(response.status, 200, workerd.written());
      return await response.json();
    } finally {
      workerd.stop();
    }
  };
}

/**
 * Checks that the policy in the README is sufficient. Also checks that, without the policy's permission for
 * WebAssembly, the error says what to add.
 */
async function strict(app, polar) {
  const policy = statedPolicy(app, polar);
  const { told, violations } = await under(policy.replace(" 'wasm-unsafe-eval'", ""), app, polar, "refused.html");
  const [{ typed, kind, detail }] = told;
  assert.deepEqual({ typed, kind }, { typed: true, kind: "unsupported" });
  assert.match(detail, /'wasm-unsafe-eval'/);
  assert.deepEqual(violations, ["script-src wasm-eval"]);
  return unhindered(policy, app, polar);
}

/** Checks the policy for a page that loads the WebAssembly from a file. */
function strictSlim(app, polar) {
  return unhindered(statedPolicy(app, polar).replace("connect-src", "connect-src 'self'"), app, polar);
}

/** Returns the policy in the package's README, for a page whose scripts all come from one origin. */
function statedPolicy(app, polar) {
  const readme = readFileSync(join(app.folder, "node_modules/polar-license/README.md"), "utf8");
  const needed = /`(script-src [^`]*; connect-src [^`]*)`/.exec(readme)?.[1];
  assert.ok(needed, "the README states no Content-Security-Policy");
  return `default-src 'none'; ${needed}`
    .replace("script-src", "script-src 'self'")
    .replace("https://api.polar.sh", new URL(polar.url).origin);
}

async function unhindered(policy, app, polar) {
  const { told, violations } = await under(policy, app, polar);
  assert.deepEqual(violations, []);
  return told;
}

/** Returns the report of a page of the folder. The page gets the policy `policy`, or none if that is missing. */
async function under(policy, { folder }, polar, file = "") {
  const { url, stop } = await site(folder, policy);
  try {
    return await visit(url + file, polar);
  } finally {
    stop();
  }
}
