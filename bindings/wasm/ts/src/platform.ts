/**
 * The platform's types, such as `AbortSignal`. They are the global types of the program that imports this package. If
 * that program is compiled without such global types, for example for an embedded JavaScript engine, each type in this
 * file accepts any object. This file declares nothing globally.
 */

/** The type of the instances of a global class; `object` if there is no global class of this name. */
type Instance<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Found } } ? Found : object;

export type AbortSignal = Instance<"AbortSignal">;

export type Response = Instance<"Response">;

export type URL = Instance<"URL">;

/** The type of the second argument of `fetch`. */
export type RequestInit = typeof globalThis extends { fetch(url: string, init?: infer Options): unknown } ? NonNullable<Options> : object;

/** The type of a compiled WebAssembly module. */
export type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Found } } } ? Found : object;
