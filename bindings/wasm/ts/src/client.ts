/**
 * The client of an app: one license on this device. Turns calls into operations of the engine, and the results of
 * operations into decisions and errors. The engine makes all licensing decisions.
 */

import { checkedSignal, onAbort } from "./abort.js";
import { freeze, isSame } from "./decision.js";
import { discreet } from "./discreet.js";
import { CANCELLED, type Context, driver, type Host, OPEN, type Operation, type Run } from "./driver.js";
import { Engine } from "./engine.js";
import { errorOf, LicenseError, messageOf, type Texts, words, worded } from "./error.js";
import type { ActivateOptions, CallOptions, Deactivation, LicenseClient, OfflineReturn, OfflineService } from "./license.js";
import { notInPages } from "./not-in-pages.js";
import type { OutlookStore } from "./outlook-store.js";
import { type Refresher, refresher } from "./refresher.js";
import type { StandIn } from "./stand-in.js";
import type { Store } from "./storage.js";
import type { Deactivated, Decision, Explanation, Failure, LicenseSettings } from "./types.js";

/** The settings that the client itself reads. */
type Settings = Pick<LicenseSettings, "texts" | "portalUrl" | "purchaseUrl">;

/** The parts of the platform that a client uses. */
interface ClientHost extends Host {
  /**
   * The store in which the client keeps an outlook for the next load of the page. Absent if the client keeps no
   * outlook.
   */
  outlook: OutlookStore | undefined;
  /** The operations for other computers. Absent in a page. `disposal` is aborted when the client is disposed of. */
  offlineService?: ((disposal: AbortSignal) => OfflineService) | undefined;
}

/** The implementation of `LicenseClient`. The interface documents the methods. */
export class Client implements LicenseClient {
  readonly portalUrl: string | undefined;
  readonly purchaseUrl: string | undefined;
  /** The type of a page's client does not have this method. If a page calls it anyway, it rejects. */
  readonly offlineAnswer: OfflineService["offlineAnswer"];
  /** The type of a page's client does not have this method. If a page calls it anyway, it rejects. */
  readonly offlineRelease: OfflineService["offlineRelease"];
  readonly #make: () => Promise<Engine>;
  readonly #store: Store;
  readonly #outlook: OutlookStore | undefined;
  readonly #drive: Run;
  readonly #texts: Texts;
  readonly #listeners = new Set<{ call: (decision: Decision, before: Decision) => unknown }>();
  /** The unconfigured features for which a warning was logged. */
  readonly #unknownFeatures = new Set<string>();
  readonly #disposal = new AbortController();
  #engine: Engine | StandIn;
  /** The number of operations that are running. */
  #running = 0;
  #reopening: Promise<Engine> | undefined;
  /** The decision that `current` returned last. */
  #shown: Decision | undefined;
  /** The decision that listeners received last. */
  #reported: Decision | undefined;
  #refresher: Refresher | undefined;
  #unwatch: (() => void) | undefined;
  #unpoll: (() => void) | undefined;

