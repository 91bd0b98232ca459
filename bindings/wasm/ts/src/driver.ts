/**
 * Carries the engine's steps out with a store, `fetch` and timers. Decides nothing about licenses; never waits without an
 * end, and never leaves a promise unsettled.
 */

import type { Change, Engine, Operation, Outcome, Result, Step } from "./engine.js";
import { words } from "./error.js";
import type { Store } from "./storage.js";
import { type Clock, pause, within } from "./time.js";
import { type Fetch, post } from "./transport.js";

/** How long the store may take for one step. */
const STORE_LIMIT_MS = 5_000;

/** What a client runs on. */
export interface Host {
  store: Store;
  fetch: Fetch;
  clock: Clock;
}

/** What ends an operation early, and what it came across. */
export interface Context {
  signal: AbortSignal;
  /** What `fetch` or the store threw last. */
  cause?: unknown;
  /** Whether a request has left. */
  sent?: boolean;
}

export const CANCELLED = "cancelled before anything was sent";

/** Carries an operation out, from its first step to its last. */
export type Run = (engine: Engine, operation: Operation, context: Context) => Promise<Outcome>;

/** For the operations of one engine. */
export function driver({ store, fetch, clock }: Host): Run {
  /** Aborts when an operation ends, for those that wait for it. */
  let ends = new AbortController();

  const carryOut = async (engine: Engine, step: Exclude<Step, { do: "done" }>, context: Context): Promise<Result> => {
    const { signal } = context;
    switch (step.do) {
      case "store":
        return within(STORE_LIMIT_MS, update(store, engine, step.number), tooLate).then(
          () => ({}),
          (cause: unknown) => ({ problem: words(cause), cause }),
        );
      case "send":
        await pause(step.notBefore - clock.monotonic(), signal);
        if (signal.aborted) return { failure: "cancelled", sent: false, message: CANCELLED, cause: signal.reason };
        context.sent = true;
        return post(fetch, step, signal);
      case "join":
        await pause(step.until - clock.monotonic(), signal, ends.signal);
        return signal.aborted ? { cancelled: true, cause: signal.reason } : {};
    }
  };

  return async (engine, operation, context) => {
    let step = engine.ask(operation);
    try {
      while (step.do !== "done") {
        const { body, cause = context.cause, ...answer } = await carryOut(engine, step, context);
        context.cause = cause;
        step = engine.ask({ do: "resume", number: step.number, ...answer }, body);
      }
      return step;
    } finally {
      ends.abort();
      ends = new AbortController();
    }
  };
}

/**
 * Does to the stored record what the engine says. Looks without the lock first: most reads change nothing, and a record is
 * replaced as a whole. Once the engine goes on without it, it finds that nobody waits for it.
 */
async function update(store: Store, engine: Engine, number: number): Promise<void> {
  const merge = async (): Promise<Change> => {
    let stored: Uint8Array | undefined;
    try {
      stored = bytesOf(await store.load());
    } catch (error) {
      engine.ask({ do: "merge", number, unreadable: true });
      throw error;
    }
    return engine.ask({ do: "merge", number }, stored);
  };
  if ((await merge()).change === "keep") return;
  await store.locked(async () => {
    const change = await merge();
    if (change.change === "put") await store.save(change.record, change.durable);
    else if (change.change === "remove") await store.remove();
  });
}

function tooLate(): never {
  throw new Error("the storage did not answer in time");
}

/** What a store has loaded, which may be the app's own. */
function bytesOf(loaded: unknown): Uint8Array | undefined {
  if (loaded == null) return undefined;
  if (!ArrayBuffer.isView(loaded)) throw new Error("the storage holds something else than bytes");
  return new Uint8Array(loaded.buffer, loaded.byteOffset, loaded.byteLength);
}
