/**
 * Creates the engine with all its parts: the customer portal, and the operations with which this computer acts for
 * other computers. Its WebAssembly is part of the script.
 */

// @ts-expect-error the build creates this module from the output of wasm-bindgen
import { createGlue } from "#portal-glue";
// @ts-expect-error the build creates this module, which contains the WebAssembly as text
import { wasm } from "#portal-wasm";

import { embedded } from "../embedded.js";

export const inlined = /* @__PURE__ */ embedded(createGlue, wasm);
