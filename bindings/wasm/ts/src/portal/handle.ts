/**
 * Handles for secrets: tokens, license keys and the secrets of checkouts. The secrets stay in the engine or in another
 * process, and the app's objects contain only handles. Once the app's objects for a reply have been garbage-collected,
 * the secrets of that reply are wiped.
 */

import { LicenseError } from "../error.js";

/** The place that keeps a reply's values: an engine, or the connection to another process. */
export type Holder = object;

/**
 * A reply of the portal. Its values stay in an engine or in another process, which wipes them after this object has
 * been garbage-collected.
 */
export class HeldReply {
  readonly #holder: Holder;

  constructor(holder: Holder, release: () => void) {
    this.#holder = holder;
    finished.register(this, release);
  }

  /** Returns a handle for the value that has this number in the reply. */
  handle(number: number): Handle {
    return { of: (holder) => this.#numberFor(holder, number) };
  }

  #numberFor(holder: Holder, number: number): number {
    if (this.#holder === holder) return number;
    throw new LicenseError("invalid_argument", "this is another client's, or from before the engine was restarted; begin again");
  }
}

/**
 * Permission to use a value that an engine or another process holds. The value is kept for as long as this object
 * exists.
 */
export interface Handle {
  /** Returns the number that identifies the value in `holder`. Throws if `holder` does not have the value. */
  of(holder: Holder): number;
}

const finished = new FinalizationRegistry<() => void>((release) => release());

const handles = new WeakMap<object, Handle>();

/**
 * Links `shown`, an object that the app receives, to `handle`, so that `handleOf` finds the handle. Returns `shown`.
 */
export function standsFor<Shown extends object>(shown: Shown, handle: Handle): Shown {
  handles.set(shown, handle);
  return shown;
}

/** Returns the handle of an object that the app has passed. `name` is the name of the argument. */
export function handleOf(shown: unknown, name: string): Handle {
  const handle = typeof shown === "object" && shown !== null ? handles.get(shown) : undefined;
  if (handle) return handle;
  throw new LicenseError("invalid_argument", `\`${name}\` must be an object that the customer portal has returned, not a copy`);
}
