/**
 * Measures how much the npm package adds to a page. `node sizes.mjs PACKAGE` prints JSON: a list of the measured parts,
 * each with its name and its sizes in bytes. `cargo xtask package npm` runs this script.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PEERS } from "./entries.mjs";

const root = resolve(process.argv[2]);

const wasm = measure("polar_license.wasm", readFileSync(join(root, "polar_license.wasm")));
const slim = measure("a page with ./slim, its script", await page("slim.js"));
const all = measure("a page with the main entry", await page("index.js"));
const portal = measure("a page with `polar-license/portal`", await page("portal.js"));
const beside = await Promise.all(
  ["react", "openfeature", "dialog", "dialog-portal", "dialog-offline"].map(async (name) => measure(`\`polar-license/${name}\`, beside that`, await everythingOf(`${name}.js`))),
);
const total = { name: "a page with ./slim, in all" };
for (const kind of ["raw", "gzip", "brotli"]) total[kind] = wasm[kind] + slim[kind];
console.log(JSON.stringify([wasm, slim, total, all, portal, ...beside]));

/** Bundles a page that only creates a client. */
async function page(entry) {
  return bundle(`import { createLicenseClient } from "./${entry}"; globalThis.open = createLicenseClient;`);
}

/**
 * Bundles a page that uses everything an entry exports. The bundle does not include the packages that the app installs
 * itself.
 */
async function everythingOf(entry) {
  return bundle(`import * as all from "./${entry}"; globalThis.all = all;`);
}

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    external: PEERS,
  });
  return outputFiles[0].contents;
}

function measure(name, bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}
