/** Compiles the engine, once for all clients, from WebAssembly that a script contains. */

import { type Ascii, decode } from "./ascii.js";
import { type Engines, enginesOf } from "./engine.js";
import { type Codec, utf8 } from "./utf8.js";
import { compile } from "./wasm.js";

/**
 * Returns a function that compiles the engine when it is first called. Later calls share the compiled engine. If
 * compiling fails, the next call tries again.
 */
export function embedded(createGlue: (codec: Codec) => object, wasm: Ascii): () => Promise<Engines> {
  let compiled: Promise<Engines> | undefined;
  const load = async (): Promise<Engines> => enginesOf(await compile(decode(wasm)), () => createGlue(utf8()));
  return () => {
    compiled ??= load();
    compiled.catch(() => {
      compiled = undefined;
    });
    return compiled;
  };
}
