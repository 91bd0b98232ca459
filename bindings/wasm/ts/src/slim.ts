/** The main entry point, without the engine's WebAssembly. The app passes the WebAssembly as a separate file. */

// @ts-expect-error the build generates this module from the output of wasm-bindgen
import { createGlue } from "#glue";

import { create, type LicenseOptions } from "./create.js";
import { type Engines, enginesOf } from "./engine.js";
import type { LicenseClient } from "./license.js";
import { outlookStore } from "./outlook-store.js";
import { compile, type WasmSource } from "./wasm.js";
import { web } from "./web.js";

export * from "./public.js";
export type { WasmSource } from "./wasm.js";

/** The options of the main entry, and the WebAssembly. */
export interface SlimLicenseOptions<Feature extends string = string> extends LicenseOptions<Feature> {
  /**
   * The file `polar-license/wasm`. Pass its address, its bytes, a `Response` that contains it, or the module that a
   * bundler made from it.
   */
  wasm: WasmSource | PromiseLike<WasmSource>;
}

let compiled: Promise<Engines> | undefined;

/**
 * Creates a client, and reads the license that is stored on this device. Does not wait for Polar. The automatic refresh
 * asks Polar in the background; call `refresh` to wait for the answer. The WebAssembly is compiled once, and all
 * clients share it.
 *
 * The client also stores its decisions for the next time the page is loaded. So from the second load on, the page can
 * show the license at once. The client then loads the WebAssembly later: when the browser is idle, or when an operation
 * needs the engine.
 */
export function createLicenseClient<Feature extends string = string>(
  options: SlimLicenseOptions<Feature>,
): Promise<LicenseClient<Feature>> {
  const { wasm, ...rest } = options ?? {};
  const engines = (): Promise<Engines> => {
    compiled ??= compile(wasm).then((module) => enginesOf(module, () => createGlue(globalThis)));
    compiled.catch(() => {
      compiled = undefined;
    });
    return compiled;
  };
  return create(rest, web, engines, outlookStore);
}
