/**
 * The client of an app: one license on this device. Turns calls into operations of the engine and outcomes into
 * decisions and errors; what a license may do is decided in the engine.
 */

import { type Context, Driver } from "./driver.js";
import { type Engine, type Engines, errorOf, type LivingEngine, type Outcome, type Parts, type Step } from "./engine.js";
import { LicenseError, words } from "./error.js";
import { Refresher } from "./refresher.js";
import type { Store, Turn } from "./storage.js";
import type { Clock } from "./time.js";
import type { Fetch } from "./transport.js";
import type { Deactivated, Decision, ErrorCode, Problem } from "./types.js";

/** What every operation takes. */
export interface CallOptions {
  /** Ends the wait. What was sent by then may have been applied, and the license remembers that. */
  signal?: AbortSignal | undefined;
}

/** What to activate, and how far to go for it. */
export interface ActivateOptions extends CallOptions {
  /** Moves the license here: gives the older activation known on this device up if no seat is free. */
  replacePrevious?: boolean;
}

type Begin = (engine: Engine, ...now: [wall: number, mono: number]) => Step;

/** How long an operation waits for one of another tab: as long as that may take. */
const ASK_WAIT_MS = 10_000;
const CHANGE_WAIT_MS = 35_000;
const REFRESH_WAIT_MS = 1_800;

/**
 * A license on this device: activates, validates, gates features. Made by `createLicenseClient`.
 *
 * | method | asks Polar | waits |
 * |---|---|---|
 * | `current`, `allows` | never | never |
 * | `refresh` | if it is due; call it at start | 2 s at most where access is allowed |
 * | `validate` | always | 10 s at most |
 * | `activate`, `consume`, `deactivate` | always | 35 s at most |
 *
 * Operations that change something run one after the other; validates at the same time share one request. With several
 * tabs, an operation may first wait as long for another tab's.
 */
export class LicenseClient {
  readonly #engines: Engines;
  readonly #parts: Parts;
  readonly #driver: Driver;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #listeners = new Set<{ call: (decision: Decision) => unknown }>();
  readonly #unknownFeatures = new Set<string>();
  readonly #disposal = new AbortController();
  #engine: LivingEngine;
  #reopening: Promise<void> | undefined;
  #shown: Decision | undefined;
  #wakeAt: number | null = null;
  #refresher: Refresher | undefined;
  #unwatch: (() => void) | undefined;

  private constructor(engines: Engines, engine: LivingEngine, parts: Parts, host: ClientHost) {
    this.#engines = engines;
    this.#engine = engine;
    this.#parts = parts;
    this.#store = host.store;
    this.#clock = host.clock;
    this.#driver = new Driver(host.store, host.fetch, host.clock);
  }

  /** @internal Reads what is stored. Asks nobody. */
  static async open(engines: Engines, engine: LivingEngine, parts: Parts, host: ClientHost): Promise<LicenseClient> {
    const client = new LicenseClient(engines, engine, parts, host);
    await client.#run(open, client.#disposal.signal);
    client.#unwatch = host.store.watch?.(() => client.#follow());
    return client;
  }

