import type { Module } from "./types/platform.cjs";

/**
 * The engine's WebAssembly, for `polar-license/slim`. Some bundlers, such as that of Cloudflare Workers, turn the file
 * into a module; this is the type of that module. To get the file's address instead, import `polar-license/wasm?url`,
 * or the form that your bundler uses.
 */
declare const wasm: Module;
export default wasm;
