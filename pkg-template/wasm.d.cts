/**
 * The engine's WebAssembly, for `polar-license/slim`: what bundlers with support for WebAssembly modules (Cloudflare
 * Workers) import. Where an address is wanted instead: `polar-license/wasm?url`, or `new URL(…)`, as your bundler has it.
 */
declare const wasm: WebAssembly.Module;
export default wasm;
