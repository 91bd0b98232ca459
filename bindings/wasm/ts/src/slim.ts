/** The main entry, but with the WebAssembly as a separate file that the app names. */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#glue";

import { create, type LicenseOptions } from "./create.js";
import { type Engines, enginesOf } from "./engine.js";
import type { LicenseClient } from "./license.js";
import { compile, type WasmSource } from "./wasm.js";
import { web } from "./web.js";

export * from "./public.js";
export type { WasmSource } from "./wasm.js";

/** The options of the main entry, and the WebAssembly. */
export interface SlimLicenseOptions<Feature extends string = string> extends LicenseOptions<Feature> {
  /**
   * The file `polar-license/wasm`: its address, its bytes, a reply with it, or the module that a bundler made of it.
   */
  wasm: WasmSource | PromiseLike<WasmSource>;
}

let compiled: Promise<Engines> | undefined;

/**
 * Creates a client, and reads the license that is stored on this device. Sends no request to Polar: `refresh` does. The
 * WebAssembly is loaded at the first call and shared by later ones.
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
  return create(rest, web, engines);
}
