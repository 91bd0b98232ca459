/**
 * Loads the compiled WebAssembly, creates engines in it, and notices when they stop. A trap stops an instance of the
 * WebAssembly together with every engine in it. Clients check `hasStopped`, and replace an engine that has stopped.
 */

import { errorFrom, errorOf, LicenseError } from "./error.js";
import { randomBytes } from "./random.js";
import type { Clock } from "./time.js";
import type { Decision, Explanation, Failure } from "./types.js";
import type * as compiled from "./wasm-bindgen.js";

/** The arguments for a new engine, described in `bindings/wasm/src/engine.rs`. */
export interface Parts {
  settings: string;
  device: string;
  system: string;
  ownPace: boolean;
  /** Creates an engine that acts for another device. Absent if the engine is for this device. */
  forAnother?: (Engine: typeof compiled.Engine, seed: Uint8Array) => compiled.Engine;
}

/** The tags that distinguish the engine's record from other records. */
export type Tags = { product: string; device: string };

/** The readings of the wall clock and of the monotonic clock. They are the last arguments of the engine's methods. */
export type Now = [wall: number, mono: number];

/** A function that creates an engine. */
export type Engines = (parts: Parts, clock: Clock) => Promise<Engine>;

/** The JavaScript that wasm-bindgen generates, evaluated for one instance of the WebAssembly. */
interface Glue extends WebAssembly.ModuleImports {
  __wbg_set_wasm(exports: object): void;
  Engine: typeof compiled.Engine;
}

interface Instance {
  glue: Glue;
  /** Whether the instance has trapped. */
  hasStopped: boolean;
}

/**
 * Returns a function that creates engines. All these engines share one instance of the module, and therefore also the
 * limit on how often requests may be sent. `newGlue` is called for each instance, and creates a new copy of
 * wasm-bindgen's JavaScript.
 */
export function enginesOf(module: WebAssembly.Module, newGlue: () => object): Engines {
  let shared: Promise<Instance> | undefined;
  return async (parts, clock) => {
    const known = shared;
    let instance = await known?.catch(() => undefined);
    if (!instance || instance.hasStopped) {
      // if several clients notice at the same time that the instance has stopped, only one of them creates the next
      // instance
      if (shared === known) shared = instantiate(module, newGlue() as Glue);
      instance = (await shared) as Instance;
    }
    return new Engine(instance, parts, clock);
  };
}

/**
 * An engine that runs in a WebAssembly instance. Several engines can share an instance. If the instance traps, all of
 * its engines stop.
 */
export class Engine {
  readonly #instance: Instance;
  readonly #clock: Clock;
  readonly #compiled: compiled.Engine;
  #isFreed = false;

  constructor(instance: Instance, { settings, device, system, ownPace, forAnother }: Parts, clock: Clock) {
    this.#instance = instance;
    this.#clock = clock;
    const { Engine } = instance.glue;
    const seed = randomBytes();
    this.#compiled = this.#guarded(
      () => forAnother?.(Engine, seed) ?? new Engine(settings, device, system, seed, ownPace),
    );
  }

  get hasStopped(): boolean {
    return this.#instance.hasStopped;
  }

  tags(): Tags {
    return this.call(({ product, device }) => ({ product, device }));
  }

  /** Returns `true` if the decision that `current` returned last still holds. */
  isCurrent(): boolean {
    return this.call((engine, now) => engine.isCurrent(...now));
  }

  /** Returns the decision at this instant. */
  current(): Decision {
    return this.call((engine, now) => engine.current(...now));
  }

  /** Returns the reason why a feature is on or off. */
  explain(feature: string): Explanation {
    return this.call((engine, now) => engine.explain(feature, ...now));
  }

  /**
   * Calls `method` and returns its result. Throws the engine's `LicenseError`, or a `LicenseError` of kind `internal`
   * if the engine has stopped or was freed.
   */
  call<T>(method: (engine: compiled.Engine, now: Now) => T): T {
    if (this.#isFreed) throw new LicenseError("internal", "the client was disposed");
    return this.#guarded(() => method(this.#compiled, [this.#clock.now(), this.#clock.monotonic()]));
  }

  /** Frees the engine's memory. Later calls throw. */
  free(): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    // after a trap, the heap must not be touched
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
      // After the trap, nothing may change the heap of this instance. The finalizers of its engines run later, and
      // would change the heap by calling `__wbg_engine_free`. So this function is replaced by one that does nothing.
      instance.glue.__wbg_set_wasm({ __wbg_engine_free: () => undefined });
      throw errorFrom("internal", "the licensing engine has stopped", thrown);
    }
  }
}

async function instantiate(module: WebAssembly.Module, glue: Glue): Promise<Instance> {
  try {
    const { exports } = await WebAssembly.instantiate(module, { "./polar_license_wasm_bg.js": glue });
    glue.__wbg_set_wasm(exports);
    (exports as { __wbindgen_start(): void }).__wbindgen_start();
  } catch (error) {
    throw errorFrom("internal", "the licensing engine does not start", error);
  }
  return { glue, hasStopped: false };
}

/**
 * Returns the failure if the engine has thrown one. A failure is a plain object. Returns `undefined` if `thrown` is an
 * `Error`, because an `Error` means a trap or a bug.
 */
function failureOf(thrown: unknown): Failure | undefined {
  return thrown instanceof Error ? undefined : (thrown as Partial<compiled.Thrown> | undefined)?.error;
}
