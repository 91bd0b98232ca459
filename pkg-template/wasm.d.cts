import type { Module } from "./types/platform.cjs";

/** As `wasm.d.ts` says, for CommonJS. */
declare const wasm: Module;
export default wasm;
