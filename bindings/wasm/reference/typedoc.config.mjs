/**
 * Configures typedoc, which writes the reference. Each entry point of the package gets a page. The list of entry points
 * comes from entries.mjs, so a new one needs no change in this file. Run by `cargo xtask docs`.
 */

import { ALONE, ENTRIES } from "../ts/entries.mjs";

/**
 * The entries to document. An entry with `.node` is left out, because it declares the same as the entry without
 * `.node`.
 */
const declared = Object.entries({ ...ENTRIES, ...ALONE }).filter(([name]) => !name.endsWith(".node"));

export default {
  name: "polar-license",
  readme: "none",
  entryPoints: declared.map(([, source]) => `../ts/src/${source}.ts`),
  tsconfig: "../ts/tsconfig.json",
  out: "../../../target/book/npm",
  excludeInternal: true,
  disableSources: true,
  validation: { notExported: false },
  hideGenerator: true,
};
