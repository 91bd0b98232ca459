/**
 * The compiled engine: loads it, makes engines, and survives their death. A trap ends the instance with every engine in
 * it; whoever holds one learns that by an `internal` error and takes a new one from `Engines.make`.
 */

// @ts-expect-error made by the build from what wasm-bindgen writes
import { createGlue } from "#glue";

import { failed, LicenseError } from "./error.js";
import { random } from "./random.js";
import type { Clock } from "./time.js";
import type { Answer } from "./transport.js";
import type { Deactivated, Decision, ErrorCode, Reason } from "./types.js";

/** What an app or a timer wants. */
export type Operation =
  | { do: "open" | "validate" | "deactivate" | "forget" }
  | { do: "refresh"; patience: "short" | "full" | "woken" }
  | { do: "consume"; count: number }
  | { do: "activate"; key: string | null | undefined; replacePrevious: boolean | undefined };

/** What the driver does next. */
export type Step = { number: number } & (
  | { do: "store" }
  | { do: "send"; notBefore: number; url: string; body: string; timeoutMs: number }
  | { do: "join"; until: number }
  | ({ do: "done" } & Outcome)
);

/** What came of a step: of a request, of the store, or of a join. */
export interface Result extends Answer {
  problem?: string;
  cancelled?: boolean;
}

/** What to do with the stored record. */
export type Change = { change: "keep" | "remove" } | { change: "put"; durable: boolean; record: Uint8Array };

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

/** What an engine is made with; `Session::start` in `src/engine/json.rs` says more. */
export interface Parts {
  settings: string;
  device: string;
  system: string;
  /** Whether requests leave at a pace of their own: for clients whose clock is not that of the others. */
  ownPace: boolean;
}

/** What tells the engine's record from others. */
export interface Tags {
  product: string;
  device: string;
}

/** What wasm-bindgen wrote for one instance. */
interface Glue extends WebAssembly.ModuleImports {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  /** `bindings/wasm/src/engine.rs` says what it does. */
  ask(engine: number, question: Uint8Array, wall: number, mono: number): Uint8Array;
}

interface Instance {
  glue: Glue;
  /** How many engines are in it. */
  engines: number;
  /** Whether it has trapped. */
  dead: boolean;
}

/** An engine, which dies with its instance. */
export interface Engine {
  instance: Readonly<Instance>;
  tags: Tags;
  /** What `Session::ask` in `src/engine/json.rs` answers. Throws a `LicenseError`, `internal` after a trap. */
  ask: Ask;
}

interface Ask {
  (question: { do: "current" }): Decision;
  (question: { do: "merge"; number: number; unreadable?: boolean }, stored?: Uint8Array): Change;
  (question: Operation | ({ do: "resume"; number: number } & Omit<Result, "body" | "cause">), body?: Uint8Array): Step;
}

/** Makes engines. */
export type Engines = (parts: Parts, clock: Clock) => Promise<Engine>;

/**
 * How many engines share an instance, and so the pace of requests. They stay as long as it does; with a bound, a server
 * that makes a client for each request does not grow for ever, as an instance without clients is collected.
 */
const MOST_ENGINES = 1_000;

export function enginesOf(module: WebAssembly.Module): Engines {
  let shared: Promise<Instance> | undefined;
  return async (parts, clock) => {
    const known = shared;
    let instance = await known?.catch(() => undefined);
    if (!instance || instance.dead || instance.engines >= MOST_ENGINES) {
      // of several clients that notice at once, one makes the next for all
      if (shared === known) shared = instantiate(module);
      instance = (await shared) as Instance;
    }
    return engineOf(instance, parts, clock);
  };
}

async function instantiate(module: WebAssembly.Module): Promise<Instance> {
  const glue = createGlue() as Glue;
  try {
    const { exports } = await WebAssembly.instantiate(module, { "./polar_license_wasm_bg.js": glue });
    glue.__wbg_set_wasm(exports);
    // only where the standard library came ready-made
    (exports as { __wbindgen_start?: () => void }).__wbindgen_start?.();
  } catch (error) {
    throw failed("internal", "the licensing engine does not start", error);
  }
  return { glue, engines: 0, dead: false };
}

function engineOf(instance: Instance, parts: Parts, clock: Clock): Engine {
  const number = instance.engines;
  const ask = (question: object, bytes?: Uint8Array) => {
    if (instance.dead) throw new LicenseError("internal", "the licensing engine has stopped; try again");
    const text = new TextEncoder().encode(JSON.stringify(question));
    const asked = bytes ? new Uint8Array([...text, 0, ...bytes]) : text;
    let answer;
    try {
      const said = instance.glue.ask(number, asked, clock.now(), clock.monotonic());
      const end = said.indexOf(0);
      answer = JSON.parse(new TextDecoder().decode(end < 0 ? said : said.subarray(0, end)));
      if (end >= 0) answer.record = said.slice(end + 1);
    } catch (thrown) {
      instance.dead = true;
      throw failed("internal", "the licensing engine has stopped", thrown);
    }
    if (answer.error) throw errorOf(answer.error, null);
    return answer;
  };
  // makes it, where nothing is wrong with the settings
  const tags = ask({ ...parts, seed: random() });
  instance.engines += 1;
  return { instance, tags, ask };
}

export function errorOf(failure: Failure, decision: Decision | null, cause?: unknown): LicenseError {
  return new LicenseError(failure.kind, failure.message, { ...failure, decision, cause });
}
