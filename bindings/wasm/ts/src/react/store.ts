/**
 * Gives React components the license as one value: the decision, and the state of the calls that components have
 * started. Each change replaces the whole value. The promise of a call does not reject: the error becomes a part of the
 * value. This module does not import React.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { ActivateOptions, CallOptions, Deactivation, License, LicenseClient } from "../license.js";
import type { Decision, Explanation } from "../types.js";

/**
 * The result of `useLicense`. After hydration, its methods are the same functions in every render. Its calls to Polar
 * never reject.
 */
export interface LicenseState<Feature extends string = string, Held = License<Feature>> extends LicenseCalls<Feature> {
  /** The decision at this instant; `null` on a server, and until there is a license. */
  readonly decision: Decision | null;
  /** Whether a component has started a call that is still running. */
  readonly busy: boolean;
  /**
   * The error of the last call, or the error that prevented the creation of the license. The error of a call is cleared
   * when another call begins.
   */
  readonly error: LicenseError | LicenseFailure | null;
  /** The license. Its methods reject if they fail, unlike the methods of this `LicenseState`. */
  readonly license: Held | null;
}

/** The methods for components. If a call fails, its promise resolves to `undefined`, and `error` holds the reason. */
export interface LicenseCalls<Feature extends string = string> {
  /** See `License.allows`. Returns `false` if there is no license, and on a server. */
  allows(this: void, feature: Feature): boolean;
  /**
   * See `License.explain`. Until there is a license, and on a server, the result has `allowed: false` and an empty
   * `message`. If the license could not be created, `message` is the message of `error`.
   */
  explain(this: void, feature: Feature): Explanation;
  /** See `License.activate`. */
  activate(this: void, key?: string | null, options?: ActivateOptions): Promise<Decision | undefined>;
  /** See `License.validate`. */
  validate(this: void, options?: CallOptions): Promise<Decision | undefined>;
  /** See `License.refresh`. */
  refresh(this: void, options?: CallOptions): Promise<Decision | undefined>;
  /** See `License.consume`. */
  consume(this: void, count?: number, options?: CallOptions): Promise<Decision | undefined>;
  /** See `License.deactivate`. */
  deactivate(this: void, options?: CallOptions): Promise<Deactivation | undefined>;
  /** See `License.forget`. */
  forget(this: void, options?: CallOptions): Promise<Decision | undefined>;
  /** See `License.startTrial`. */
  startTrial(this: void, options?: CallOptions): Promise<Decision | undefined>;
}

/** The explanation for every feature until there is a license. */
const UNKNOWN: Explanation = Object.freeze({
  allowed: false,
  reason: "not_licensed",
  nextStep: "none",
  nextUrl: null,
  message: "",
  detail: "there is no license yet; wait for the `decision`",
});

/** A license that components render. */
export class Store {
  readonly #listeners = new Set<() => void>();
  /** The state on a server, and in a page before hydration. */
  readonly #initial: LicenseState;
  #license: License | undefined;
  #state: LicenseState;
  #running = 0;
  /** The license that this store has created and must dispose of. */
  #made: Promise<License> | undefined;
  /** The reason why there is no license. */
  #refusal: LicenseError | undefined;
  #isInUse = false;
  #stop: (() => void) | undefined;

  constructor(license?: License) {
    this.#license = license;
    this.#state = { decision: null, busy: false, error: null, license: license ?? null, ...this.#calls() };
    // the first render in the page must be the same as the render on the server, even if the server has no license
    this.#initial = { ...this.#state, allows: () => false, explain: () => UNKNOWN };
  }

