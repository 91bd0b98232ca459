/**
 * Builds the JavaScript and the WebAssembly of the npm package: `node build.mjs WASM PORTAL OUT VERSION`. WASM and
 * PORTAL are folders that wasm-bindgen wrote: WASM for the engine without the customer portal, and PORTAL for the engine
 * with it. OUT is the package's folder, which this script fills, and VERSION the package's version. `cargo xtask package
 * npm` runs this script.
 *
 * ```text
 *   OUT/index.js  index.cjs  …      the entries
 *   OUT/shared/NAME.js  NAME.cjs    their common parts
 *   OUT/polar_license.wasm          the engine for `./slim`; the other entries contain an engine as text
 *   OUT/*.map                       source maps, which contain the sources for debuggers
 *   OUT/LICENSE-NAME                the license of each npm package that a script contains
 * ```
 *
 * `./portal` contains the engine with the customer portal.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { encode } from "./ascii.mjs";
import { ALONE, ENTRIES, PEERS } from "./entries.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [from, portal, out] = process.argv.slice(2, 5).map((path) => resolve(path));
const version = process.argv[5];

/**
 * The oldest runtimes that must understand the scripts: browsers of 2022, and the oldest Node that
 * pkg-template/package.json allows.
 */
const TARGET = ["chrome100", "edge100", "firefox100", "safari15.4", "node20"];

/**
 * The maximum length of a line in the generated scripts. Lines must be short because Node prints the whole line in
 * which an uncaught error was thrown.
 */
const LINE = 400;

mkdirSync(out, { recursive: true });
check(join(here, "src/wasm-bindgen.d.ts"), readFileSync(join(from, "polar_license_wasm.d.ts"), "utf8"), "wasm-bindgen writes");
check(join(here, "src/wasm-bindgen-portal.d.ts"), readFileSync(join(portal, "polar_license_wasm.d.ts"), "utf8"), "wasm-bindgen writes");
check(join(here, "../../../texts/dialog.en.json"), await dialogTexts(), "the dialog says");
const generated = new Map([
  ["#version", `export const version = ${JSON.stringify(version)};`],
  ["#glue", await glue(join(from, "polar_license_wasm_bg.js"))],
  ["#wasm", ascii(optimize(join(from, "polar_license_wasm_bg.wasm"), join(out, "polar_license.wasm")))],
  ["#portal-glue", await glue(join(portal, "polar_license_wasm_bg.js"))],
  ["#portal-wasm", ascii(optimize(join(portal, "polar_license_wasm_bg.wasm"), join(portal, "optimized.wasm")))],
]);
for (const file of [...(await modules(ENTRIES, true)), ...(await modules(ALONE, false))]) await commonJs(file);

/**
 * Compares a generated file with the committed one, and fails if the committed one is out of date. If
 * POLAR_LICENSE_WRITE_TYPES is set, writes the file instead.
 */
function check(kept, made, source) {
  if (process.env.POLAR_LICENSE_WRITE_TYPES) writeFileSync(kept, made);
  if (readFileSync(kept, "utf8").replaceAll("\r\n", "\n") === made) return;
  throw new Error(`${kept} is not what ${source}; set POLAR_LICENSE_WRITE_TYPES=1 to write it`);
}

/** Generates the file that contains the dialog's texts, for translators. */
async function dialogTexts() {
  const contents = 'export * from "./texts"; export * from "./portal-texts"; export * from "./offline-texts";';
  const stdin = { contents, resolveDir: join(here, "src/dialog") };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
  const script = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
  const { ENGLISH, PORTAL_ENGLISH, OFFLINE_ENGLISH } = await import(script);
  return `${JSON.stringify({ ...ENGLISH, ...PORTAL_ENGLISH, ...OFFLINE_ENGLISH }, undefined, 2)}\n`;
}

/**
 * Writes ES modules, and a separate file for each part that several entries share. Also copies the licenses of the npm
 * packages that the modules contain. Returns the files of the modules.
 */
