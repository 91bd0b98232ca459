/**
 * Builds the JavaScript and the WebAssembly of the npm package: `node build.mjs WASM OUT`, where WASM is the folder that
 * wasm-bindgen wrote and OUT the package to fill. Run by `cargo xtask package npm`.
 *
 * ```text
 *   OUT/index.js  index.cjs  …      the entries
 *   OUT/shared/NAME.js  NAME.cjs    what they have in common
 *   OUT/polar_license.wasm          for `./slim`; the other entries hold it in base64
 * ```
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ALONE, ENTRIES, PEERS } from "./entries.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [from, out] = process.argv.slice(2).map((path) => resolve(path));

/** The oldest that have to understand the scripts: browsers of 2022, and the oldest Node of pkg-template/package.json. */
const TARGET = ["chrome100", "edge100", "firefox100", "safari15.4", "node20"];

/** How long a line may be: Node shows the whole of it above an error that nobody caught. */
const LINE = 400;

mkdirSync(out, { recursive: true });
checkDeclarations(join(from, "polar_license_wasm.d.ts"), join(here, "src/wasm-bindgen.d.ts"));
const wasm = optimized(join(from, "polar_license_wasm_bg.wasm"), join(out, "polar_license.wasm"));
const generated = new Map([
  ["#glue", await glue(join(from, "polar_license_wasm_bg.js"))],
  ["#wasm", `export const wasm = ${JSON.stringify(wasm.toString("base64"))};`],
]);
for (const file of [...(await modules(ENTRIES, true)), ...(await modules(ALONE, false))]) await commonJs(file);

/** The sources are checked against what wasm-bindgen says of the engine, which is kept among them. */
function checkDeclarations(from, kept) {
  const declared = readFileSync(from, "utf8");
  if (process.env.POLAR_LICENSE_WRITE_TYPES) writeFileSync(kept, declared);
  if (readFileSync(kept, "utf8").replaceAll("\r\n", "\n") === declared) return;
  throw new Error(`${kept} is not what wasm-bindgen writes; set POLAR_LICENSE_WRITE_TYPES=1 to write it`);
}

/** Writes ES modules, with a file for each part that several of them share. Returns their files. */
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
  });
  return Object.keys(metafile.outputs).map((path) => resolve(here, path));
}

/** Writes an ES module as a CommonJS one beside it, which takes its parts from their CommonJS versions. */
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
    // names the exports in a form that Node finds when such a module is imported
    platform: "node",
    format: "cjs",
    minify: true,
    lineLimit: LINE,
    target: TARGET,
    external: ["electron", ...PEERS],
    plugins: [{ name: "renamed", setup: renamed }],
  });
}

function optimized(input, output) {
  const wasmOpt = join(here, "node_modules/binaryen/bin/wasm-opt");
  // what the compiler has used, as its section says, and no newer feature: browsers would have to know that too
  const flags = ["-Oz", "--converge", "--strip-debug", "--strip-producers"];
  execFileSync(process.execPath, [wasmOpt, input, "-o", output, ...flags]);
  return readFileSync(output);
}

/**
 * What wasm-bindgen wrote keeps its one instance in a variable of its module. As the body of a function there can be
 * another after a trap, and it takes the UTF-8 of where it runs.
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

function provide(setup) {
  setup.onResolve({ filter: /^#(glue|wasm)$/ }, ({ path }) => ({ path, namespace: "generated" }));
  setup.onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => ({ contents: generated.get(path), loader: "js" }));
}
