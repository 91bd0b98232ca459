/**
 * Compiles the engine. The WebAssembly comes from the app, or from one of this package's entry points. If compiling
 * fails, the error has a sentence for the user, and a detail with the cause for the developer. The cause may be that
 * the runtime has no WebAssembly, that a security policy forbids it, that the file is not the engine, or that the
 * browser is too old.
 */

import { errorFrom, LicenseError, words } from "./error.js";
import type { Response, URL } from "./platform.js";
import { within } from "./time.js";

/**
 * The file `polar-license/wasm`: its address, its bytes, a `Response` that contains it, or the `WebAssembly.Module`
 * that a bundler made from it. The module has the type `object` here, because a program that is compiled without the
 * DOM's types has no type `WebAssembly.Module`.
 */
export type WasmSource = URL | string | ArrayBuffer | ArrayBufferView | Response | object;

/** The time limit for loading the WebAssembly file. */
const LOAD_LIMIT_MS = 30_000;

/** @internal */
export async function compile(source: WasmSource | PromiseLike<WasmSource>): Promise<WebAssembly.Module> {
  if (!globalThis.WebAssembly) {
    throw new LicenseError("unsupported", "there is no WebAssembly here: the browser is too old, or locked down by its user");
  }
  if (source == null) throw new LicenseError("invalid_config", "`wasm` is missing: give it the file `polar-license/wasm`");
  const loaded = await within(LOAD_LIMIT_MS, bytesOf(source), tooLate).catch((error: unknown) => {
    throw errorFrom("network", "the WebAssembly of polar-license could not be loaded", error);
  });
  if (loaded instanceof WebAssembly.Module) return loaded;
  return WebAssembly.compile(loaded).catch((error: unknown) => {
    throw notCompiled(loaded, error);
  });
}

function tooLate(): never {
  throw new Error("it did not arrive in time");
}

/**
 * Matches the error messages with which JavaScript engines refuse to compile WebAssembly because of a policy, such as
 * the page's Content-Security-Policy.
 */
const FORBIDDEN = /content.security.policy|\bcsp\b|unsafe-eval|disallowed by embedder/i;

function notCompiled(bytes: BufferSource, error: unknown): LicenseError {
  if (!isWebAssembly(bytes)) return errorFrom("invalid_config", "`wasm` does not name the file `polar-license/wasm`", error);
  const isForbidden = FORBIDDEN.test(words(error));
  const isPage = "document" in globalThis || "importScripts" in globalThis;
  if (isForbidden && isPage) {
    const what = "the Content-Security-Policy of this page forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src";
    return errorFrom("unsupported", what, error);
  }
  if (isForbidden) {
    const what =
      "WebAssembly cannot be compiled here: in a Worker use `polar-license/slim`, with the module that the bundler makes of `polar-license/wasm`";
    return errorFrom("invalid_config", what, error);
  }
  return errorFrom("unsupported", "the WebAssembly of polar-license does not compile here: the browser may be too old", error);
}

/** Returns `true` if the bytes begin with the header of a WebAssembly file. */
function isWebAssembly(bytes: BufferSource): boolean {
  try {
    const { buffer, byteOffset } = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
    return String.fromCharCode(...new Uint8Array(buffer, byteOffset, 4)) === "\0asm";
  } catch {
    return false;
  }
}

async function bytesOf(source: WasmSource | PromiseLike<WasmSource>): Promise<BufferSource | WebAssembly.Module> {
  const named = await source;
  const found = typeof named === "string" || named instanceof URL ? await fetch(named) : named;
  if (typeof Response !== "function" || !(found instanceof Response)) return found as BufferSource | WebAssembly.Module;
  if (!found.ok) throw new Error(`status ${found.status}`);
  return found.arrayBuffer();
}
