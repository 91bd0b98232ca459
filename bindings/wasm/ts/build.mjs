/**
 * Builds the JavaScript of the npm package: `node build.mjs WASM OUT`, where WASM is the folder that wasm-bindgen wrote
 * and OUT the one to fill. Run by `cargo xtask package npm`.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [from, out] = process.argv.slice(2).map((path) => resolve(path));

/** Entries of the package, by the name of their file. */
const ENTRIES = ["index", "slim"];

/** What is true of all scripts of the package: a syntax that browsers of the last five years know. */
const TARGET = ["es2022"];

mkdirSync(out, { recursive: true });
const wasm = optimized(join(from, "polar_license_wasm_bg.wasm"), join(out, "polar_license.wasm"));
const generated = new Map([
  ["#glue", await glue(join(from, "polar_license_wasm.js"))],
  ["#wasm", `export const wasm = ${JSON.stringify(wasm.toString("base64"))};`],
]);
for (const format of ["esm", "cjs"]) {
  await build({
    entryPoints: ENTRIES.map((name) => join(here, "src", `${name}.ts`)),
    outdir: out,
    outExtension: { ".js": format === "esm" ? ".js" : ".cjs" },
    bundle: true,
    format,
    minify: true,
    target: TARGET,
    plugins: [{ name: "generated", setup: provide }],
  });
}

function optimized(input, output) {
  const wasmOpt = join(here, "node_modules/binaryen/bin/wasm-opt");
  const flags = ["--flatten", "--rereloop", "--local-cse", "-Oz", "-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"];
  execFileSync(process.execPath, [wasmOpt, input, "-o", output, ...flags]);
  return readFileSync(output);
}

/**
 * What wasm-bindgen wrote keeps its instance in variables of its module, so that there can be one. As the body of a
 * function there can be another after a trap.
 */
async function glue(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: "iife",
    globalName: "glue",
    target: TARGET,
    write: false,
  });
  const text = outputFiles[0].text;
  const body = /^var glue = (\(\(\) => \{[\s\S]*\}\))\(\);\s*$/m.exec(text.replace(/^"use strict";\s*/, ""))?.[1];
  if (!body) throw new Error(`the glue of ${path} is not as expected`);
  return `export const createGlue = ${body};`;
}

function provide(builder) {
  builder.onResolve({ filter: /^#(glue|wasm)$/ }, ({ path }) => ({ path, namespace: "generated" }));
  builder.onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => ({ contents: generated.get(path), loader: "js" }));
}
