/**
 * The license as one value for rendering, replaced at each change: the decision, and the state of the calls that
 * components have started. Knows nothing of React, and never rejects: errors are part of the value.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { ActivateOptions, CallOptions, Deactivation, License, LicenseClient } from "../license.js";
import type { Decision, Explanation } from "../types.js";

/**
 * The result of `useLicense`. Its methods stay the same functions after hydration, and those that ask Polar never
 * reject.
 */
export interface LicenseState<Feature extends string = string, Held = License<Feature>> extends LicenseCalls<Feature> {
  /** The decision at this instant; `null` on a server, and until there is a license. */
  readonly decision: Decision | null;
  /** Whether a call of a component is running. */
  readonly busy: boolean;
  /** The error of the last call, which is `null` once another call begins, or the error that prevented the license. */
  readonly error: LicenseError | LicenseFailure | null;
  /** The license itself, whose methods reject on failure. */
  readonly license: Held | null;
}

/** The calls for components. A failed call resolves to `undefined`, and `error` has the reason. */
export interface LicenseCalls<Feature extends string = string> {
  /** See `License.allows`; `false` without a license, and on a server. */
  allows(this: void, feature: Feature): boolean;
  /**
   * See `License.explain`. Until there is a license, and on a server: not allowed, with an empty `message`. If the
   * license could not be created, `message` is that of the `error`.
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
}

/** The explanation of every feature until there is a license. */
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
  /** The error if the license could not be created. */
  #refusal: LicenseError | undefined;
  #isInUse = false;
  #stop: (() => void) | undefined;

  constructor(license?: License) {
    this.#license = license;
    this.#state = { decision: null, busy: false, error: null, license: license ?? null, ...this.#calls() };
    // server and page must render the same, even if only one of them has a license
    this.#initial = { ...this.#state, allows: () => false, explain: () => UNKNOWN };
  }

  /** Creates the license, unless there is one already. Returns a function that disposes of it. */
  open(make: () => PromiseLike<License>): () => void {
    this.#isInUse = true;
    if (!this.#made) void this.#run(() => this.#make(make));
    return () => {
      this.#isInUse = false;
      // not at once: StrictMode ends each effect, and starts it again
      setTimeout(() => this.#isInUse || this.#disposeMade());
    };
  }

  /** Refreshes if that is due, or if access is not allowed: the network may be back since the license was created. */
  refresh(): void {
    const refresh = async (): Promise<unknown> => this.#license?.refresh();
    // the decision has the problem
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
    // the components may be gone meanwhile
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
   * Disposes of the license. Only a client has `dispose`, to end timers and free memory; `window.license` of Electron
   * does not.
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
    // without a license every call fails, for the same reason
    this.#change({ busy: true, error: this.#refusal ?? null });
    let error: unknown = null;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      return undefined;
    } finally {
      this.#running -= 1;
      // another call's error stays
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
    };
  }

  /** Calls a method of the license, once there is one. */
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
 * Creates the license. Also logs an error for the developer: an app that does not show `error` would render nothing,
 * without any visible reason.
 */
async function createLicense(make: () => PromiseLike<License>): Promise<License> {
  try {
    return await make();
  } catch (error) {
    console.error("polar-license: the license could not be created", error);
    throw error;
  }
}
