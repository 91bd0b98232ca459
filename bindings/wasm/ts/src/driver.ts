/**
 * Carries the engine's steps out with a store, `fetch` and timers. Decides nothing about licenses; never waits without an
 * end, and never leaves a promise unsettled.
 */

import type { Change, LivingEngine, Outcome, Step } from "./engine.js";
import { words } from "./error.js";
import type { Store } from "./storage.js";
import { after, type Clock, within } from "./time.js";
import { type Fetch, post } from "./transport.js";

/** How long the store may take for one step. */
const STORE_LIMIT_MS = 5_000;

/** What ends an operation early, and what it came across. */
export interface Context {
  signal: AbortSignal | undefined;
  /** What `fetch` or the store threw last. */
  cause?: unknown;
  /** Whether a request has left. */
  sent?: boolean;
}

type Of<Kind extends Step["do"]> = Extract<Step, { do: Kind }>;

export class Driver {
  readonly #store: Store;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(store: Store, fetch: Fetch, clock: Clock) {
    this.#store = store;
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** The wall clock and the monotonic one, as the engine takes them. */
  now(): [wall: number, mono: number] {
    return [this.#clock.now(), this.#clock.monotonic()];
  }

  async run(engine: LivingEngine, first: Step, context: Context): Promise<Outcome> {
    try {
      let step = first;
      for (;;) {
        if (step.do === "done") return step;
        else if (step.do === "store") step = await this.#carryOutStore(engine, step, context);
        else if (step.do === "send") step = await this.#send(engine, step, context);
        else step = await this.#join(engine, step, context);
      }
    } finally {
      for (const wake of this.#waiting) wake();
    }
  }

  /** Looks without the lock first: most reads change nothing, and a record is replaced as a whole. */
  async #carryOutStore(engine: LivingEngine, { number }: Of<"store">, context: Context): Promise<Step> {
    let over = false;
    const readAndMerge = async (): Promise<Change> => {
      let stored: Uint8Array | undefined;
      let problem: { thrown: unknown } | undefined;
      try {
        stored = bytesOf(await this.#store.load());
      } catch (thrown) {
        problem = { thrown };
      }
      if (over) return { change: "keep" };
      const change = engine.call((it) => it.merge(number, stored, !problem, ...this.now()));
      if (problem) throw problem.thrown;
      return change;
    };
    const work = async (): Promise<undefined> => {
      if ((await readAndMerge()).change === "keep") return undefined;
      await this.#store.locked(async () => {
        const change = await readAndMerge();
        if (change.change === "put") await this.#store.save(change.record, change.durable);
        else if (change.change === "remove") await this.#store.remove();
      });
      return undefined;
    };
    const late = "the storage did not answer in time";
    const problem = await within(STORE_LIMIT_MS, work(), late).catch((thrown: unknown) => {
      context.cause = thrown;
      return words(thrown);
    });
    over = true;
    return engine.call((it) => it.stored(number, problem, ...this.now()));
  }

  async #send(engine: LivingEngine, step: Of<"send">, context: Context): Promise<Step> {
    const { signal } = context;
    await pause(step.notBefore - this.now()[1], signal);
    if (signal?.aborted) {
      const message = "cancelled before anything was sent";
      context.cause = signal.reason;
      return engine.call((it) => it.failed(step.number, "cancelled", false, message, ...this.now()));
    }
    context.sent = true;
    const answer = await post(this.#fetch, step, signal);
    if ("status" in answer) {
      const { status, retryAfter, body } = answer;
      return engine.call((it) => it.replied(step.number, status, retryAfter, body, ...this.now()));
    }
    context.cause = answer.cause;
    const { failure, sent, message } = answer;
    return engine.call((it) => it.failed(step.number, failure, sent, message, ...this.now()));
  }

  async #join(engine: LivingEngine, step: Of<"join">, context: Context): Promise<Step> {
    const { signal } = context;
    for (;;) {
      const left = step.until - this.now()[1];
      const cancelled = signal?.aborted ?? false;
      if (cancelled) context.cause = signal?.reason;
      const over = left <= 0 || cancelled || engine.call((it) => it.hasEnded(step.number));
      if (over) return engine.call((it) => it.joined(step.number, cancelled, ...this.now()));
      await pause(left, signal, this.#waiting);
    }
  }
}

/** What a store has loaded, which may be the app's own. */
function bytesOf(loaded: unknown): Uint8Array | undefined {
  if (loaded == null) return undefined;
  if (!ArrayBuffer.isView(loaded)) throw new Error("the storage holds something else than bytes");
  return new Uint8Array(loaded.buffer, loaded.byteOffset, loaded.byteLength);
}

/** Resolves after `ms`, when `signal` aborts, or when somebody calls what is in `wakers`. */
function pause(ms: number, signal: AbortSignal | undefined, wakers?: Set<() => void>): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      signal?.removeEventListener("abort", end);
      wakers?.delete(end);
      resolve();
    };
    const stop = after(ms, end);
    signal?.addEventListener("abort", end);
    wakers?.add(end);
  });
}
