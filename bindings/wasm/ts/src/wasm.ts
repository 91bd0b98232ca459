/**
 * Compiles the engine from wherever the app has it. Says what to do where the page's policy forbids it.
 */

import { LicenseError, words } from "./error.js";
import { within } from "./time.js";

/** The file `polar-license/wasm`: its address, its bytes, a reply with it, or the module that a bundler made of it. */
export type WasmSource = URL | string | BufferSource | Response | WebAssembly.Module;

/** How long the file may take to arrive. */
const LOAD_LIMIT_MS = 30_000;

export async function compile(source: WasmSource | PromiseLike<WasmSource>): Promise<WebAssembly.Module> {
  // as in a browser whose user has locked it down
  if (typeof WebAssembly !== "object") throw notAllowed(new Error("there is none"));
  if (source == null) throw new LicenseError("invalid_config", "`wasm` is missing: give it the file `polar-license/wasm`");
  const given = await within(LOAD_LIMIT_MS, bytesOf(source), "it did not arrive in time").catch((error: unknown) => {
    const message = `the WebAssembly of polar-license could not be loaded (${words(error)})`;
    throw new LicenseError("network", message, { cause: error });
  });
  if (given instanceof WebAssembly.Module) return given;
  try {
    return await WebAssembly.compile(given);
  } catch (error) {
    throw notAllowed(error);
  }
}

/** What a page or a browser that forbids WebAssembly comes to. */
export function notAllowed(error: unknown): LicenseError {
  const advice = "a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src";
  const message = `WebAssembly does not run here; ${advice} (${words(error)})`;
  return new LicenseError("invalid_config", message, { cause: error });
}

async function bytesOf(source: WasmSource | PromiseLike<WasmSource>): Promise<BufferSource | WebAssembly.Module> {
  const given = await source;
  if (given instanceof WebAssembly.Module || given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return given;
  const response = typeof given === "string" || given instanceof URL ? await fetch(given) : given;
  if (!response.ok) throw new Error(`status ${response.status}`);
  return await response.arrayBuffer();
}
