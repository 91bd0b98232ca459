// Tests that every entry loads by `import` and by `require`, and works, in a folder that contains only the package.

import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { folderOf } from "../packages.mjs";
import { folder, root, run } from "./installed.mjs";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const scripts = Object.keys(exports).filter((name) => exports[name].import);
const names = scripts.map((name) => name.replace(/^\./, "polar-license"));

/** The entries for Electron. Tests use them with a client and with a stand-in for Electron. */
const electron = names.filter((name) => name.includes("/electron-"));

/** The entries for packages that the app installs itself. */
const peers = names.filter((name) => /\/(react|openfeature|tauri)$/.test(name));

/** The entries that define elements. They do so in browsers only. */
const dialog = names.filter((name) => name.includes("/dialog"));
const specifiers = names.filter((name) => ![...electron, ...peers, ...dialog].includes(name));

/** An app in either module format. `load` loads an entry, and `read` reads the WebAssembly file. */
const APP = `
  const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
  const BENEFIT = "de300000-0000-4000-8000-0000000000b1";
  const KEY = "POLAR-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0";
  const polar = async (url, { body }) => Response.json({
    id: "de300000-0000-4000-8000-0000000000c1", organization_id: ORGANIZATION, benefit_id: BENEFIT,
    customer_id: "de300000-0000-4000-8000-0000000000d1", customer: {}, user: {}, key: JSON.parse(body).key,
    display_key: "****-E304F0", status: "granted", limit_activations: null, usage: 0, limit_usage: null,
    validations: 1, last_validated_at: new Date().toISOString(), expires_at: null, activation: null,
  });
  async function use({ createLicenseClient, memoryStorage, LicenseError }, wasm) {
    const options = { organizationId: ORGANIZATION, appId: "com.acme.app", features: { export: [BENEFIT] } };
    const license = await createLicenseClient({ ...options, fetch: polar, storage: memoryStorage(), wasm });
    const before = license.allows("export");
    const { state, displayKey } = await license.activate(KEY);
    const error = await license.activate(" ").catch((error) => error instanceof LicenseError && error);
    // converts the error as a log would
    const { kind, message } = JSON.parse(JSON.stringify(error));
    return [before, state, displayKey, license.allows("export"), error.constructor.name, kind, message === error.message];
  }
  async function main(load, bytes) {
    const all = await Promise.all(SPECIFIERS.map(load));
    const electron = (await Promise.all(ELECTRON.map(load))).filter((entry) => Object.keys(entry).length > 0).length;
    const errors = new Set(all.map((entry) => entry.LicenseError));
    const used = [await use(await load("polar-license"))];
    const slim = await load("polar-license/slim");
    used.push(await use(slim, bytes), await use(slim, WebAssembly.compile(bytes)));
    console.log(JSON.stringify({ electron, errors: errors.size, named: all.every((entry) => entry.createLicenseClient ?? entry.fakeLicense), used }));
  }
`.replace("SPECIFIERS", JSON.stringify(specifiers)).replace("ELECTRON", JSON.stringify(electron));

const WORKING = [false, "active", "****-E304F0", true, "LicenseError", "invalid_argument", true];
const EXPECTED = { electron: 3, errors: 1, named: true, used: [WORKING, WORKING, WORKING] };

test("ES modules", () => {
  const script = `
    import { readFile } from "node:fs/promises";
    ${APP}
    await main((name) => import(name), await readFile(new URL(import.meta.resolve("polar-license/wasm"))));
  `;
  assert.deepEqual(JSON.parse(run("app.mjs", script)), EXPECTED);
});

test("CommonJS", () => {
  const script = `
    const { readFileSync } = require("node:fs");
    ${APP}
    main(require, readFileSync(require.resolve("polar-license/wasm")));
  `;
  assert.deepEqual(JSON.parse(run("app.cjs", script)), EXPECTED);
});

test("the main entry uses files in Node, and the page's storage in a browser", () => {
  const script = `
    import { createLicenseClient } from "polar-license";
    const organizationId = "de300000-0000-4000-8000-000000000001";
    const license = await createLicenseClient({ organizationId, appId: "com.acme.app" });
    console.log(license.current().reason, license.current().problem?.detail ?? "");
  `;
  assert.equal(run("file.mjs", script), "no_license \n");
  assert.match(run("page.mjs", script, "--conditions=browser"), /^storage .*localStorage/);
});

test("the detail of a network error names Polar's address and Node's code, but no path", () => {
  const script = `
    import { createServer } from "node:http";
    import { createLicenseClient, memoryStorage } from "polar-license";
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve)); // nobody listens on this port now
    const license = await createLicenseClient({
      organizationId: "de300000-0000-4000-8000-000000000001", appId: "com.acme.app", storage: memoryStorage(),
      environment: "http://127.0.0.1:" + port + "/secret",
    });
    const { kind, detail } = await license.activate("POLAR-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0").catch((error) => error);
    console.log(kind, detail.replace(port, "PORT"));
  `;
  const expected = "network Polar could not be reached at http://127.0.0.1:PORT (fetch failed, ECONNREFUSED)\n";
  assert.equal(run("network.mjs", script), expected);
});

test("the entries for frameworks and Tauri load by `import` and by `require`, and contain no engine", () => {
  assert.equal(peers.length, 3);
  for (const name of ["react", "@openfeature", "@tauri-apps"]) {
    const to = join(folder, "node_modules", name);
    symlinkSync(folderOf(name), to, "junction");
  }
  const say = "console.log(JSON.stringify(all.map((entry) => Object.keys(entry).sort())))";
  const expected = [["Gate", "LicenseProvider", "useLicense"], ["LicenseProvider"], ["LicenseError", "connectLicense"]];
  const scripts = {
    "peers.mjs": `const all = await Promise.all(${JSON.stringify(peers)}.map((name) => import(name))); ${say}`,
    "peers.cjs": `const all = ${JSON.stringify(peers)}.map((name) => require(name)); ${say}`,
  };
  for (const [name, script] of Object.entries(scripts)) assert.deepEqual(JSON.parse(run(name, script)), expected, name);
  // Next renders the components of such a file in the browser too
  for (const format of ["js", "cjs"]) assert.match(readFileSync(join(root, `react.${format}`), "utf8"), /^"use client";/);
});

