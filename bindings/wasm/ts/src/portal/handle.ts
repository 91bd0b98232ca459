/**
 * Handles of what stays in the engine: tokens, license keys, secrets of checkouts. The app's objects contain none of it. The
 * engine wipes the values of a reply when all objects that stand for one of them are gone.
 */

import type { Engine } from "../engine.js";
import { LicenseError } from "../error.js";
import type * as compiled from "../wasm-bindgen-portal.js";

/** A reply whose values an engine holds. */
export class HeldReply {
  readonly #engine: Engine;

  constructor(engine: Engine, number: number) {
    this.#engine = engine;
    finished.register(this, () => {
      try {
        engine.call((engine) => (engine as compiled.Engine).releaseReply(number));
      } catch {
        // the engine has ended, and its memory with it
      }
    });
  }

  /** The right to use one of its values. */
  handle(number: number): Handle {
    return { of: (engine) => this.#numberFor(engine, number) };
  }

  #numberFor(engine: Engine, number: number): number {
    if (this.#engine === engine) return number;
    throw new LicenseError("invalid_argument", "this is another client's, or from before the engine was restarted; begin again");
  }
}

/** The right to use what an engine holds, which lasts as long as this object. */
export interface Handle {
  /** Its number for this engine. */
  of(engine: Engine): number;
}

const finished = new FinalizationRegistry<() => void>((release) => release());

const handles = new WeakMap<object, Handle>();

/** An object of the app's that stands for what the engine holds. */
export function standsFor<Shown extends object>(shown: Shown, handle: Handle): Shown {
  handles.set(shown, handle);
  return shown;
}

/** Returns the handle of an object that the app passes. `name` is that of the argument. */
export function handleOf(shown: unknown, name: string): Handle {
  const handle = typeof shown === "object" && shown !== null ? handles.get(shown) : undefined;
  if (handle) return handle;
  throw new LicenseError("invalid_argument", `\`${name}\` must be an object that the customer portal has returned, not a copy`);
}