  /**
   * Activates a license key on this device and remembers it; without a key the stored one. Takes a seat only if the key
   * has an activation limit and is not active here already.
   *
   * Rejects with a `LicenseError`: `refused` with the `reason` where Polar or the configuration says no; `storage` where a
   * seat could not be remembered, so that none was taken; `network`, `timeout`, `server` and `rate_limited` where Polar
   * did not answer; `invalid_argument` for what cannot be a key. A license that was here is as it was before.
   */
  async activate(key?: string | null, options: ActivateOptions = {}): Promise<Decision> {
    if (key != null && typeof key !== "string") {
      throw new LicenseError("invalid_argument", "the license key should be a text", { decision: this.current() });
    }
    const begin: Begin = (it, ...now) => it.activate(key ?? undefined, options.replacePrevious ?? false, ...now);
    return settled(await this.#change(begin, options.signal));
  }

  /** Asks Polar. Not reaching it is no error: the decision stands, and its `problem` says why. */
  async validate(options: CallOptions = {}): Promise<Decision> {
    const ask: Begin = (it, ...now) => it.validate(...now);
    const begin = (turn: Turn): Begin => (turn === "first" ? ask : turn === "after" ? refresh : open);
    return this.#ask(ASK_WAIT_MS, begin, options.signal);
  }

  /** Asks Polar if it is time to, or if access is not allowed. Call it when the app starts. */
  async refresh(options: CallOptions = {}): Promise<Decision> {
    const begin = (turn: Turn): Begin => (turn === "late" ? open : refresh);
    return this.#ask(REFRESH_WAIT_MS, begin, options.signal);
  }

  /** The decision at this instant, from memory. */
  current(): Decision {
    try {
      this.#shown = this.#engine.call((it) => it.current(...this.#driver.now()));
    } catch (error) {
      // what was true last, until the next operation has brought the engine back
      if (!this.#shown) throw error;
    }
    return this.#shown;
  }

  /** Whether a feature is on at this instant, from memory. A feature that is not configured is off. */
  allows(feature: string): boolean {
    let on: boolean;
    try {
      on = typeof feature === "string" && this.#engine.call((it) => it.allows(feature, ...this.#driver.now()));
    } catch {
      on = this.#shown?.features[feature] === true;
    }
    if (!on) this.#warnOfUnknown(feature);
    return on;
  }

  /**
   * Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
   *
   * Rejects with `usage_exhausted` where fewer are left and `not_activated` without a license; otherwise as `activate`.
   * With `maybeApplied` they may have been counted; they are never sent twice.
   */
  async consume(count = 1, options: CallOptions = {}): Promise<Decision> {
    const number = typeof count === "number" ? count : 0;
    return settled(await this.#change((it, ...now) => it.consume(number, ...now), options.signal));
  }

  /**
   * Gives the seat up and removes the license from this device; the decision says by `deactivated` what became of the
   * seat.
   *
   * Rejects with `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` where Polar did not
   * answer: then nothing is removed.
   */
  async deactivate(options: CallOptions = {}): Promise<Decision & { deactivated: Deactivated }> {
    const outcome = await this.#change((it, ...now) => it.deactivate(...now), options.signal);
    return { ...settled(outcome), deactivated: outcome.deactivated ?? "unknown" };
  }

  /** Removes the license from this device; its seat stays taken. To free it, `deactivate` instead. */
  async forget(options: CallOptions = {}): Promise<Decision> {
    return settled(await this.#change((it, ...now) => it.forget(...now), options.signal));
  }

  /**
   * Calls `listener` with each decision that differs from the one before, in its dates at least; not with the one that
   * holds already, which is `current()`. Returns how to stop that.
   */
  on(event: "change", listener: (decision: Decision) => void): () => void {
    if (event !== "change" || typeof listener !== "function") {
      throw new LicenseError("invalid_argument", "the only event is `change`, and it needs a function to call");
    }
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Refreshes by itself when it is time, when the network comes back and when the page is shown again. */
  startAutoRefresh(): void {
    if (this.#disposal.signal.aborted) return;
    const unattended = (woken: boolean): Begin => (it, ...now) => it.refresh(true, woken, ...now);
    const again = (woken: boolean): Promise<unknown> =>
      this.#alone(ASK_WAIT_MS, (turn) => (turn === "late" ? open : unattended(woken)), undefined);
    this.#refresher ??= new Refresher(this.#clock, this.#wakeAt, again);
  }

  /** Refreshes only when told to. */
  stopAutoRefresh(): void {
    this.#refresher?.stop();
    this.#refresher = undefined;
  }

  /** Ends timers, listeners and operations under way. What is stored stays; `current` and `allows` go on. */
  dispose(): void {
    this.stopAutoRefresh();
    this.#unwatch?.();
    this.#listeners.clear();
    this.#disposal.abort();
  }

  /** An operation for which not to reach Polar, and not to wait for it, is no error. */
  async #ask(waitMs: number, begin: (turn: Turn) => Begin, signal: AbortSignal | undefined): Promise<Decision> {
    try {
      return decided(await this.#alone(waitMs, begin, signal));
    } catch (error) {
      // cancelled before it began; later the engine says so
      if (!(error instanceof LicenseError) || error.code !== "cancelled") throw error;
      return { ...this.current(), problem: problemOf(error.code, error) };
    }
  }

  /** An operation that changes something. Another tab asks before or after it, not meanwhile. */
  #change(begin: Begin, signal: AbortSignal | undefined): Promise<Finished> {
    return this.#alone(CHANGE_WAIT_MS, () => begin, signal);
  }

  async #alone(waitMs: number, begin: (turn: Turn) => Begin, signal: AbortSignal | undefined): Promise<Finished> {
    if (signal != null && !isSignal(signal)) throw new LicenseError("invalid_argument", "`signal` is no AbortSignal");
    const scope = new Scope(signal, this.#disposal.signal);
    const work = (turn: Turn): Promise<Finished> => this.#run(begin(turn), scope.signal);
    try {
      return await (this.#store.alone ? this.#store.alone(waitMs, scope.signal, work) : work("first"));
    } catch (error) {
      throw error instanceof LicenseError ? error : this.#described(error, scope);
    } finally {
      scope.end();
    }
  }

  async #run(begin: Begin, signal: AbortSignal): Promise<Finished> {
    const context: Context = { signal };
    try {
      if (signal.aborted) throw new LicenseError("cancelled", "cancelled before anything was sent");
      if (this.#engine.dead) await this.#reopen();
      const engine = this.#engine;
      const first = engine.call((it) => begin(it, ...this.#driver.now()));
      const outcome = await this.#driver.run(engine, first, context);
      this.#ended(outcome);
      return { ...outcome, cause: context.cause };
    } catch (error) {
      throw this.#described(error, context);
    }
  }

  #ended(outcome: Outcome): void {
    const { error: _, ...decision } = outcome.decision;
    this.#shown = decision;
    this.#wakeAt = outcome.wakeAt;
    this.#refresher?.plan(outcome.wakeAt);
    if (outcome.changed) this.#emit(this.current());
  }

  /** What an operation rejects with, whatever went wrong in it. */
  #described(error: unknown, { signal, sent }: Context): LicenseError {
    const known = error instanceof LicenseError ? error : new LicenseError("internal", words(error), { cause: error });
    const cause: unknown = signal?.aborted ? signal.reason : known.cause;
    const maybeApplied = sent ?? false;
    return new LicenseError(known.code, known.message, { ...known, decision: this.#shown ?? null, cause, maybeApplied });
  }

  #emit(decision: Decision): void {
    // the app's own mistake must not end the operation that it heard of, or the process
    const failed = (error: unknown): void => console.error("polar-license: a listener failed", error);
    for (const listener of [...this.#listeners]) {
      try {
        // one that is asynchronous fails later
        Promise.resolve(listener.call(decision)).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Another tab has changed the record. */
  #follow(): void {
    this.#run(open, this.#disposal.signal).catch(() => undefined);
  }

  /** A new engine after a trap, which remembers what is stored. */
  #reopen(): Promise<void> {
    const reopen = async (): Promise<void> => {
      const engine = await this.#engines.make(this.#parts);
      const first = engine.call((it) => it.open(...this.#driver.now()));
      await this.#driver.run(engine, first, { signal: undefined });
      this.#engine = engine;
    };
    this.#reopening ??= reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  #warnOfUnknown(feature: string): void {
    const known = Object.keys((this.#shown ?? this.current()).features).includes(feature);
    // bounded, since the names come from the app
    if (known || this.#unknownFeatures.has(feature) || this.#unknownFeatures.size >= 64) return;
    this.#unknownFeatures.add(feature);
    const name = typeof feature === "string" ? JSON.stringify(feature) : typeof feature;
    console.warn(`polar-license: feature ${name} is not in the configuration, so it is off`);
  }
}

/** What a client runs on. */
export interface ClientHost {
  store: Store;
  fetch: Fetch;
  clock: Clock;
}

type Finished = Outcome & { cause: unknown };

const open: Begin = (it, ...now) => it.open(...now);
const refresh: Begin = (it, ...now) => it.refresh(false, false, ...now);

/** The decision of an operation that did what was asked; otherwise throws. */
function settled({ decision: { error, ...decision }, cause }: Finished): Decision {
  if (error) throw errorOf(error, decision, cause);
  return decision;
}

/** The decision of an operation for which not reaching Polar is no error but the `problem`. */
function decided({ decision: { error, ...decision } }: Finished): Decision {
  return error ? { ...decision, problem: problemOf(error.kind, error) } : decision;
}

function problemOf(kind: ErrorCode, { message, retryAfterMs, maybeApplied }: Omit<Problem, "kind">): Problem {
  return { kind, message, retryAfterMs, maybeApplied };
}

function isSignal(given: unknown): boolean {
  return typeof (given as Partial<AbortSignal>).addEventListener === "function";
}

/** A signal that aborts with any of others, and lets go of them at the end. */
class Scope {
  readonly #controller = new AbortController();
  readonly #parents: AbortSignal[];
  readonly #abort: () => void;

  constructor(...parents: (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent != null);
    this.#abort = () => this.#controller.abort(this.#parents.find((parent) => parent.aborted)?.reason);
    for (const parent of this.#parents) parent.addEventListener("abort", this.#abort);
    if (this.#parents.some((parent) => parent.aborted)) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    for (const parent of this.#parents) parent.removeEventListener("abort", this.#abort);
  }
}
