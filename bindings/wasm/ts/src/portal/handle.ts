/**
 * Handles of what stays elsewhere: tokens, license keys, secrets of checkouts. The app's objects contain none of it. The
 * values of a reply are wiped when all objects that stand for one of them are gone.
 */

import { LicenseError } from "../error.js";

/** The holder of a reply's values: an engine, or the connection to another process. */
export type Holder = object;

/** A reply whose values a holder keeps until this object is gone. */
export class HeldReply {
  readonly #holder: Holder;

  constructor(holder: Holder, release: () => void) {
    this.#holder = holder;
    finished.register(this, release);
  }

  /** The right to use one of its values. */
  handle(number: number): Handle {
    return { of: (holder) => this.#numberFor(holder, number) };
  }

  #numberFor(holder: Holder, number: number): number {
    if (this.#holder === holder) return number;
    throw new LicenseError("invalid_argument", "this is another client's, or from before the engine was restarted; begin again");
  }
}

/** The right to use a value, which lasts as long as this object. */
export interface Handle {
  /** Its number for this holder. */
  of(holder: Holder): number;
}

const finished = new FinalizationRegistry<() => void>((release) => release());

const handles = new WeakMap<object, Handle>();

/** An object of the app's that stands for a value. */
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
