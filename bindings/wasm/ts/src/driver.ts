/**
 * The JavaScript driver: executes the engine's steps with a store, `fetch` and timers. Makes no licensing decision,
 * never waits without a limit, and never leaves a promise unsettled.
 */

import type { Engine, Now } from "./engine.js";
import { words } from "./error.js";
import type { Fetch } from "./fetch.js";
import type { Store, Turn } from "./storage.js";
import { type Clock, pause, waitUntil, within } from "./time.js";
import { exchange } from "./transport.js";
import type * as compiled from "./wasm-bindgen.js";

/** The parts of the platform that a client uses. */
export interface Host {
  store: Store;
  fetch: Fetch;
  clock: Clock;
}

/** The signal that cancels an operation, and facts that the driver records while the operation runs. */
export interface Context {
  signal: AbortSignal;
  /** The last exception that `fetch` or the store has thrown. */
  cause?: unknown;
  /** Whether a request was sent. */
  sent?: boolean;
}

/** A function that starts an operation in the engine, and returns the operation's first step. */
export type Operation = (engine: compiled.Engine, now: Now) => compiled.Step;

/** Reads the stored record. */
export const OPEN: Operation = (engine, now) => engine.open(...now);

/** The result of an operation. */
export type Outcome = StepTo<"done">;

/** A function that runs an operation from its first step to its last. */
export type Run = (engine: Engine, operation: Operation, context: Context) => Promise<Outcome>;

type StepTo<What extends compiled.Step["do"]> = Extract<compiled.Step, { do: What }>;

export const CANCELLED = "cancelled before anything was sent";

/** Creates the function that runs the operations of one client. */
export function driver(host: Host): Run {
  const { store, clock } = host;
  /** Aborts when any operation ends. Operations that wait at a `join` step then check whether they can continue. */
  let ends = new AbortController();

  const untilDone = async (engine: Engine, first: compiled.Step, context: Context): Promise<Outcome> => {
    let step = first;
    while (step.do !== "done") {
      switch (step.do) {
        case "turn":
          return inTurn(engine, step, context);
        case "store":
          step = await update(host, engine, step, context);
          break;
        case "send":
          step = await send(host, engine, step, context);
          break;
        case "join":
          step = await join(host, engine, step, context, ends.signal);
          break;
      }
    }
    return step;
  };

  /**
   * Executes a `turn` step: waits until no other tab or process is sending requests. Then keeps the turn until the
   * operation is done, so that the others wait.
   */
  const inTurn = async (engine: Engine, step: StepTo<"turn">, context: Context): Promise<Outcome> => {
    const { number, until } = step;
    const { signal } = context;
    const goOn = async (turn: Turn): Promise<Outcome> => {
      const next = engine.call((engine, now) => {
        return signal.aborted ? engine.cancel(number, ...now) : engine.resumeTurn(number, turn, ...now);
      });
      if (signal.aborted) context.cause = signal.reason;
      return untilDone(engine, next, context);
    };
    // `alone` may be a method of the app's own store. If the store has a bug, it may call `once` twice, or not at all.
    // The operation nevertheless runs exactly once.
    let running: Promise<Outcome> | undefined;
    const once = (turn: Turn): Promise<Outcome> => (running ??= goOn(turn));
    try {
      await store.alone?.(Math.max(0, until - clock.monotonic()), signal, once);
    } catch (error) {
      context.cause = error;
    }
    return once("taken");
  };

  return async (engine, operation, context) => {
    try {
      return await untilDone(engine, engine.call(operation), context);
    } finally {
      ends.abort();
      ends = new AbortController();
    }
  };
}

/** Executes a `store` step. */
async function update(
  { store, clock }: Host,
  engine: Engine,
  step: StepTo<"store">,
  context: Context,
): Promise<compiled.Step> {
  await waitUntil(step.notBefore, clock, context.signal);
  const problem = await within(step.timeoutMs, write(store, engine, step, clock), tooLate).then(
    () => undefined,
    (cause: unknown) => {
      context.cause = cause;
      return words(cause);
    },
  );
  return engine.call((engine, now) => engine.resumeStore(step.number, problem, ...now));
}

/** Executes a `send` step. */
async function send(
  { fetch, clock }: Host,
  engine: Engine,
  step: StepTo<"send">,
  context: Context,
): Promise<compiled.Step> {
  const { number } = step;
  const { signal } = context;
  await waitUntil(step.notBefore, clock, signal);
  context.sent ||= !signal.aborted;
  const answer = signal.aborted
    ? ({ failure: "cancelled", sent: false, message: CANCELLED, cause: signal.reason } as const)
    : await exchange(fetch, step, signal);
  if ("cause" in answer) context.cause = answer.cause;
  return engine.call((engine, now) =>
    "failure" in answer
      ? engine.resumeFailure(number, answer.failure, answer.sent, answer.message, ...now)
      : engine.resumeReply(number, answer.status, engine.retryAfter(...answer.headers), answer.body, ...now),
  );
}

/**
 * Executes a `join` step: waits until another operation ends or the time is up. The signal `ends` is aborted when an
 * operation ends.
 */
async function join(
  { clock }: Host,
  engine: Engine,
  { number, until }: StepTo<"join">,
  context: Context,
  ends: AbortSignal,
): Promise<compiled.Step> {
  const { signal } = context;
  await pause(until - clock.monotonic(), signal, ends);
  if (signal.aborted) context.cause = signal.reason;
  return engine.call((engine, now) =>
    signal.aborted ? engine.cancel(number, ...now) : engine.resumeJoin(number, ...now),
  );
}

/**
 * Merges the operation's changes into the stored record. The first read and merge happen without the lock, because most
 * merges change nothing. Reading without the lock is safe, because a record is always replaced as a whole. If the
 * operation no longer waits for this write, the engine returns `keep`, and the record stays as it is.
 */
async function write(store: Store, engine: Engine, step: StepTo<"store">, clock: Clock): Promise<void> {
  const { number, until } = step;
  const merge = async (): Promise<compiled.Change> => {
    let stored: Uint8Array | undefined;
    try {
      stored = bytesOf(await store.load());
    } catch (error) {
      engine.call((engine, now) => engine.merge(number, undefined, true, ...now));
      throw error;
    }
    return engine.call((engine, now) => engine.merge(number, stored, false, ...now));
  };
  if ((await merge()).do === "keep") return;
  const work = async (): Promise<void> => {
    const change = await merge();
    if (change.do === "put") await store.save(change.record, change.durable);
    else if (change.do === "remove") await store.remove();
  };
  await store.locked(work, Math.max(0, until - clock.monotonic()));
}

function tooLate(): never {
  throw new Error("the storage did not answer in time");
}

/** Returns the bytes that a store has loaded. Checks their type, because the store may be code of the app. */
function bytesOf(loaded: unknown): Uint8Array | undefined {
  if (loaded == null) return undefined;
  if (!ArrayBuffer.isView(loaded)) throw new Error("the storage must return bytes");
  return new Uint8Array(loaded.buffer, loaded.byteOffset, loaded.byteLength);
}
