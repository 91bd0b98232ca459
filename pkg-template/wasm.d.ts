import type { Module } from "./types/platform.cjs";

/**
 * The engine's WebAssembly, for `polar-license/slim`: the module that some bundlers make of it, such as that
 * of Cloudflare Workers. For an address instead: `polar-license/wasm?url`, or however your bundler has it.
 */
declare const wasm: Module;
export default wasm;