  /**
   * Creates the license, unless this store has created one already. Returns a function that disposes of the license.
   */
  open(make: () => PromiseLike<License>): () => void {
    this.#isInUse = true;
    if (!this.#made) void this.#run(() => this.#make(make));
    return () => {
      this.#isInUse = false;
      // In development, React's StrictMode ends each effect and immediately starts it again. So the store waits a
      // moment, and then disposes of the license only if no component uses the store.
      setTimeout(() => this.#isInUse || this.#disposeMade());
    };
  }

  /**
   * Refreshes the license if a refresh is due. Also refreshes if access is denied, because the network may be back by
   * now.
   */
  refresh(): void {
    const refresh = async (): Promise<unknown> => this.#license?.refresh();
    // A failure is ignored here, because the decision reports it as its `problem`.
    refresh().catch(() => undefined);
  }

  readonly initial = (): LicenseState => this.#initial;

  readonly state = (): LicenseState => {
    const decision = this.#license?.current() ?? null;
    if (decision !== this.#state.decision) this.#state = { ...this.#state, decision };
    return this.#state;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#stop ??= this.#license?.onChange(this.#notify);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  };

  async #make(make: () => PromiseLike<License>): Promise<void> {
    const making = createLicense(make);
    this.#made = making;
    // If all components were removed while the license was being created, `#made` was reset. The new license is then
    // not used.
    const license = await making.catch((error: LicenseError) => {
      if (this.#made === making) this.#refusal = error;
      throw error;
    });
    if (this.#made !== making) return;
    this.#license = license;
    if (this.#listeners.size > 0) this.#stop = license.onChange(this.#notify);
    this.#change({ license });
    this.refresh();
  }

  /**
   * Disposes of the license that this store has created. Only a client has the method `dispose`, which ends timers and
   * frees memory. Electron's `window.license` has no such method.
   */
  #disposeMade(): void {
    const making = this.#made;
    this.#made = undefined;
    this.#refusal = undefined;
    this.#stop?.();
    this.#stop = undefined;
    this.#license = undefined;
    this.#change({ license: null });
    making?.then((license) => (license as Partial<LicenseClient>).dispose?.(), () => undefined);
  }

  readonly #notify = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };

  #change(by: Partial<LicenseState>): void {
    this.#state = { ...this.#state, ...by };
    this.#notify();
  }

  async #run<Result>(work: () => PromiseLike<Result>): Promise<Result | undefined> {
    this.#running += 1;
    // if the license could not be created, every call fails with the error from that attempt
    this.#change({ busy: true, error: this.#refusal ?? null });
    let error: unknown = null;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      return undefined;
    } finally {
      this.#running -= 1;
      // a success does not clear the error of another call
      this.#change({ busy: this.#running > 0, ...(error ? { error: error as LicenseError } : {}) });
    }
  }

  #calls(): LicenseCalls {
    return {
      allows: (feature) => this.#license?.allows(feature) ?? false,
      explain: (feature) => this.#license?.explain(feature) ?? this.#explainWithout(),
      activate: (key, options) => this.#call((license) => license.activate(key, options)),
      validate: (options) => this.#call((license) => license.validate(options)),
      refresh: (options) => this.#call((license) => license.refresh(options)),
      consume: (count, options) => this.#call((license) => license.consume(count, options)),
      deactivate: (options) => this.#call((license) => license.deactivate(options)),
      forget: (options) => this.#call((license) => license.forget(options)),
      startTrial: (options) => this.#call((license) => license.startTrial(options)),
    };
  }

  /** Waits until the license has been created, then calls one of its methods. */
  async #call<Result>(method: (license: License) => PromiseLike<Result>): Promise<Result | undefined> {
    return this.#run(async () => {
      const license = this.#license ?? (await this.#made);
      if (!license) throw new Error(UNKNOWN.detail);
      return method(license);
    });
  }

  #explainWithout(): Explanation {
    if (!this.#refusal) return UNKNOWN;
    const { message, detail, nextStep, nextUrl } = this.#refusal;
    return { ...UNKNOWN, message, detail, nextStep, nextUrl };
  }
}

/**
 * Creates the license. If that fails, also logs the error for the developer. Without this log message, an app that does
 * not show `error` would render nothing, and nobody could see why.
 */
async function createLicense(make: () => PromiseLike<License>): Promise<License> {
  try {
    return await make();
  } catch (error) {
    console.error("polar-license: the license could not be created", error);
    throw error;
  }
}
