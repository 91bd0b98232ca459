/**
 * Writes the declarations of the npm package: `node types.mjs OUT`. Each entry gets two files. `NAME.d.cts` refers to
 * the declarations in `types/`, and `NAME.d.ts` refers to `NAME.d.cts`. Declarations that no entry refers to are left
 * out.
 *
 * Everything is declared only once, for CommonJS. ES modules can import from CommonJS, so a class has the same type in
 * both module systems. `cargo xtask package npm` runs this script.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ALONE, ENTRIES } from "./entries.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2]);

/**
 * Matches a reference from one declaration file to another declaration file of the package. The group captures
 * the path without `.js`.
 */
const LINK = /(?<=\bfrom "|\bimport\(")(\.{1,2}\/[^"]+)\.js(?=")/g;

const declared = mkdtempSync(join(out, "declarations-"));
try {
  const options = ["--noEmit", "false", "--emitDeclarationOnly", "--stripInternal", "--outDir", declared];
  execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), ...options], {
    cwd: here,
    stdio: "inherit",
  });
  const entries = { ...ENTRIES, ...ALONE };
  for (const path of reachable(Object.values(entries))) {
    const text = readFileSync(join(declared, `${path}.d.ts`), "utf8");
    write(`types/${path}.d.cts`, text.replace(LINK, "$1.cjs"));
  }
  for (const [name, source] of Object.entries(entries)) {
    write(`${name}.d.ts`, `export * from "./${name}.cjs";\n`);
    write(`${name}.d.cts`, `export * from "./types/${source}.cjs";\n`);
  }
} finally {
  rmSync(declared, { recursive: true });
}

/**
 * Returns every declaration file that the entries refer to, directly or indirectly, including the files of the entries
 * themselves. The names are without `.d.ts`.
 */
function reachable(entries) {
  const found = new Set();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(join(declared, `${path}.d.ts`), "utf8");
    for (const [, link] of text.matchAll(LINK)) {
      open.push(relative(declared, join(declared, dirname(path), link)).replaceAll("\\", "/"));
    }
  }
  return [...found].sort();
}

function write(path, text) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), text);
}
