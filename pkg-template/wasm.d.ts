import type { Module } from "./types/platform.cjs";

/**
 * The engine's WebAssembly, for `polar-license/slim`: the module that some bundlers make of it, such as that of
 * Cloudflare Workers. For its address, import `polar-license/wasm?url`, or the form that your bundler uses.
 */
declare const wasm: Module;
export default wasm;
