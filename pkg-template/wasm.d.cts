/**
 * The engine's WebAssembly, for `polar-license/slim`: what bundlers that know WebAssembly modules make of it, such as that
 * of Cloudflare Workers. Where an address is wanted instead: `polar-license/wasm?url`, or however your bundler has it.
 */
declare const wasm: WebAssembly.Module;
export default wasm;
