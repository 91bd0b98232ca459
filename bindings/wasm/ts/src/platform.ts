/**
 * Types of the platform, as the platform declares them. A program without the DOM's library and without Node's types,
 * such as one for an embedded engine, has none of them. There these types accept any object. Declares nothing globally.
 */

/** The instances of a global class, if there is one of this name. */
type Instance<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Found } } ? Found : object;

export type AbortSignal = Instance<"AbortSignal">;

export type Response = Instance<"Response">;

export type URL = Instance<"URL">;

/** The second argument of `fetch`. */
export type RequestInit = typeof globalThis extends { fetch(url: string, init?: infer Options): unknown } ? NonNullable<Options> : object;

/** A compiled WebAssembly module. */
export type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Found } } } ? Found : object;
