/**
 * What the engine holds for objects of the app's, by numbers: tokens, license keys, secrets of checkouts. None of it is in the
 * objects themselves. It is wiped when its object is gone.
 */

import type { Engine } from "../engine.js";
import { LicenseError } from "../error.js";
import type * as compiled from "../wasm-bindgen-portal.js";

/** The right to use what an engine holds. */
export class Handle {
  readonly #engine: Engine;
  readonly #number: number;

  constructor(engine: Engine, number: number) {
    this.#engine = engine;
    this.#number = number;
    finished.register(this, () => {
      try {
        engine.call((engine) => (engine as compiled.Engine).letGo(number));
      } catch {
        // the engine has ended, and its memory with it
      }
    });
  }

  /** Its number for this engine. */
  of(engine: Engine): number {
    if (this.#engine === engine) return this.#number;
    throw new LicenseError("invalid_argument", "this is another client's, or from before the engine was restarted; begin again");
  }
}

const finished = new FinalizationRegistry<() => void>((letGo) => letGo());

const handles = new WeakMap<object, Handle>();

/** An object of the app's that stands for what the engine holds. */
export function standsFor<Shown extends object>(shown: Shown, handle: Handle): Shown {
  handles.set(shown, handle);
  return shown;
}

/** What an object of the app's stands for; `name` is that of the argument. */
export function handleOf(shown: unknown, name: string): Handle {
  const handle = typeof shown === "object" && shown !== null ? handles.get(shown) : undefined;
  if (handle) return handle;
  throw new LicenseError("invalid_argument", `\`${name}\` must be an object that the customer portal has returned, not a copy`);
}
