/**
 * The engine from the bytes that are part of the script, compiled once.
 */

// @ts-expect-error made by the build: the WebAssembly in base64
import { wasm } from "#wasm";

import { type Engines, enginesOf } from "./engine.js";
import { utf8 } from "./utf8.js";
import { compile } from "./wasm.js";

let compiled: Promise<Engines> | undefined;

export function inlined(): Promise<Engines> {
  const load = async (): Promise<Engines> => {
    const bytes = Uint8Array.from(atob(wasm as string), (letter) => letter.charCodeAt(0));
    return enginesOf(await compile(bytes), utf8());
  };
  compiled ??= load();
  compiled.catch(() => {
    compiled = undefined;
  });
  return compiled;
}
