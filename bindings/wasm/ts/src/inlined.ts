/** The engine, compiled from the WebAssembly that this script contains. */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#glue";
// @ts-expect-error made by the build: the WebAssembly in base64
import { wasm } from "#wasm";

import { embedded } from "./embedded.js";

export const inlined = /* @__PURE__ */ embedded(createGlue, wasm);
