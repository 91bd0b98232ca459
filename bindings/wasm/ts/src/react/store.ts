/**
 * What is drawn of a license, as one value that is replaced when something changes: the decision, and the calls that
 * components have started. Knows nothing of React, and never rejects: what fails is part of the value.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { ActivateOptions, CallOptions, Deactivation, License, LicenseClient } from "../license.js";
import type { Decision, Explanation } from "../types.js";

/** What `useLicense` returns. Its methods stay the same ones once the page has taken over, and those that ask never reject. */
export interface LicenseState<Feature extends string = string, Held = License<Feature>> extends LicenseCalls<Feature> {
  /** The decision at this instant; `null` on a server, and until the license is there. */
  readonly decision: Decision | null;
  /** Whether a call that a component has started is under way. */
  readonly busy: boolean;
  /** Why the last call failed, or the license could not be made; the former is `null` once another one begins. */
  readonly error: LicenseError | LicenseFailure | null;
  /** The license itself, whose methods reject. */
  readonly license: Held | null;
}

/** What components call. The promises resolve to `undefined` if the call failed: `error` says why. */
export interface LicenseCalls<Feature extends string = string> {
  /** As `License.allows`; `false` without a license, and on a server. */
  allows(this: void, feature: Feature): boolean;
  /**
   * As `License.explain`. Until the license is there, and on a server, not allowed and with an empty `message`; if the license
   * could not be made, its `message` is that of the `error`.
   */
  explain(this: void, feature: Feature): Explanation;
  /** As `License.activate`. */
  activate(this: void, key?: string | null, options?: ActivateOptions): Promise<Decision | undefined>;
  /** As `License.validate`. */
  validate(this: void, options?: CallOptions): Promise<Decision | undefined>;
  /** As `License.refresh`. */
  refresh(this: void, options?: CallOptions): Promise<Decision | undefined>;
  /** As `License.consume`. */
  consume(this: void, count?: number, options?: CallOptions): Promise<Decision | undefined>;
  /** As `License.deactivate`. */
  deactivate(this: void, options?: CallOptions): Promise<Deactivation | undefined>;
  /** As `License.forget`. */
  forget(this: void, options?: CallOptions): Promise<Decision | undefined>;
}

/** What is known of every feature until the license is there. */
const UNKNOWN: Explanation = Object.freeze({
  allowed: false,
  reason: "not_licensed",
  nextStep: "none",
  nextUrl: null,
  message: "",
  detail: "there is no license yet; wait for the `decision`",
});

/** One license that components draw. */
export class Store {
  readonly #listeners = new Set<() => void>();
  /** What a server draws, and a page before it takes over. */
  readonly #initial: LicenseState;
  #license: License | undefined;
  #state: LicenseState;
  #running = 0;
  /** The license that this store has made, which nobody else ends. */
  #made: Promise<License> | undefined;
  /** Why the license could not be made. */
  #refusal: LicenseError | undefined;
  #isInUse = false;
  #stop: (() => void) | undefined;

  constructor(license?: License) {
    this.#license = license;
    this.#state = { decision: null, busy: false, error: null, license: license ?? null, ...this.#calls() };
    // a license that only one of the two has must not make a difference
    this.#initial = { ...this.#state, allows: () => false, explain: () => UNKNOWN };
  }

  /** Makes the license, unless it is there already. Returns how to dispose of it. */
  open(make: () => PromiseLike<License>): () => void {
    this.#isInUse = true;
    if (!this.#made) void this.#run(() => this.#make(make));
    return () => {
      this.#isInUse = false;
      // not at once: StrictMode ends each effect, and begins it again
      setTimeout(() => this.#isInUse || this.#disposeMade());
    };
  }

  /** Asks Polar if that is due, or if access is not allowed: the network may be back since the license was made. */
  refresh(): void {
    const refresh = async (): Promise<unknown> => this.#license?.refresh();
    // the decision says what went wrong
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
    const making = made(make);
    this.#made = making;
    // what draws it may have gone meanwhile
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

  /** Only a client has timers and memory to return; `window.license` of Electron has not. */
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
    // why there is no license is true for every call
    this.#change({ busy: true, error: this.#refusal ?? null });
    let error: unknown = null;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
      return undefined;
    } finally {
      this.#running -= 1;
      // what another call has failed with stays
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

  /** Calls a method of the license, once it is there. */
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

/** Says it to the developer too: an app that does not show `error` would draw nothing, and nobody would know why. */
async function made(make: () => PromiseLike<License>): Promise<License> {
  try {
    return await make();
  } catch (error) {
    console.error("polar-license: the license could not be made", error);
    throw error;
  }
}
