/** The engine, compiled from the WebAssembly that this script contains. */

// @ts-expect-error the build creates this module from the output of wasm-bindgen
import { createGlue } from "#glue";
// @ts-expect-error the build creates this module, which contains the WebAssembly as text
import { wasm } from "#wasm";

import { embedded } from "./embedded.js";

export const inlined = /* @__PURE__ */ embedded(createGlue, wasm);
