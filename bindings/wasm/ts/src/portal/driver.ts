/**
 * Carries out the steps that the engine returns for the portal's operations. Makes no decision about licenses, never
 * shows the content of a request or reply, and settles every promise.
 */

import { checkedSignal, onAbort } from "../abort.js";
import type { Client } from "../client.js";
import { OPEN } from "../driver.js";
import type { Engine, Now } from "../engine.js";
import { errorOf, LicenseError, type Texts, words, worded } from "../error.js";
import type { Fetch } from "../fetch.js";
import { type Clock, waitUntil } from "../time.js";
import { exchange } from "../transport.js";
import type * as compiled from "../wasm-bindgen-portal.js";
import type { WaitOptions } from "./options.js";
import { type Reply, report, type RunPortal } from "./run.js";

/** The parts of a client that its portal uses. */
export interface PortalHost {
  client: Client;
  /** Returns the client's engine. If the client has no engine yet, creates it. */
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
  return async (request, options) => {
    const scope = new AbortController();
    const running = new Running(host, scope.signal, options);
    let stops: ((() => void) | undefined)[] = [];
    try {
      const parents = [checkedSignal(options.signal), host.disposal];
      stops = parents.map((parent) => parent && onAbort(parent, () => scope.abort(parent.reason)));
      return await running.carryOut(request);
    } catch (error) {
      throw running.explained(error);
    } finally {
      for (const stop of stops) stop?.();
    }
  };
}

/** A running operation. */
class Running {
  readonly #host: PortalHost;
  readonly #signal: AbortSignal;
  readonly #options: WaitOptions;
  /** Whether the operation has sent a request. */
  #hasSent = false;

  constructor(host: PortalHost, signal: AbortSignal, options: WaitOptions) {
    this.#host = host;
    this.#signal = signal;
    this.#options = options;
  }

  async carryOut(request: Parameters<RunPortal>[0]): Promise<Reply> {
    const { client, engine: latest } = this.#host;
    // if the engine has crashed, `run` first creates a new engine and loads the stored license into it
    if (latest().hasStopped) await client.run(OPEN);
    const engine = latest();
    const json = JSON.stringify(request(engine));
    const first = call(engine, (engine, now) => engine.callPortal(json, ...now));
    const last = await this.#untilDone(engine, first);
    if (last.do === "failed") throw errorOf(last.error, null, this.#signal.aborted ? this.#signal.reason : undefined);
    const { number, reply, address } = last;
    return { holder: engine, release: () => releaseReply(engine, number), json: reply, address };
  }

  /** Converts a failure to an error that has the app's texts and the current decision. */
  explained(thrown: unknown): LicenseError {
    const { client, disposal, texts } = this.#host;
    const decision = client.current();
    const maybeApplied = this.#hasSent;
    if (disposal.aborted) {
      const ended = new LicenseError("cancelled", "the client was disposed", { maybeApplied });
      return withDecision(worded(ended, texts), decision, this.#signal.reason);
    }
    if (thrown instanceof LicenseError) return withDecision(thrown, decision, thrown.cause);
    const defect = new LicenseError("internal", words(thrown), { maybeApplied });
    return withDecision(worded(defect, texts), decision, thrown);
  }

  async #untilDone(engine: Engine, first: compiled.PortalStep): Promise<StepTo<"done" | "failed">> {
    let step = first;
    try {
      while (step.do !== "done" && step.do !== "failed") {
        switch (step.do) {
          case "run":
            step = await this.#run(engine, step);
            break;
          case "exchange":
            step = await this.#send(engine, step);
            break;
          case "wait":
            report(this.#options.onProgress, step.progress);
            step = await this.#wait(engine, step);
            break;
        }
      }
      return step;
    } catch (error) {
      giveUp(engine, step);
      throw error;
    }
  }

  async #run(engine: Engine, { number }: StepTo<"run">): Promise<compiled.PortalStep> {
    // the step belongs to the engine that has stopped, and a new engine does not know it
    if (engine.hasStopped) throw new LicenseError("internal", "the licensing engine has stopped; begin again");
    await this.#host.client.run((engine, now) => (engine as compiled.Engine).run(number, ...now), this.#signal);
    return call(engine, (engine, now) => engine.resumeRun(number, ...now));
  }

  async #send(engine: Engine, step: StepTo<"exchange">): Promise<compiled.PortalStep> {
    const { number } = step;
    if (this.#signal.aborted) {
      const message = "cancelled before anything was sent";
      return call(engine, (engine, now) => engine.resumePortalFailure(number, "cancelled", false, message, ...now));
    }
    this.#hasSent = true;
    const answer = await exchange(this.#host.fetch, step, this.#signal);
    return call(engine, (engine, now) => {
      if ("failure" in answer) {
        const { failure, sent } = answer;
        // does not pass on the message of `fetch`, because the message may contain a secret: it may quote the request's
        // address or a header
        const message = failure === "network" ? "Polar could not be reached" : answer.message;
        return engine.resumePortalFailure(number, failure, sent, message, ...now);
      }
      const { status, headers, location, body } = answer;
      return engine.resumePortalReply(number, status, engine.retryAfter(...headers), location, body, ...now);
    });
  }

  async #wait(engine: Engine, step: StepTo<"wait">): Promise<compiled.PortalStep> {
    await waitUntil(step.until, this.#host.clock, this.#signal);
    return call(engine, (engine, now) => engine.resumeWait(step.number, this.#signal.aborted, ...now));
  }
}

function call<T>(engine: Engine, method: (engine: compiled.Engine, now: Now) => T): T {
  return engine.call((engine, now) => method(engine as compiled.Engine, now));
}

/** Makes the engine wipe the values of a reply. */
function releaseReply(engine: Engine, number: number): void {
  try {
    call(engine, (engine) => engine.releaseReply(number));
  } catch {
    // nothing to do, because the engine has stopped and its memory is gone
  }
}

/** Makes the engine forget a step and the secrets in it. */
function giveUp(engine: Engine, step: compiled.PortalStep): void {
  if (step.do === "done" || step.do === "failed") return;
  try {
    call(engine, (engine) => engine.giveUp(step.number));
  } catch {
    // nothing to do, because the engine has stopped and its memory is gone
  }
}

function withDecision(error: LicenseError, decision: LicenseError["decision"], cause: unknown): LicenseError {
  const { kind, detail, message, ...known } = error;
  return new LicenseError(kind, detail, { ...known, message: error.message, decision, cause });
}
