/**
 * The client of an app: one license on this device. Turns calls into operations of the engine and outcomes into
 * decisions and errors; what a license may do is decided in the engine.
 */

import { CANCELLED, type Context, driver, type Host, type Run } from "./driver.js";
import { type Engine, errorOf, type Failure, type Operation } from "./engine.js";
import { LicenseError, words } from "./error.js";
import { type Refresher, refresher } from "./refresher.js";
import type { Turn } from "./storage.js";
import type { Deactivated, Decision } from "./types.js";

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

/** What to do, depending on whether another tab was asking Polar. */
type Plan = (turn: Turn) => Operation;

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
  readonly #make: () => Promise<Engine>;
  readonly #host: Host;
  readonly #drive: Run;
  readonly #listeners = new Set<{ call: (decision: Decision) => unknown }>();
  readonly #unknownFeatures = new Set<string>();
  readonly #disposal = new AbortController();
  #engine: Engine;
  #reopening: Promise<void> | undefined;
  #shown: Decision | undefined;
  #wakeAt: number | null = null;
  #refresher: Refresher | undefined;
  #unwatch: (() => void) | undefined;

  private constructor(make: () => Promise<Engine>, engine: Engine, host: Host) {
    this.#make = make;
    this.#engine = engine;
    this.#host = host;
    this.#drive = driver(host);
  }

  /** @internal Reads what is stored. Asks nobody. */
  static async open(make: () => Promise<Engine>, engine: Engine, host: Host): Promise<LicenseClient> {
    const client = new LicenseClient(make, engine, host);
    await client.#run(() => OPEN);
    // another tab has changed the record
    client.#unwatch = host.store.watch?.(() => void client.#run(() => OPEN).catch(() => undefined));
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
    const { replacePrevious, signal } = options;
    return (await this.#change({ do: "activate", key, replacePrevious }, signal)).decision;
  }

  /** Asks Polar. Not reaching it is no error: the decision stands, and its `problem` says why. */
  async validate(options: CallOptions = {}): Promise<Decision> {
    const plan: Plan = (turn) => (turn === "first" ? { do: "validate" } : turn === "after" ? REFRESH : OPEN);
    return this.#ask(plan, ASK_WAIT_MS, options.signal);
  }

  /** Asks Polar if it is time to, or if access is not allowed. Call it when the app starts. */
  async refresh(options: CallOptions = {}): Promise<Decision> {
    return this.#ask((turn) => (turn === "late" ? OPEN : REFRESH), REFRESH_WAIT_MS, options.signal);
  }

  /** The decision at this instant, from memory. */
  current(): Decision {
    try {
      this.#shown = this.#engine.ask({ do: "current" });
    } catch (error) {
      // what was true last, until the next operation has brought the engine back
      if (!this.#shown) throw error;
    }
    return this.#shown;
  }

  /** Whether a feature is on at this instant, from memory. A feature that is not configured is off. */
  allows(feature: string): boolean {
    const { features } = this.current();
    const on = typeof feature === "string" && features[feature] === true;
    if (!on && !Object.keys(features).includes(feature)) this.#warnOfUnknown(feature);
    return on;
  }

  /**
   * Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
   *
   * Rejects with `usage_exhausted` where fewer are left and `not_activated` without a license; otherwise as `activate`.
   * With `maybeApplied` they may have been counted; they are never sent twice.
   */
  async consume(count = 1, options: CallOptions = {}): Promise<Decision> {
    const operation: Operation = { do: "consume", count: typeof count === "number" ? count : 0 };
    return (await this.#change(operation, options.signal)).decision;
  }

  /**
   * Gives the seat up and removes the license from this device; the decision says by `deactivated` what became of the
   * seat.
   *
   * Rejects with `not_activated` without a license; `network`, `timeout`, `server` and `rate_limited` where Polar did not
   * answer: then nothing is removed.
   */
  async deactivate(options: CallOptions = {}): Promise<Decision & { deactivated: Deactivated }> {
    const { decision, deactivated } = await this.#change({ do: "deactivate" }, options.signal);
    return { ...decision, deactivated: deactivated ?? "unknown" };
  }

  /** Removes the license from this device; its seat stays taken. To free it, `deactivate` instead. */
  async forget(options: CallOptions = {}): Promise<Decision> {
    return (await this.#change({ do: "forget" }, options.signal)).decision;
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
    const again = (woken: boolean): Promise<unknown> => {
      const unattended: Operation = { do: "refresh", patience: woken ? "woken" : "full" };
      return this.#run((turn) => (turn === "late" ? OPEN : unattended), ASK_WAIT_MS);
    };
    this.#refresher ??= refresher(this.#host.clock, this.#wakeAt, again);
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
  async #ask(plan: Plan, waitMs: number, signal: AbortSignal | undefined): Promise<Decision> {
    const { decision, error } = await this.#run(plan, waitMs, signal);
    if (!error) return decision;
    const { reason: _, ...problem } = error;
    return { ...decision, problem };
  }

  /** An operation that changes something, or fails. Another tab asks before or after it, not meanwhile. */
  async #change(operation: Operation, signal: AbortSignal | undefined): Promise<Finished> {
    const finished = await this.#run(() => operation, CHANGE_WAIT_MS, signal);
    if (finished.error) throw errorOf(finished.error, finished.decision, finished.cause);
    return finished;
  }

  /** Waits for its turn among tabs, except without `waitMs`. Throws where the engine could not end it. */
  async #run(plan: Plan, waitMs?: number, signal?: AbortSignal): Promise<Finished> {
    if (signal != null && typeof signal.addEventListener !== "function") {
      throw new LicenseError("invalid_argument", "`signal` is no AbortSignal");
    }
    const { store } = this.#host;
    const scope = new AbortController();
    const context: Context = { signal: scope.signal };
    const work = (turn: Turn): Promise<Finished> => this.#carryOut(plan(turn), context);
    const parents = [signal, this.#disposal.signal];
    const abort = (): void => scope.abort(parents.find((parent) => parent?.aborted)?.reason);
    for (const parent of parents) {
      parent?.addEventListener("abort", abort);
      if (parent?.aborted) abort();
    }
    try {
      return await (waitMs && store.alone ? store.alone(waitMs, scope.signal, work) : work("first"));
    } catch (error) {
      const { code, message, ...known } =
        error instanceof LicenseError ? error : new LicenseError("internal", words(error), { cause: error });
      const cause: unknown = scope.signal.aborted ? scope.signal.reason : known.cause;
      const maybeApplied = context.sent ?? false;
      throw new LicenseError(code, message, { ...known, decision: this.#shown ?? null, cause, maybeApplied });
    } finally {
      for (const parent of parents) parent?.removeEventListener("abort", abort);
    }
  }

  async #carryOut(operation: Operation, context: Context): Promise<Finished> {
    const { signal } = context;
    if (signal.aborted) {
      const error: Failure = {
        kind: "cancelled",
        reason: null,
        message: CANCELLED,
        retryAfterMs: null,
        maybeApplied: false,
      };
      return { decision: this.current(), error, deactivated: null, cause: signal.reason };
    }
    if (this.#engine.instance.dead) await this.#reopen();
    const outcome = await this.#drive(this.#engine, operation, context);
    const { error, ...decision } = outcome.decision;
    this.#shown = decision;
    this.#wakeAt = outcome.wakeAt;
    this.#refresher?.plan(outcome.wakeAt);
    if (outcome.changed) this.#emit(this.current());
    return { decision, error, deactivated: outcome.deactivated, cause: context.cause };
  }

  #emit(decision: Decision): void {
    for (const listener of [...this.#listeners]) {
      const call = async (): Promise<unknown> => listener.call(decision);
      // the app's own mistake must not end the operation that it heard of, or the process
      call().catch((error: unknown) => console.error("polar-license: a listener failed", error));
    }
  }

  /** A new engine after a trap, which remembers what is stored. */
  #reopen(): Promise<void> {
    const reopen = async (): Promise<void> => {
      const engine = await this.#make();
      await this.#drive(engine, OPEN, { signal: this.#disposal.signal });
      this.#engine = engine;
    };
    this.#reopening ??= reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  #warnOfUnknown(feature: string): void {
    // bounded, since the names come from the app
    if (this.#unknownFeatures.has(feature) || this.#unknownFeatures.size >= 64) return;
    this.#unknownFeatures.add(feature);
    const name = typeof feature === "string" ? JSON.stringify(feature) : typeof feature;
    console.warn(`polar-license: feature ${name} is not in the configuration, so it is off`);
  }
}

/** What came of an operation. */
interface Finished {
  decision: Decision;
  error: Failure | undefined;
  deactivated: Deactivated | null;
  cause: unknown;
}

const OPEN: Operation = { do: "open" };
const REFRESH: Operation = { do: "refresh", patience: "short" };
