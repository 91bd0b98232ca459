/**
 * Types of the platform as it declares them: a program without the DOM's library and without Node's types, such as one for
 * an engine that is embedded, has none of them, and takes whatever object is given. Declares nothing globally.
 */

/** The instances of a global class, if there is one of this name. */
type Instance<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Found } } ? Found : object;

export type AbortSignal = Instance<"AbortSignal">;

export type Response = Instance<"Response">;

export type URL = Instance<"URL">;

/** What `fetch` takes besides an address. */
export type RequestInit = typeof globalThis extends { fetch(url: string, init?: infer Options): unknown } ? NonNullable<Options> : object;

/** A compiled WebAssembly. */
export type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Found } } } ? Found : object;