  private constructor(make: () => Promise<Engine>, engine: Engine | StandIn, host: ClientHost, settings: Settings) {
    this.portalUrl = settings.portalUrl;
    this.purchaseUrl = settings.purchaseUrl;
    this.#make = make;
    this.#texts = settings.texts;
    this.#engine = engine;
    this.#store = host.store;
    this.#outlook = host.outlook;
    this.#drive = driver(host);
    ({ offlineAnswer: this.offlineAnswer, offlineRelease: this.offlineRelease } =
      host.offlineService?.(this.#disposal.signal) ?? notInPages(settings.texts));
    // runtimes from before 2023 have no `Symbol.dispose`
    if (Symbol.dispose) this[Symbol.dispose] = this.dispose;
  }

  /**
   * Creates a client. If `engine` is an engine, lets it read the stored record. If `engine` is a stand-in, the client
   * shows the stand-in's decisions until the client has created an engine. Sends no request.
   */
  static async open(
    make: () => Promise<Engine>,
    engine: Engine | StandIn,
    host: ClientHost,
    settings: Settings,
  ): Promise<Client> {
    const client = new Client(make, engine, host, settings);
    if (engine instanceof Engine) await client.run(OPEN);
    else engine.whenNeeded(client.#reread);
    client.current();
    client.#unwatch = host.store.watch?.(client.#reread);
    return client;
  }

  readonly activate = async (key?: string | null, options: ActivateOptions = {}): Promise<Decision> => {
    if (key != null) checkedText(key, "the license key", this.current());
    const replace = options.replacePrevious === true;
    const activate: Operation = (engine, now) => engine.activate(key, replace, ...now);
    return (await this.change(activate, options.signal)).decision;
  };

  readonly validate = async (options: CallOptions = {}): Promise<Decision> =>
    this.#ask((engine, now) => engine.validate(...now), options.signal);

  readonly refresh = async (options: CallOptions = {}): Promise<Decision> =>
    this.#ask((engine, now) => engine.refresh("short", ...now), options.signal);

  readonly current = (): Decision => {
    try {
      const holds = this.#shown && this.#engine.isCurrent();
      if (!holds) this.#show(this.#engine.current());
    } catch (error) {
      // if the engine has stopped, returns the last decision until the next operation has created another engine
      if (!this.#shown) throw error;
    }
    return this.#shown as Decision;
  };

  readonly allows = (feature: string): boolean => {
    const { features } = this.current();
    const on = typeof feature === "string" ? features[feature] : undefined;
    if (typeof on === "boolean") return on;
    this.#warnOfUnknown(feature);
    return false;
  };

  readonly covers = (built: Date | string): boolean => {
    const { updatesUntil } = this.current();
    const day = new Date(built);
    if (Number.isNaN(day.getTime())) {
      throw new LicenseError("invalid_argument", "`covers` needs a date, such as `2026-11-21`");
    }
    return updatesUntil === null || day.toISOString().slice(0, 10) <= updatesUntil;
  };

  readonly explain = (feature: string): Explanation => this.#engine.explain(String(feature));

  readonly consume = async (count = 1, options: CallOptions = {}): Promise<Decision> => {
    const number = typeof count === "number" ? count : 0;
    return (await this.change((engine, now) => engine.consume(number, ...now), options.signal)).decision;
  };

  readonly deactivate = async (options: CallOptions = {}): Promise<Deactivation> =>
    deactivationOf(await this.change((engine, now) => engine.deactivate(...now), options.signal));

  readonly forget = async (options: CallOptions = {}): Promise<Decision> =>
    (await this.change((engine, now) => engine.forget(...now), options.signal)).decision;

  readonly offlineRequest = async (options: CallOptions = {}): Promise<string> =>
    textOf(await this.change((engine, now) => engine.offlineRequest(...now), options.signal));

  readonly offlineImport = async (text: string, options: CallOptions = {}): Promise<Decision> => {
    const answer = checkedText(text, "the answer", this.current());
    return (await this.change((engine, now) => engine.offlineImport(answer, ...now), options.signal)).decision;
  };

  readonly offlineReturn = async (options: CallOptions = {}): Promise<OfflineReturn> => {
    const { decision, text } = await this.change((engine, now) => engine.offlineReturn(...now), options.signal);
    return discreet({ decision }, { text });
  };

  readonly startTrial = async (options: CallOptions = {}): Promise<Decision> =>
    (await this.change((engine, now) => engine.startTrial(...now), options.signal)).decision;

  readonly onChange = (listener: (decision: Decision, before: Decision) => void): (() => void) => {
    if (typeof listener !== "function") {
      throw new LicenseError("invalid_argument", "`onChange` needs a function to call");
    }
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  };

  readonly startAutoRefresh = (): void => {
    if (this.#disposal.signal.aborted) return;
    this.#unpoll ??= this.#store.poll?.(this.#reread);
    let hasLooked = false;
    this.#refresher ??= refresher({
      look: (woken) => {
        // updates the decision, which may have changed with time
        this.current();
        return this.#engine.call((engine, now) => {
          if (!hasLooked) engine.startWatch(...now);
          hasLooked = true;
          return engine.look(woken, ...now);
        });
      },
      refresh: (patience) => this.run((engine, now) => engine.refresh(patience, ...now)),
    });
  };

  readonly stopAutoRefresh = (): void => {
    this.#unpoll?.();
    this.#unpoll = undefined;
    this.#refresher?.stop();
    this.#refresher = undefined;
  };

  readonly dispose = (): void => {
    this.stopAutoRefresh();
    this.#unwatch?.();
    this.#listeners.clear();
    this.#disposal.abort();
    this.#freeIfOver();
  };

  declare [Symbol.dispose]: () => void;

  /**
   * Reads the record again, because another tab or process has changed it, or because an engine has to replace the
   * stand-in. If the engine cannot be loaded, logs the error, and adds it to the decision as its `problem`.
   */
  readonly #reread = (): void => {
    this.run(OPEN).catch((error: LicenseError) => {
      if (this.#engine instanceof Engine) return;
      console.error("polar-license: the licensing engine could not be loaded", error);
      this.#engine.report(error);
      this.current();
    });
  };

  /**
   * Runs an operation. If the operation fails, does not reject: the returned decision has the failure as its `problem`.
   */
  async #ask(operation: Operation, signal: AbortSignal | undefined): Promise<Decision> {
    const { decision, error } = await this.run(operation, signal);
    if (!error) return decision;
    const { reason: _, nextStep: _step, nextUrl: _url, ...problem } = error;
    return freeze({ ...decision, problem });
  }

  /** Runs an operation that changes something. Rejects if the operation fails. */
  async change(operation: Operation, signal: AbortSignal | undefined): Promise<Finished> {
    const finished = await this.run(operation, signal);
    if (finished.error) throw errorOf(finished.error, finished.decision, finished.cause);
    return finished;
  }

