/**
 * The compiled engine: loads it, makes engines, and notices when one stops. A trap ends the instance with every engine in
 * it; whoever holds one sees that by `hasStopped` and makes a new one.
 */

import { failed, LicenseError } from "./error.js";
import { randomBytes } from "./random.js";
import type { Clock } from "./time.js";
import type { Decision, Failure } from "./types.js";
import type * as compiled from "./wasm-bindgen.js";

/** What an engine is made with; `bindings/wasm/src/engine.rs` describes it. */
export interface Parts {
  settings: string;
  device: string;
  system: string;
  ownPace: boolean;
}

/** The wall clock and the monotonic clock: the last arguments of the engine's methods. */
export type Now = [wall: number, mono: number];

/** Makes engines. */
export type Engines = (parts: Parts, clock: Clock) => Promise<Engine>;

/** What wasm-bindgen wrote for one instance. */
interface Glue extends WebAssembly.ModuleImports {
  __wbg_set_wasm(exports: object): void;
  Engine: typeof compiled.Engine;
}

interface Instance {
  glue: Glue;
  /** Whether it has trapped. */
  hasStopped: boolean;
}

/**
 * All engines of a module share an instance, and so the pace of requests. `newGlue` makes what wasm-bindgen wrote for it, anew
 * for each instance.
 */
export function enginesOf(module: WebAssembly.Module, newGlue: () => object): Engines {
  let shared: Promise<Instance> | undefined;
  return async (parts, clock) => {
    const known = shared;
    let instance = await known?.catch(() => undefined);
    if (!instance || instance.hasStopped) {
      // of several clients that notice at once, one makes the next for all
      if (shared === known) shared = instantiate(module, newGlue() as Glue);
      instance = (await shared) as Instance;
    }
    return new Engine(instance, parts, clock);
  };
}

/** An engine, which stops with its instance. */
export class Engine {
  readonly #instance: Instance;
  readonly #clock: Clock;
  readonly #compiled: compiled.Engine;
  #isFreed = false;

  constructor(instance: Instance, { settings, device, system, ownPace }: Parts, clock: Clock) {
    this.#instance = instance;
    this.#clock = clock;
    this.#compiled = this.#guarded(() => new instance.glue.Engine(settings, device, system, randomBytes(), ownPace));
  }

  get hasStopped(): boolean {
    return this.#instance.hasStopped;
  }

  /** What tells its record from others. */
  tags(): { product: string; device: string } {
    return this.call(({ product, device }) => ({ product, device }));
  }

  /** What `method` returns. Throws a `LicenseError`: what the engine has thrown, or `internal` if it has stopped. */
  call<T>(method: (engine: compiled.Engine, now: Now) => T): T {
    if (this.#isFreed) throw new LicenseError("internal", "the client was disposed");
    return this.#guarded(() => method(this.#compiled, [this.#clock.now(), this.#clock.monotonic()]));
  }

  /** Returns its memory. Nothing can be called afterwards. */
  free(): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    // a heap in which something has trapped is left as it is
    if (!this.hasStopped) this.#guarded(() => this.#compiled.free());
  }

  #guarded<T>(work: () => T): T {
    const instance = this.#instance;
    if (instance.hasStopped) throw new LicenseError("internal", "the licensing engine has stopped; try again");
    try {
      return work();
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure) throw errorOf(failure, null);
      instance.hasStopped = true;
      // the finalizers of its engines, which are yet to come, must not run on that heap either
      instance.glue.__wbg_set_wasm({ __wbg_engine_free: () => undefined });
      throw failed("internal", "the licensing engine has stopped", thrown);
    }
  }
}

export function errorOf(failure: Failure, decision: Decision | null, cause?: unknown): LicenseError {
  return new LicenseError(failure.kind, failure.detail, { ...failure, decision, cause });
}

async function instantiate(module: WebAssembly.Module, glue: Glue): Promise<Instance> {
  try {
    const { exports } = await WebAssembly.instantiate(module, { "./polar_license_wasm_bg.js": glue });
    glue.__wbg_set_wasm(exports);
    (exports as { __wbindgen_start(): void }).__wbindgen_start();
  } catch (error) {
    throw failed("internal", "the licensing engine does not start", error);
  }
  return { glue, hasStopped: false };
}

/** The engine throws its errors as plain objects; an `Error` is a trap, or a defect. */
function failureOf(thrown: unknown): Failure | undefined {
  return thrown instanceof Error ? undefined : (thrown as Partial<compiled.Thrown> | undefined)?.error;
}
