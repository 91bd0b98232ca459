/**
 * The compiled engine: loads it, makes engines, and survives their death. A trap ends the instance with every engine in
 * it; whoever holds one learns that by an `internal` error and takes a new one from `Engines.make`.
 */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#glue";

import { LicenseError, words } from "./error.js";
import type { Deactivated, Decision, ErrorCode, Reason } from "./types.js";
import { notAllowed } from "./wasm.js";

/** What the driver does next. */
export type Step =
  | { do: "store"; number: number }
  | { do: "send"; number: number; notBefore: number; url: string; body: string; timeoutMs: number }
  | { do: "join"; number: number; until: number }
  | ({ do: "done" } & Outcome);

/** How an operation ended. */
export interface Outcome {
  /** The decision, and the error where the operation failed. */
  decision: Decision & { error?: Failure };
  deactivated: Deactivated | null;
  /** Whether listeners want to know. */
  changed: boolean;
  /** When to refresh next, in ms of the monotonic clock. */
  wakeAt: number | null;
}

export interface Failure {
  kind: ErrorCode;
  reason: Reason | null;
  message: string;
  retryAfterMs: number | null;
  maybeApplied: boolean;
}

/** What to do with the stored record. */
export type Change = { change: "keep" } | { change: "put"; record: Uint8Array; durable: boolean } | { change: "remove" };

/** `bindings/wasm/src/engine.rs`, which says what each does. */
export interface Engine {
  tags(): [product: string, device: string];
  open(wall: number, mono: number): Step;
  validate(wall: number, mono: number): Step;
  refresh(unattended: boolean, woken: boolean, wall: number, mono: number): Step;
  consume(count: number, wall: number, mono: number): Step;
  activate(key: string | undefined, replacePrevious: boolean, wall: number, mono: number): Step;
  deactivate(wall: number, mono: number): Step;
  forget(wall: number, mono: number): Step;
  merge(number: number, stored: Uint8Array | undefined, readable: boolean, wall: number, mono: number): Change;
  stored(number: number, problem: string | undefined, wall: number, mono: number): Step;
  replied(
    number: number,
    status: number,
    retryAfter: number | undefined,
    body: Uint8Array,
    wall: number,
    mono: number,
  ): Step;
  failed(number: number, failure: string, sent: boolean, message: string, wall: number, mono: number): Step;
  hasEnded(number: number): boolean;
  joined(number: number, cancelled: boolean, wall: number, mono: number): Step;
  current(wall: number, mono: number): Decision;
  allows(feature: string, wall: number, mono: number): boolean;
}

/** What an engine is made with. */
export interface Parts {
  settings: string;
  device: string;
  system: string;
  /** Whether requests leave at a pace of their own: for clients whose clock is not that of the others. */
  ownPace: boolean;
}

interface Glue {
  initSync(from: { module: WebAssembly.Module }): void;
  default(from: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  LicenseEngine: new (settings: string, device: string, system: string, seed: Uint8Array, ownPace: boolean) => Engine;
}

/** Makes engines. All of a page share one instance, so that they share the pace of requests too. */
export class Engines {
  readonly #module: WebAssembly.Module;
  #instance: Promise<Instance> | undefined;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  async make(parts: Parts): Promise<LivingEngine> {
    const instance = await this.#living();
    const { settings, device, system, ownPace } = parts;
    const seed = crypto.getRandomValues(new Uint8Array(16));
    const make = (): Engine => new instance.glue.LicenseEngine(settings, device, system, seed, ownPace);
    return new LivingEngine(instance, instance.run(make));
  }

  /** The instance that all share; another one after it died, and after one that did not come to life. */
  async #living(): Promise<Instance> {
    for (;;) {
      const shared = (this.#instance ??= instantiate(this.#module));
      const instance = await shared.catch(() => undefined);
      if (instance && !instance.dead) return instance;
      // whoever comes first takes it away
      if (this.#instance === shared) this.#instance = undefined;
      if (!instance) await shared;
    }
  }
}

/** An engine, and whether the instance that it lives in has trapped. */
export class LivingEngine {
  readonly #instance: Instance;
  readonly #engine: Engine;

  constructor(instance: Instance, engine: Engine) {
    this.#instance = instance;
    this.#engine = engine;
  }

  get dead(): boolean {
    return this.#instance.dead;
  }

  /** Calls the engine. Throws a `LicenseError`, `internal` after a trap. */
  call<T>(work: (engine: Engine) => T): T {
    return this.#instance.run(() => work(this.#engine));
  }
}

class Instance {
  dead = false;

  constructor(readonly glue: Glue) {}

  run<T>(work: () => T): T {
    if (this.dead) throw new LicenseError("internal", "the licensing engine has stopped; try again");
    try {
      return work();
    } catch (thrown) {
      const failure = (thrown as { error?: Failure } | null | undefined)?.error;
      if (failure) throw errorOf(failure, null);
      this.dead = true;
      throw new LicenseError("internal", `the licensing engine has stopped (${words(thrown)})`, { cause: thrown });
    }
  }
}

async function instantiate(module: WebAssembly.Module): Promise<Instance> {
  const glue = createGlue() as Glue;
  try {
    await glue.default({ module_or_path: module });
  } catch (error) {
    throw notAllowed(error);
  }
  return new Instance(glue);
}

export function errorOf(failure: Failure, decision: Decision | null, cause?: unknown): LicenseError {
  return new LicenseError(failure.kind, failure.message, { ...failure, decision, cause });
}
