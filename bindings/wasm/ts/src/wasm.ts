/**
 * Compiles the engine from wherever the app has it. The error says what to do if the page's policy forbids it.
 */

import { failed, LicenseError } from "./error.js";
import type { Response, URL } from "./platform.js";
import { within } from "./time.js";

/**
 * The file `polar-license/wasm`: its address, its bytes, a reply with it, or the `WebAssembly.Module` that a bundler made
 * of it, which programs without the DOM's types have no name for.
 */
export type WasmSource = URL | string | ArrayBuffer | ArrayBufferView | Response | object;

/** How long the file may take to arrive. */
const LOAD_LIMIT_MS = 30_000;

/** @internal */
export async function compile(source: WasmSource | PromiseLike<WasmSource>): Promise<WebAssembly.Module> {
  // as in a browser whose user has locked it down
  if (!globalThis.WebAssembly) throw notAllowed(new Error("there is none"));
  if (source == null) throw new LicenseError("invalid_config", "`wasm` is missing: give it the file `polar-license/wasm`");
  const loaded = await within(LOAD_LIMIT_MS, bytesOf(source), tooLate).catch((error: unknown) => {
    throw failed("network", "the WebAssembly of polar-license could not be loaded", error);
  });
  if (loaded instanceof WebAssembly.Module) return loaded;
  return WebAssembly.compile(loaded).catch((error: unknown) => {
    throw notAllowed(error);
  });
}

function tooLate(): never {
  throw new Error("it did not arrive in time");
}

/** The error for a page or a browser that forbids WebAssembly, or for a Worker of a server, which compiles nothing itself. */
function notAllowed(error: unknown): LicenseError {
  const isPage = "document" in globalThis || "importScripts" in globalThis;
  const advice = isPage
    ? "a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src"
    : "in a Worker use `polar-license/slim`, with the module that the bundler makes of `polar-license/wasm`";
  return failed("invalid_config", `WebAssembly does not run here; ${advice}`, error);
}

async function bytesOf(source: WasmSource | PromiseLike<WasmSource>): Promise<BufferSource | WebAssembly.Module> {
  const named = await source;
  const found = typeof named === "string" || named instanceof URL ? await fetch(named) : named;
  if (typeof Response !== "function" || !(found instanceof Response)) return found as BufferSource | WebAssembly.Module;
  if (!found.ok) throw new Error(`status ${found.status}`);
  return found.arrayBuffer();
}
