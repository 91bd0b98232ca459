/**
 * Says how large the npm package makes a page: `node sizes.mjs PACKAGE` prints a list of names and bytes as JSON.
 * Run by `cargo xtask package npm`.
 */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = resolve(process.argv[2]);

const wasm = measured("polar_license.wasm", readFileSync(join(root, "polar_license.wasm")));
const slim = measured("a page with ./slim, its script", await page("slim.js"));
const all = measured("a page with the main entry", await page("index.js"));
const total = { name: "a page with ./slim, in all" };
for (const kind of ["raw", "gzip", "brotli"]) total[kind] = wasm[kind] + slim[kind];
console.log(JSON.stringify([wasm, slim, total, all]));

/** What a bundler makes of a page that does nothing but make a client. */
async function page(entry) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createLicenseClient } from "./${entry}"; globalThis.open = createLicenseClient;`,
      resolveDir: root,
    },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
  });
  return outputFiles[0].contents;
}

function measured(name, bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}
