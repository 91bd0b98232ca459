/** Creates the engine with the customer portal. Its WebAssembly is part of the script. */

// @ts-expect-error created by the build from the output of wasm-bindgen
import { createGlue } from "#portal-glue";
// @ts-expect-error created by the build: the WebAssembly as text
import { wasm } from "#portal-wasm";

import { embedded } from "../embedded.js";

export const inlined = /* @__PURE__ */ embedded(createGlue, wasm);
