/**
 * The compiled engine: loads it, makes engines, and survives their death. A trap ends the instance with every engine in
 * it; whoever holds one learns that by an `internal` error and takes a new one from `Engines.make`.
 */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#glue";

import { LicenseError, words } from "./error.js";
import type { Deactivated, Decision, ErrorCode, Reason } from "./types.js";

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

/** What wasm-bindgen makes of `bindings/wasm/src/engine.rs`, which says what each does. */
interface RawEngine {
  start(settings: string, device: string, system: string, seed: Uint8Array, ownPace: boolean): string;
  begin(operation: string, wall: number, mono: number): string;
  merge(number: number, stored: Uint8Array | undefined, readable: boolean, wall: number, mono: number): Uint8Array;
  resume(number: number, answer: string, body: Uint8Array, wall: number, mono: number): string;
  hasEnded(number: number): boolean | undefined;
  current(wall: number, mono: number): string;
  allows(feature: string, wall: number, mono: number): boolean | undefined;
}

/** What wasm-bindgen wrote for one instance. */
interface Glue {
  __wbg_get_imports(): WebAssembly.Imports;
  __wbg_finalize_init(instance: WebAssembly.Instance, module: WebAssembly.Module): unknown;
  LicenseEngine: new () => RawEngine;
}

const NOTHING = new Uint8Array();

/** The engine behind its boundary of JSON and bytes. */
function engineOf(raw: RawEngine, { settings, device, system, ownPace }: Parts): Engine {
  const seed = crypto.getRandomValues(new Uint8Array(16));
  const started = raw.start(settings, device, system, seed, ownPace);
  const { product, device: tag } = read<{ product: string; device: string }>(started);
  const begin = (operation: object, wall: number, mono: number): Step =>
    read(raw.begin(JSON.stringify(operation), wall, mono));
  const resume = (number: number, answer: object, body: Uint8Array, wall: number, mono: number): Step =>
    read(raw.resume(number, JSON.stringify(answer), body, wall, mono));
  return {
    tags: () => [product, tag],
    open: (...now) => begin({ do: "open" }, ...now),
    validate: (...now) => begin({ do: "validate" }, ...now),
    refresh: (unattended, woken, ...now) =>
      begin({ do: "refresh", patience: unattended ? (woken ? "woken" : "full") : "short" }, ...now),
    consume: (count, ...now) => begin({ do: "consume", count }, ...now),
    activate: (key, replacePrevious, ...now) => begin({ do: "activate", key, replacePrevious }, ...now),
    deactivate: (...now) => begin({ do: "deactivate" }, ...now),
    forget: (...now) => begin({ do: "forget" }, ...now),
    merge: (...args) => {
      const bytes = raw.merge(...args);
      const what = known(bytes[0]);
      if (what === 0) return { change: "keep" };
      if (what === 1) return { change: "remove" };
      return { change: "put", record: bytes.slice(1), durable: what === 3 };
    },
    stored: (number, problem, ...now) => resume(number, { problem }, NOTHING, ...now),
    replied: (number, status, retryAfter, body, ...now) => resume(number, { status, retryAfter }, body, ...now),
    failed: (number, failure, sent, message, ...now) => resume(number, { failure, sent, message }, NOTHING, ...now),
    hasEnded: (number) => known(raw.hasEnded(number)),
    joined: (number, cancelled, ...now) => resume(number, { cancelled }, NOTHING, ...now),
    current: (...now) => read(raw.current(...now)),
    allows: (feature, ...now) => known(raw.allows(feature, ...now)),
  };
}

/** What a text of the engine's says, unless it is an error. */
function read<T>(text: string): T {
  const said = JSON.parse(text) as T & { error?: Failure };
  if (said.error) throw errorOf(said.error, null);
  return said;
}

/** What only a defect leaves out. */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new LicenseError("internal", "no operation waits for that");
  return value;
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
    const make = (): Engine => engineOf(new instance.glue.LicenseEngine(), parts);
    return new LivingEngine(instance, instance.run(make));
  }

  /** An instance that has not trapped. Of several clients that notice at once, one makes the next for all. */
  async #living(): Promise<Instance> {
    const known = this.#instance;
    const instance = await known?.catch(() => undefined);
    if (instance && !instance.dead) return instance;
    if (!this.#instance || this.#instance === known) this.#instance = instantiate(this.#module);
    return this.#instance;
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
      if (thrown instanceof LicenseError) throw thrown;
      this.dead = true;
      throw new LicenseError("internal", `the licensing engine has stopped (${words(thrown)})`, { cause: thrown });
    }
  }
}

async function instantiate(module: WebAssembly.Module): Promise<Instance> {
  const glue = createGlue() as Glue;
  try {
    const instance = await WebAssembly.instantiate(module, glue.__wbg_get_imports());
    glue.__wbg_finalize_init(instance, module);
  } catch (error) {
    throw new LicenseError("internal", `the licensing engine does not start (${words(error)})`, { cause: error });
  }
  return new Instance(glue);
}

export function errorOf(failure: Failure, decision: Decision | null, cause?: unknown): LicenseError {
  return new LicenseError(failure.kind, failure.message, { ...failure, decision, cause });
}
