// For each peer, prints how many bytes a page downloads for one validate. esbuild bundles and minifies the script, and
// brotli compresses it. Also prints how many npm packages the peer consists of, with its dependencies.

import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { PEERS } from "./peers.mjs";

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));

const sizes = PEERS.map(async ({ name, module, package: installed }) => ({
  name,
  bytes: await bundled(module),
  packages: installed === undefined ? 0 : dependencies(installed).size,
}));
console.log(JSON.stringify(await Promise.all(sizes)));

async function bundled(module) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { validate } from "./peers/${module}.mjs"; globalThis.validate = validate;`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
  });
  return brotliCompressSync(outputFiles[0].contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

/** Returns the names of a package and of all its dependencies. The lock file has only one version of each package. */
function dependencies(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    Object.keys(packages[`node_modules/${name}`].dependencies ?? {}).forEach((next) => dependencies(next, found));
  }
  return found;
}
