/**
 * The engine with the customer portal, from the bytes that are part of the script.
 */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#portal-glue";
// @ts-expect-error made by the build: the WebAssembly in base64
import { wasm } from "#portal-wasm";

import { embedded } from "../embedded.js";

export const inlined = /* @__PURE__ */ embedded(createGlue, wasm);
