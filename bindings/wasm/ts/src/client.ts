/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client of an app: one license on this device. Turns calls into operations of the engine and outcomes into
 * decisions and errors; what a license may do is decided in the engine.
 */

import { CANCELLED, type Context, driver, type Host, type Operation, type Run } from "./driver.js";
import { type Engine, errorOf } from "./engine.js";
import { LicenseError, messageOf, type Texts, words, worded } from "./error.js";
import { type Refresher, refresher } from "./refresher.js";
import type { Deactivated, Decision, Failure } from "./types.js";

/** What every operation takes. */
export interface CallOptions {
  /** Ends the wait. What was sent by then may have been applied, and the license remembers that. */
  signal?: AbortSignal | undefined;
}

/** What to activate, and how far to go for it. */
export interface ActivateOptions extends CallOptions {
  /** Moves the license here: releases the older activation known on this device if no seat is free. */
  replacePrevious?: boolean;
}

/**
 * A license on this device: activates, validates, gates features. Made by `createLicenseClient`.
 *
 * | method | asks Polar | waits |
 * |---|---|---|
 * | `current`, `allows` | never | never |
 * | `refresh` | if it is due; call it at start | 2 s at most if access is allowed |
 * | `validate` | always | 10 s at most |
 * | `activate`, `consume`, `deactivate` | always | 35 s at most |
 *
 * Operations that change something run one after the other; validates at the same time share one request. With several
 * tabs, the wait for another one is part of these times.
 */
export class LicenseClient {
  readonly #make: () => Promise<Engine>;
  readonly #drive: Run;
  readonly #texts: Texts;
  readonly #listeners = new Set<{ call: (decision: Decision) => unknown }>();
  /** Those that a warning was logged for. */
  readonly #unknownFeatures = new Set<string>();
  readonly #disposal = new AbortController();
  /** The configured ones. */
  #features: ReadonlySet<string> = new Set();
  #engine: Engine;
  /** How many operations are under way. */
  #running = 0;
  #reopening: Promise<void> | undefined;
  #shown: Decision | undefined;
  #refresher: Refresher | undefined;
  #unwatch: (() => void) | undefined;

  static {
    // runtimes of before 2023 do not know it
    if (Symbol.dispose) this.prototype[Symbol.dispose] = this.prototype.dispose;
  }

  private constructor(make: () => Promise<Engine>, engine: Engine, host: Host, texts: Texts) {
    this.#make = make;
    this.#texts = texts;
    this.#engine = engine;
    this.#drive = driver(host);
  }

  /** @internal Reads what is stored. Asks nobody. */
  static async open(make: () => Promise<Engine>, engine: Engine, host: Host, texts: Texts): Promise<LicenseClient> {
    const client = new LicenseClient(make, engine, host, texts);
    const { decision } = await client.#run(OPEN);
    client.#features = new Set(Object.keys(decision.features));
    // another tab has changed the record
    client.#unwatch = host.store.watch?.(() => void client.#run(OPEN).catch(() => undefined));
    return client;
  }

