// The compiled TypeScript of bindings/wasm/ts/src/node: every export of every file, as one module.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const package_ = new URL("../../../bindings/wasm/ts/", import.meta.url);
const source = fileURLToPath(new URL("src/node/", package_));
const { buildSync } = createRequire(new URL("package.json", package_))("esbuild");

const files = readdirSync(source).filter((name) => name.endsWith(".ts"));
const built = buildSync({
  stdin: { contents: files.map((name) => `export * from "./${name}";`).join("\n"), resolveDir: source },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2020",
  write: false,
});
const code = Buffer.from(built.outputFiles[0].contents).toString("base64");

export const compiled = await import(`data:text/javascript;base64,${code}`);
