/**
 * Prints how many bytes of WebAssembly each part of the engine takes up. Run it after `cargo xtask package npm`:
 *
 * ```sh
 * node bindings/wasm/ts/parts.mjs target/npm/wasm/polar_license_wasm_bg.wasm
 * ```
 *
 * Optimizes the file in the same way as the build of the package, but keeps the names of functions. Then adds up the
 * sizes of the functions in each crate, and in each module of the engine. The sizes are before compression.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "polar-license-parts-"));
const named = join(folder, "named.wasm");
const wasmOpt = fileURLToPath(import.meta.resolve("binaryen/bin/wasm-opt"));
execFileSync(process.execPath, [wasmOpt, resolve(process.argv[2]), "-o", named, "-Oz", "--converge", "-g"]);
const bytes = readFileSync(named);
rmSync(folder, { recursive: true });

/** The numbers of the WebAssembly sections that this script reads. Custom sections have the number 0. */
const [CUSTOM, CODE, DATA] = [0, 10, 11];

const sizes = new Map();
const add = (part, size) => sizes.set(part, (sizes.get(part) ?? 0) + size);
const module = new WebAssembly.Module(bytes);
const imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function").length;
const [names] = WebAssembly.Module.customSections(module, "name").map((section) => functionNames(new Uint8Array(section)));
for (const { kind, start, end } of sections(bytes)) {
  if (kind === CODE) addFunctions(start);
  else if (kind === DATA) add("texts and tables", end - start);
  else if (kind !== CUSTOM) add("imports, exports and types", end - start);
}
for (const [part, size] of [...sizes].sort(([, one], [, other]) => other - one)) console.log(String(size).padStart(7), part);

function addFunctions(start) {
  const at = { at: start };
  const count = number(bytes, at);
  for (let index = 0; index < count; index += 1) {
    const before = at.at;
    const size = number(bytes, at);
    at.at += size;
    add(partOf(names.get(imported + index) ?? "unnamed"), at.at - before);
  }
}

/**
 * Returns the part of the engine to which a function belongs. Recognizes the part by the Rust path in the function's
 * name, such as `polar_license::portal`.
 */
function partOf(name) {
  const path = /\b(polar_license(?:_wasm)?|core|alloc|std|time|serde\w*|uuid|talc|litemap|hmac_sha256|tsify|js_sys|wasm_bindgen|dlmalloc|itoa|memchr|zeroize|compiler_builtins)(?:\[\w+\])?::(\w+)/.exec(name);
  if (!path) return /^engine_|^__wb/.test(name) ? "exported methods" : "other functions";
  const [, crate, inner] = path;
  return crate === "polar_license" ? `polar_license::${inner}` : crate;
}

function* sections(bytes) {
  for (const at = { at: 8 }; at.at < bytes.length; ) {
    const kind = bytes[at.at++];
    const size = number(bytes, at);
    yield { kind, start: at.at, end: at.at + size };
    at.at += size;
  }
}

/** Returns the names of the functions, by their indices. `section` is the name section of a WebAssembly file. */
function functionNames(section) {
  const found = new Map();
  for (const at = { at: 0 }; at.at < section.length; ) {
    const kind = section[at.at++];
    const end = number(section, at) + at.at;
    const count = kind === 1 ? number(section, at) : 0;
    for (let index = 0; index < count; index += 1) {
      const function_ = number(section, at);
      const length = number(section, at);
      found.set(function_, new TextDecoder().decode(section.subarray(at.at, at.at + length)));
      at.at += length;
    }
    at.at = end;
  }
  return found;
}

/** Reads a number in LEB128. */
function number(bytes, at) {
  for (let value = 0, shift = 0; ; shift += 7) {
    const byte = bytes[at.at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
}