async function modules(entries, splitting) {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: join(here, "src", `${source}.ts`), out })),
    outdir: out,
    bundle: true,
    splitting,
    chunkNames: "shared/[hash]",
    format: "esm",
    minify: true,
    lineLimit: LINE,
    target: TARGET,
    external: ["node:*", "electron", ...PEERS],
    plugins: [{ name: "generated", setup: provide }],
    metafile: true,
    sourcemap: true,
  });
  const files = Object.keys(metafile.outputs).map((path) => resolve(here, path));
  for (const map of files.filter((file) => file.endsWith(".map"))) tidy(map);
  for (const input of Object.keys(metafile.inputs)) {
    // the path of a file of a package, up to the package's folder
    const [, folder, name] = /^(.*node_modules\/([^/@]+))\//.exec(input) ?? [];
    if (name) copyFileSync(resolve(here, folder, "LICENSE"), join(out, `LICENSE-${name}`));
  }
  return files.filter((file) => file.endsWith(".js"));
}

/**
 * Rewrites a source map, so that it lists the sources by paths that a developer recognizes. Removes the WebAssembly
 * from the source map, because the script itself already contains the WebAssembly.
 */
function tidy(file) {
  const map = JSON.parse(readFileSync(file, "utf8"));
  const isWasm = (source) => /^generated:#(portal-)?wasm$/.test(source);
  map.sourcesContent = map.sources.map((source, index) => (isWasm(source) ? "" : map.sourcesContent[index]));
  map.sources = map.sources.map((source) => source.replace(/^generated:#/, "generated/").replace(/^.*\/(?=node_modules\/)|^.*\/(?=src\/)/, ""));
  writeFileSync(file, JSON.stringify(map));
}

/**
 * Converts an ES module to a CommonJS module, and writes that module to a file beside the original. The CommonJS module
 * imports the CommonJS versions of the shared parts.
 */
async function commonJs(file) {
  const renamed = (setup) => {
    setup.onResolve({ filter: /^\./ }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/\.js$/, ".cjs"), external: true },
    );
  };
  await build({
    absWorkingDir: out,
    entryPoints: [`./${relative(out, file).replaceAll("\\", "/")}`],
    outfile: file.replace(/\.js$/, ".cjs"),
    bundle: true,
    // with this setting, Node can read the exports' names from the file, so an ES module can import them by name
    platform: "node",
    format: "cjs",
    minify: true,
    lineLimit: LINE,
    target: TARGET,
    external: ["electron", ...PEERS],
    plugins: [{ name: "renamed", setup: renamed }],
    sourcemap: true,
  });
}

function optimize(input, output) {
  const wasmOpt = fileURLToPath(import.meta.resolve("binaryen/bin/wasm-opt"));
  // A browser that lacks a WebAssembly feature of the file cannot load the file. So these flags enable no feature, and
  // wasm-opt uses only the features that the compiler has listed in the file.
  const flags = ["-Oz", "--converge", "--strip-debug", "--strip-producers"];
  execFileSync(process.execPath, [wasmOpt, input, "-o", output, ...flags]);
  return readFileSync(output);
}

function ascii(wasm) {
  return `export const wasm = ${JSON.stringify(encode(wasm))};`;
}

/**
 * Turns the output of wasm-bindgen into the body of a function that creates an instance of the WebAssembly at each
 * call, because a new instance is needed after a trap. The output itself is a module, which keeps its only instance in
 * a variable. The UTF-8 codec is a parameter of the function.
 */
async function glue(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: "esm",
    target: TARGET,
    write: false,
  });
  const text = outputFiles[0].text;
  const exported = /^export (\{[^{}]*\});\s*$/m;
  if (!exported.test(text)) throw new Error(`the glue of ${path} is not as expected`);
  return `export const createGlue = ({ TextEncoder, TextDecoder }) => { ${text.replace(exported, "return $1;")} };`;
}

/** Provides the generated modules, and style sheets as minified text. */
function provide(setup) {
  setup.onLoad({ filter: /\.css$/ }, async ({ path }) => {
    const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: TARGET });
    return { contents: code.trim(), loader: "text" };
  });
  setup.onResolve({ filter: /^#(version|(portal-)?(glue|wasm))$/ }, ({ path }) => ({ path, namespace: "generated" }));
  setup.onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => ({ contents: generated.get(path), loader: "js" }));
}