  /**
   * Runs an operation, for the app or for the portal. If the operation fails, resolves to a result with an `error`.
   * Rejects only if the engine itself fails before the operation has ended.
   */
  async run(operation: Operation, signal?: AbortSignal): Promise<Finished> {
    const parents = [checkedSignal(signal), this.#disposal.signal];
    const scope = new AbortController();
    const { signal: ended } = scope;
    const context: Context = { signal: ended };
    const stops = parents.map((parent) => parent && onAbort(parent, () => scope.abort(parent.reason)));
    this.#running += 1;
    try {
      return await this.#carryOut(operation, context);
    } catch (error) {
      const { kind, message, detail, ...known } = worded(
        error instanceof LicenseError ? error : new LicenseError("internal", words(error), { cause: error }),
        this.#texts,
      );
      const cause: unknown = ended.aborted ? ended.reason : known.cause;
      const maybeApplied = context.sent ?? false;
      throw new LicenseError(kind, detail, { ...known, message, decision: this.#shown ?? null, cause, maybeApplied });
    } finally {
      this.#running -= 1;
      this.#freeIfOver();
      for (const stop of stops) stop?.();
    }
  }

  async #carryOut(operation: Operation, context: Context): Promise<Finished> {
    const { signal } = context;
    if (signal.aborted) {
      const detail = this.#disposal.signal.aborted ? "the client was disposed" : CANCELLED;
      const error: Failure = {
        kind: "cancelled",
        reason: null,
        message: messageOf("cancelled", detail, this.#texts),
        detail,
        retryAfterMs: null,
        maybeApplied: false,
        nextStep: "none",
        nextUrl: null,
      };
      return { decision: this.current(), error, deactivated: null, text: null, cause: signal.reason };
    }
    const engine = this.#engine.hasStopped ? await this.#reopen() : this.#engine;
    const { decision, error, deactivated, text } = await this.#drive(engine, operation, context);
    const current = this.current();
    this.#report();
    this.#refresher?.look();
    this.#outlook?.remember(engine.tags(), current);
    const known = isSame(decision, current) ? current : freeze(decision);
    return { decision: known, error, deactivated, text, cause: context.cause };
  }

  /** Makes `decision` the current decision. Does nothing if it equals the decision that is already current. */
  #show(decision: Decision): void {
    if (this.#shown && isSame(decision, this.#shown)) return;
    this.#shown = freeze(decision);
    // calls the listeners later, because the caller may be rendering a component, and a listener may start another
    // render
    queueMicrotask(() => this.#report());
  }

  /** Calls the listeners if they have not received the current decision. */
  #report(): void {
    const decision = this.#shown;
    const before = this.#reported;
    if (!decision || decision === before) return;
    this.#reported = decision;
    // the first decision is not a change
    if (!before) return;
    for (const listener of [...this.#listeners]) {
      const call = async (): Promise<unknown> => listener.call(decision, before);
      // an exception in the app's listener must not end the operation or the process
      call().catch((error: unknown) => console.error("polar-license: a listener failed", error));
    }
  }

  /**
   * Creates a new engine, and loads the stored record into it. The new engine replaces an engine that has trapped, or
   * the stand-in that shows the license until there is an engine.
   */
  #reopen(): Promise<Engine> {
    const reopen = async (): Promise<Engine> => {
      const engine = await this.#make();
      try {
        await this.#drive(engine, OPEN, { signal: this.#disposal.signal });
      } catch (error) {
        engine.free();
        throw error;
      }
      this.#engine.free();
      this.#engine = engine;
      return engine;
    };
    this.#reopening ??= reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /**
   * Frees the engine if the client has been disposed of and no operation is running. A running operation still needs
   * the engine, to store the result of the request that it has sent.
   */
  #freeIfOver(): void {
    if (!this.#disposal.signal.aborted || this.#running > 0) return;
    try {
      this.current();
      this.#engine.free();
    } catch {
      // after a trap there is nothing to free, because the engine's memory is gone
    }
  }

  #warnOfUnknown(feature: string): void {
    // The size of the set is limited, because the app may pass any number of different names.
    if (this.#unknownFeatures.has(feature) || this.#unknownFeatures.size >= 64) return;
    this.#unknownFeatures.add(feature);
    const name = typeof feature === "string" ? JSON.stringify(feature) : typeof feature;
    console.warn(`polar-license: feature ${name} is not in the configuration, so it is off`);
  }
}

/** The result of an operation. */
export interface Finished {
  decision: Decision;
  error: Failure | null;
  deactivated: Deactivated | null;
  text: string | null;
  cause: unknown;
}

/** Returns the result of an operation that releases a seat. */
export function deactivationOf({ decision, deactivated }: Finished): Deactivation {
  if (!deactivated) throw new LicenseError("internal", "the engine did not report the outcome for the seat", { decision });
  return freeze({ ...decision, deactivated });
}

/** Returns the text that an operation has written for another computer. */
export function textOf({ decision, text }: Finished): string {
  if (text === null) throw new LicenseError("internal", "the engine did not write the text", { decision });
  return text;
}

/** Returns a text that the app has passed. Checks its type, because the caller may be untyped JavaScript. */
export function checkedText(text: unknown, name: string, decision: Decision | null = null): string {
  if (typeof text === "string") return text;
  throw new LicenseError("invalid_argument", `${name} must be a string`, { decision });
}