  /**
   * Activates a license key on this device and remembers it; without a key the stored one. Takes a seat only if the key
   * has an activation limit and is not active here already.
   *
   * Rejects with a `LicenseError`: `refused` with the `reason` if Polar or the configuration denies it; `storage` if a
   * seat could not be remembered, so that none was taken; `network`, `timeout`, `server` and `rate_limited` if Polar
   * did not answer; `invalid_argument` for what cannot be a key. A license that was here is as it was before.
   */
  async activate(key?: string | null, options: ActivateOptions = {}): Promise<Decision> {
    if (key != null && typeof key !== "string") {
      throw new LicenseError("invalid_argument", "the license key must be a string", { decision: this.current() });
    }
    const replace = options.replacePrevious === true;
    const activate: Operation = (engine, now) => engine.activate(key, replace, ...now);
    return (await this.#change(activate, options.signal)).decision;
  }

  /** Asks Polar. Not reaching it is not an error: the decision stands, and its `problem` is the reason. */
  async validate(options: CallOptions = {}): Promise<Decision> {
    return this.#ask((engine, now) => engine.validate(...now), options.signal);
  }

  /** Asks Polar if it is time to, or if access is not allowed. Call it when the app starts. */
  async refresh(options: CallOptions = {}): Promise<Decision> {
    return this.#ask((engine, now) => engine.refresh("short", ...now), options.signal);
  }

  /** The decision at this instant, from memory. */
  current(): Decision {
    try {
      this.#shown = this.#engine.call((engine, now) => engine.current(...now));
    } catch (error) {
      // what was true last, until the next operation has made another engine
      if (!this.#shown) throw error;
    }
    return this.#shown;
  }

  /** Whether a feature is on at this instant, from memory. A feature that is not configured is off. */
  allows(feature: string): boolean {
    if (this.#features.has(feature)) return this.#isOn(feature);
    this.#warnOfUnknown(feature);
    return false;
  }

  /**
   * Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
   *
   * Rejects with `usage_exhausted` if fewer are left and `not_activated` without a license; otherwise as `activate`.
   * With `maybeApplied` they may have been counted; they are never sent twice.
   */
  async consume(count = 1, options: CallOptions = {}): Promise<Decision> {
    const number = typeof count === "number" ? count : 0;
    return (await this.#change((engine, now) => engine.consume(number, ...now), options.signal)).decision;
  }

  /**
   * Releases the seat and removes the license from this device. The decision's `deactivated` is what became of
   * the seat.
   *
   * Rejects with `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` if Polar did not
   * answer: then nothing is removed.
   */
  async deactivate(options: CallOptions = {}): Promise<Decision & { deactivated: Deactivated }> {
    const { decision, deactivated } = await this.#change((engine, now) => engine.deactivate(...now), options.signal);
    return { ...decision, deactivated: deactivated ?? "unknown" };
  }

  /** Removes the license from this device; its seat stays taken. To release it, `deactivate` instead. */
  async forget(options: CallOptions = {}): Promise<Decision> {
    return (await this.#change((engine, now) => engine.forget(...now), options.signal)).decision;
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
    this.#refresher ??= refresher({
      look: (woken) => this.#engine.call((engine, now) => engine.look(woken, ...now)),
      refresh: (patience) => this.#run((engine, now) => engine.refresh(patience, ...now)),
    });
  }

  /** Refreshes only when `refresh` is called. */
  stopAutoRefresh(): void {
    this.#refresher?.stop();
    this.#refresher = undefined;
  }

  /**
   * Ends timers, listeners and operations under way, and returns the memory. What is stored stays; `current` and `allows`
   * keep the answer that they had then.
   */
  dispose(): void {
    this.stopAutoRefresh();
    this.#unwatch?.();
    this.#listeners.clear();
    this.#disposal.abort();
    this.#freeIfOver();
  }

  declare [Symbol.dispose]: () => void;

  /** An operation for which not to reach Polar, and not to wait for it, is not an error. */
  async #ask(operation: Operation, signal: AbortSignal | undefined): Promise<Decision> {
    const { decision, error } = await this.#run(operation, signal);
    if (!error) return decision;
    const { reason: _, nextStep: _step, nextUrl: _url, ...problem } = error;
    return { ...decision, problem };
  }

  /** An operation that changes something, or fails. */
  async #change(operation: Operation, signal: AbortSignal | undefined): Promise<Finished> {
    const finished = await this.#run(operation, signal);
    if (finished.error) throw errorOf(finished.error, finished.decision, finished.cause);
    return finished;
  }

  /** Throws if the engine could not end the operation. */
  async #run(operation: Operation, signal?: AbortSignal): Promise<Finished> {
    if (signal != null && typeof signal.addEventListener !== "function") {
      throw new LicenseError("invalid_argument", "`signal` is not an AbortSignal");
    }
    const scope = new AbortController();
    const context: Context = { signal: scope.signal };
    const parents = [signal, this.#disposal.signal];
    const abort = (): void => scope.abort(parents.find((parent) => parent?.aborted)?.reason);
    for (const parent of parents) {
      parent?.addEventListener("abort", abort);
      if (parent?.aborted) abort();
    }
    this.#running += 1;
    try {
      return await this.#carryOut(operation, context);
    } catch (error) {
      const { kind, message, detail, ...known } = worded(
        error instanceof LicenseError ? error : new LicenseError("internal", words(error), { cause: error }),
        this.#texts,
      );
      const cause: unknown = scope.signal.aborted ? scope.signal.reason : known.cause;
      const maybeApplied = context.sent ?? false;
      throw new LicenseError(kind, detail, { ...known, message, decision: this.#shown ?? null, cause, maybeApplied });
    } finally {
      this.#running -= 1;
      this.#freeIfOver();
      for (const parent of parents) parent?.removeEventListener("abort", abort);
    }
  }

  async #carryOut(operation: Operation, context: Context): Promise<Finished> {
    const { signal } = context;
    if (signal.aborted) {
      const detail = this.#disposal.signal.aborted ? "the client was disposed" : CANCELLED;
      const details = { kind: "cancelled", message: messageOf("cancelled", detail, this.#texts), detail } as const;
      const nothing = { reason: null, retryAfterMs: null, maybeApplied: false, nextUrl: null } as const;
      const error: Failure = { ...details, ...nothing, nextStep: "none" };
      return { decision: this.current(), error, deactivated: null, cause: signal.reason };
    }
    if (this.#engine.hasStopped) await this.#reopen();
    const outcome = await this.#drive(this.#engine, operation, context);
    const { error, ...decision } = outcome.decision;
    this.#shown = decision;
    this.#refresher?.look();
    if (outcome.changed) this.#emit(this.current());
    return { decision, error, deactivated: outcome.deactivated, cause: context.cause };
  }

  #emit(decision: Decision): void {
    for (const listener of [...this.#listeners]) {
      const call = async (): Promise<unknown> => listener.call(decision);
      // a mistake of the app's own must not end the operation, or the process
      call().catch((error: unknown) => console.error("polar-license: a listener failed", error));
    }
  }

  /** A new engine after a trap, which remembers what is stored. */
  #reopen(): Promise<void> {
    const reopen = async (): Promise<void> => {
      const engine = await this.#make();
      try {
        await this.#drive(engine, OPEN, { signal: this.#disposal.signal });
      } catch (error) {
        engine.free();
        throw error;
      }
      this.#engine = engine;
    };
    this.#reopening ??= reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** What was sent before the end is still to be remembered. */
  #freeIfOver(): void {
    if (!this.#disposal.signal.aborted || this.#running > 0) return;
    try {
      this.current();
      this.#engine.free();
    } catch {
      // it has stopped, and its memory with it
    }
  }

  #isOn(feature: string): boolean {
    try {
      return this.#engine.call((engine, now) => engine.allows(feature, ...now));
    } catch {
      return this.current().features[feature] === true;
    }
  }

  #warnOfUnknown(feature: string): void {
    // bounded, since the names come from the app
    if (this.#unknownFeatures.has(feature) || this.#unknownFeatures.size >= 64) return;
    this.#unknownFeatures.add(feature);
    const name = typeof feature === "string" ? JSON.stringify(feature) : typeof feature;
    console.warn(`polar-license: feature ${name} is not in the configuration, so it is off`);
  }
}

/** How an operation ended. */
interface Finished {
  decision: Decision;
  error: Failure | undefined;
  deactivated: Deactivated | null;
  cause: unknown;
}

const OPEN: Operation = (engine, now) => engine.open(...now);