test("the dialog loads on a server, by `import` and by `require`, and defines nothing there", () => {
  const say = "console.log(JSON.stringify([...all.map((entry) => Object.keys(entry).sort()), typeof customElements]))";
  const expected = '[["LicenseDialogElement","showLicenseDialog"],["portalPages"],["offlinePages"],"undefined"]\n';
  const of = (how) => `const all = await Promise.all(${JSON.stringify(dialog)}.map(async (name) => ${how}(name)));`;
  assert.equal(run("dialog.mjs", `${of("import")} ${say}`), expected);
  assert.equal(run("dialog.cjs", `(async () => { ${of("require")} ${say} })();`), expected);
  const { sideEffects } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // bundlers must not remove this entry, because it defines the element when it is loaded
  assert.deepEqual(sideEffects, ["./dialog.js", "./dialog.cjs"]);
});

/** Returns a script that tries to create a client and prints the result. */
const MADE = (entry) => `
  import { createLicenseClient, memoryStorage } from "${entry}";
  const options = { organizationId: "de300000-0000-4000-8000-000000000001", appId: "com.acme.app", autoRefresh: false };
  const made = (more) => createLicenseClient({ ...options, ...more }).then((made) => made.current().state, String);
`;

test("importing opens no resources", () => {
  const script = `
    await Promise.all(${JSON.stringify([...specifiers, ...electron, ...dialog])}.map((name) => import(name)));
    console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReq|CloseReq/.test(name))));
  `;
  assert.equal(run("imported.mjs", script), "[]\n");
});

for (const [framework, mark, place] of [
  ["Next", 'process.env.NEXT_RUNTIME = "nodejs";', /use client/],
  ["SvelteKit", "globalThis.__sveltekit_dev = {};", /onMount/],
  ["Nuxt", "globalThis.__publicAssetsURL = () => '';", /\.client\.ts/],
  ["React Router", "globalThis.__reactRouterDevServerHooks = {};", /LicenseProvider/],
  ["Remix", "globalThis.__remix_devServerHooks = {};", /LicenseProvider/],
]) {
  test(`${framework}'s server gets an error that says where to create the client`, () => {
    const print = "console.log(JSON.stringify([await made(), await made({ storage: memoryStorage() })]));";
    const on = (entry) => JSON.parse(run("server.mjs", `${mark} ${MADE(entry)} ${print}`));
    const [refused, given] = on("polar-license");
    assert.match(refused, new RegExp(`LicenseError: .*${framework}'s server.*polar-license/node`));
    assert.match(refused, place);
    assert.equal(given, "unlicensed");
    assert.deepEqual(on("polar-license/node"), ["unlicensed", "unlicensed"]);
  });
}

test("the main entry of browsers contains the same WebAssembly as the file, byte for byte", () => {
  const make = `
    const compiled = [];
    const { compile } = WebAssembly;
    WebAssembly.compile = (bytes) => (compiled.push(bytes), compile(bytes));
  `;
  const print = "await made({ storage: memoryStorage() }); const hex = Buffer.from(compiled[0]).toString('hex'); console.log(compiled.length, hex);";
  const file = readFileSync(join(root, "polar_license.wasm"));
  assert.equal(new Set(file).size, 256, "the file has every byte at least once");
  const required = MADE(join(root, "index.cjs")).replace(/import (.*) from (.*);/, "const $1 = require($2);");
  for (const [name, script] of [
    ["bytes.mjs", `${MADE(pathToFileURL(join(root, "index.js")).href)} ${make} ${print}`],
    ["bytes.cjs", `${required} (async () => { ${make} ${print} })();`],
  ]) {
    // uses `ok`, because `equal` would print the whole file
    assert.ok(run(name, script) === `1 ${file.toString("hex")}\n`, name);
  }
});

test("the main entry names the other entry if WebAssembly must not be compiled", () => {
  const forbidden = "WebAssembly.compile = () => Promise.reject(new Error('disallowed by embedder'));";
  const script = `${MADE("polar-license")} ${forbidden} console.log(await made());`;
  assert.match(run("worker.mjs", script), /WebAssembly cannot be compiled here: in a Worker use `polar-license\/slim`/i);
});

test("names can be imported from CommonJS", () => {
  const path = JSON.stringify(pathToFileURL(join(root, "slim.cjs")).href);
  const names = run("names.mjs", `import { createLicenseClient } from ${path}; console.log(typeof createLicenseClient);`);
  assert.equal(names, "function\n");
});

test("the scripts for browsers import no module of Node's, and none on demand", () => {
  for (const format of ["js", "cjs"]) {
    const seen = new Set();
    const look = (path) => {
      if (seen.has(path)) return;
      seen.add(path);
      const text = readFileSync(path, "utf8");
      // a service worker may not import on demand
      assert.doesNotMatch(text, /\bimport\(/, path);
      for (const [, link] of text.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*"([^"]+)"/g)) {
        assert.match(link, /^\.\.?\//, path);
        look(join(path, "..", link));
      }
    };
    for (const name of ["index", "slim", "dialog", "dialog-portal", "dialog-offline"]) look(join(root, `${name}.${format}`));
    assert.ok(seen.size > 2, "no parts found");
  }
});
