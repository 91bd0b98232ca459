/** Compiles the engine from WebAssembly in base64, once for all clients. */

import { type Engines, enginesOf } from "./engine.js";
import { type Codec, utf8 } from "./utf8.js";
import { compile } from "./wasm.js";

/**
 * Returns a function that compiles the engine at its first call. Later calls share the compiled engine. If compiling
 * fails, the next call tries again.
 */
export function embedded(createGlue: (codec: Codec) => object, wasm: string): () => Promise<Engines> {
  let compiled: Promise<Engines> | undefined;
  const load = async (): Promise<Engines> => {
    const bytes = Uint8Array.from(atob(wasm), (letter) => letter.charCodeAt(0));
    return enginesOf(await compile(bytes), () => createGlue(utf8()));
  };
  return () => {
    compiled ??= load();
    compiled.catch(() => {
      compiled = undefined;
    });
    return compiled;
  };
}
