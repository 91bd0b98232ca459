/**
 * Carries out the portal's steps. Makes no decision about licenses, reveals no content of the requests and replies, and
 * settles every promise.
 */

import { checkedSignal, onAbort } from "../abort.js";
import { type Client, OPEN } from "../client.js";
import type { Engine, Now } from "../engine.js";
import { errorOf, LicenseError, type Texts, words, worded } from "../error.js";
import type { Fetch } from "../fetch.js";
import { type Clock, waitUntil } from "../time.js";
import { exchange } from "../transport.js";
import type * as compiled from "../wasm-bindgen-portal.js";
import type { WaitOptions } from "./options.js";
import { report, type RunPortal } from "./run.js";

/** The parts of a client that its portal uses. */
export interface PortalHost {
  client: Client;
  /** Returns the client's engine. Creates it if the client has none yet. */
  engine(): Engine;
  fetch: Fetch;
  clock: Clock;
  texts: Texts;
  /** Aborts when the client is disposed of. */
  disposal: AbortSignal;
}

type StepTo<What extends compiled.PortalStep["do"]> = Extract<compiled.PortalStep, { do: What }>;

/** Creates the function that runs the operations of one client's portal. */
export function portalDriver(host: PortalHost): RunPortal {
  const { client, fetch, clock, disposal } = host;

  return async (request, options) => {
    const scope = new AbortController();
    const { signal } = scope;
    const sending: Sending = { hasSent: false };
    let stops: ((() => void) | undefined)[] = [];
    try {
      const parents = [checkedSignal(options.signal), disposal];
      stops = parents.map((parent) => parent && onAbort(parent, () => scope.abort(parent.reason)));
      // after a trap, the client creates a new engine here and loads the stored license into it
      if (host.engine().hasStopped) await client.run(OPEN);
      const engine = host.engine();
      const json = JSON.stringify(request(engine));
      const first = call(engine, (engine, now) => engine.callPortal(json, ...now));
      const last = await untilDone(engine, first, signal, sending, options);
      if (last.do === "failed") throw errorOf(last.error, null, signal.aborted ? signal.reason : undefined);
      const { number, reply, address } = last;
      return { holder: engine, release: () => releaseReply(engine, number), json: reply, address };
    } catch (error) {
      throw explained(error, sending, signal);
    } finally {
      for (const stop of stops) stop?.();
    }
  };

  async function untilDone(
    engine: Engine,
    first: compiled.PortalStep,
    signal: AbortSignal,
    sending: Sending,
    { onProgress }: WaitOptions,
  ): Promise<StepTo<"done" | "failed">> {
    let step = first;
    try {
      while (step.do !== "done" && step.do !== "failed") {
        switch (step.do) {
          case "run":
            step = await run(engine, step, signal);
            break;
          case "exchange":
            step = await send(engine, step, signal, sending);
            break;
          case "wait":
            report(onProgress, step.progress);
            step = await wait(engine, step, signal);
            break;
        }
      }
      return step;
    } catch (error) {
      giveUp(engine, step);
      throw error;
    }
  }

  async function run(engine: Engine, { number }: StepTo<"run">, signal: AbortSignal): Promise<compiled.PortalStep> {
    // the step belongs to the engine that has stopped, and a new engine does not know it
    if (engine.hasStopped) throw new LicenseError("internal", "the licensing engine has stopped; begin again");
    await client.run((engine, now) => (engine as compiled.Engine).run(number, ...now), signal);
    return call(engine, (engine, now) => engine.resumeRun(number, ...now));
  }

  async function send(
    engine: Engine,
    step: StepTo<"exchange">,
    signal: AbortSignal,
    sending: Sending,
  ): Promise<compiled.PortalStep> {
    const { number } = step;
    if (signal.aborted) {
      const message = "cancelled before anything was sent";
      return call(engine, (engine, now) => engine.resumePortalFailure(number, "cancelled", false, message, ...now));
    }
    sending.hasSent = true;
    const answer = await exchange(fetch, step, signal);
    return call(engine, (engine, now) => {
      if ("failure" in answer) {
        const { failure, sent } = answer;
        // does not pass on `fetch`'s message, because it may contain a secret from the request, such as its address or
        // a header
        const message = failure === "network" ? "Polar could not be reached" : answer.message;
        return engine.resumePortalFailure(number, failure, sent, message, ...now);
      }
      const { status, headers, location, body } = answer;
      return engine.resumePortalReply(number, status, engine.retryAfter(...headers), location, body, ...now);
    });
  }

  async function wait(engine: Engine, step: StepTo<"wait">, signal: AbortSignal): Promise<compiled.PortalStep> {
    await waitUntil(step.until, clock, signal);
    return call(engine, (engine, now) => engine.resumeWait(step.number, signal.aborted, ...now));
  }

  /** Converts a failure to an error with the app's messages and the present decision. */
  function explained(thrown: unknown, sending: Sending, signal: AbortSignal): LicenseError {
    const decision = client.current();
    if (disposal.aborted) {
      const ended = new LicenseError("cancelled", "the client was disposed", { maybeApplied: sending.hasSent });
      return withDecision(worded(ended, host.texts), decision, signal.reason);
    }
    if (thrown instanceof LicenseError) return withDecision(thrown, decision, thrown.cause);
    const defect = new LicenseError("internal", words(thrown), { maybeApplied: sending.hasSent });
    return withDecision(worded(defect, host.texts), decision, thrown);
  }
}

/** The requests that one operation sends. */
interface Sending {
  /** Whether the operation has sent a request. */
  hasSent: boolean;
}

function call<T>(engine: Engine, method: (engine: compiled.Engine, now: Now) => T): T {
  return engine.call((engine, now) => method(engine as compiled.Engine, now));
}

/** Makes the engine wipe the values of a reply. */
function releaseReply(engine: Engine, number: number): void {
  try {
    call(engine, (engine) => engine.releaseReply(number));
  } catch {
    // nothing to do: the engine has stopped, and its memory is gone
  }
}

/** Makes the engine forget a step and the secrets in it. */
function giveUp(engine: Engine, step: compiled.PortalStep): void {
  if (step.do === "done" || step.do === "failed") return;
  try {
    call(engine, (engine) => engine.giveUp(step.number));
  } catch {
    // nothing to do: the engine has stopped, and its memory is gone
  }
}

function withDecision(error: LicenseError, decision: LicenseError["decision"], cause: unknown): LicenseError {
  const { kind, detail, message, ...known } = error;
  return new LicenseError(kind, detail, { ...known, message: error.message, decision, cause });
}
