/**
 * For a preload script: gives the page `window.license`, which asks the client in the main process. Holds the decision
 * that the main process sent last, and nothing else; never makes one up.
 *
 * A sandboxed preload script cannot load packages, so bundle it. Imports nothing of Electron.
 */

import type { Deactivated, Decision } from "../types.js";
import { CALL, type Call, CHANGE, CURRENT, type Decided, failure, type Reply } from "./protocol.js";

export type { LicenseFailure } from "./protocol.js";

/**
 * `window.license`: the license of the app, as a page sees it. Calls reject with a `LicenseFailure`, a plain object;
 * they take no `AbortSignal`, which cannot cross into the preload script, and end by themselves after 35 s at most.
 */
export interface RendererLicense {
  /** The decision that the main process sent last. */
  current(): Decision;
  /** Whether a feature is on in that decision. A feature that is not configured is off. */
  allows(feature: string): boolean;
  /** As `LicenseClient.activate`. */
  activate(key?: string | null, options?: { replacePrevious?: boolean }): Promise<Decision>;
  /** As `LicenseClient.validate`. */
  validate(): Promise<Decision>;
  /** As `LicenseClient.refresh`. */
  refresh(): Promise<Decision>;
  /** As `LicenseClient.consume`. */
  consume(count?: number): Promise<Decision>;
  /** As `LicenseClient.deactivate`. */
  deactivate(): Promise<Decision & { deactivated: Deactivated }>;
  /** As `LicenseClient.forget`. */
  forget(): Promise<Decision>;
  /** Calls `listener` with each decision that differs from the one before, whichever window caused it. */
  on(event: "change", listener: (decision: Decision) => void): () => void;
}

/** What is used of Electron's `contextBridge`. */
export interface Bridge {
  exposeInMainWorld(name: string, api: any): void;
}

/** What is used of Electron's `ipcRenderer`. */
export interface RendererIpc {
  invoke(channel: string, ...args: any[]): Promise<any>;
  sendSync(channel: string, ...args: any[]): any;
  on(channel: string, listener: (event: any, ...args: any[]) => void): unknown;
}

/** Exposes a `RendererLicense` as `window.license`, or under another name. */
export function exposeLicense(contextBridge: Bridge, ipcRenderer: RendererIpc, name = "license"): void {
  const mirror = new Mirror(ipcRenderer);
  contextBridge.exposeInMainWorld(name, rendererLicense(mirror));
}

/** Closures rather than a class: what crosses is copied, without prototypes. */
function rendererLicense(mirror: Mirror): RendererLicense {
  const decision = async (call: Call): Promise<Decision> => (await mirror.call(call)).decision;
  return {
    current: () => mirror.current(),
    allows: (feature) => mirror.current().features[feature] === true,
    activate: (key, options) => {
      const text = key == null ? null : String(key);
      return decision({ method: "activate", key: text, replacePrevious: options?.replacePrevious === true });
    },
    validate: () => decision({ method: "validate" }),
    refresh: () => decision({ method: "refresh" }),
    consume: (count = 1) => decision({ method: "consume", count: Number(count) }),
    deactivate: async () => {
      const { decision, deactivated } = await mirror.call({ method: "deactivate" });
      return { ...decision, deactivated: deactivated ?? "unknown" };
    },
    forget: () => decision({ method: "forget" }),
    on: (event, listener) => {
      // a plain `Error`, since its class does not cross either
      if (event !== "change" || typeof listener !== "function") {
        throw new Error("the only event is `change`, and it needs a function to call");
      }
      return mirror.listen(listener);
    },
  };
}

const SHARE_FIRST = "the main process has to call shareLicense before it opens windows";

class Mirror {
  readonly #ipc: RendererIpc;
  readonly #listeners = new Set<{ call: (decision: Decision) => void }>();
  #latest: Decided | undefined;

  constructor(ipc: RendererIpc) {
    this.#ipc = ipc;
    ipc.on(CHANGE, (_, change: Decided) => {
      if (this.#take(change)) this.#emit(change.decision);
    });
    // if it fails, so do the calls, whose errors say why
    this.call({ method: "follow" }).catch(() => undefined);
  }

  /**
   * A page that draws itself before the first decision has arrived waits for it, rather than showing for a moment what
   * is not true. The main process answers from memory.
   */
  current(): Decision {
    if (!this.#latest) this.#accept(this.#ipc.sendSync(CURRENT));
    if (!this.#latest) throw new Error(SHARE_FIRST);
    return this.#latest.decision;
  }

  async call(call: Call): Promise<Decided> {
    let reply: Reply;
    try {
      reply = await this.#ipc.invoke(CALL, call);
    } catch {
      // Electron's message names its channels and methods
      throw failure("internal", `the main process did not answer; ${SHARE_FIRST}`);
    }
    if ("error" in reply) throw reply.error;
    this.#take(reply);
    return reply;
  }

  listen(call: (decision: Decision) => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  #accept(reply: Reply | null | undefined): void {
    if (!reply) return;
    if ("error" in reply) throw new Error(reply.error.message);
    this.#take(reply);
  }

  /** Whether it is later than what is known. */
  #take(decided: Decided): boolean {
    if (this.#latest && decided.at <= this.#latest.at) return false;
    this.#latest = decided;
    return true;
  }

  #emit(decision: Decision): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(decision);
      } catch (error) {
        console.error("polar-license: a listener failed", error);
      }
    }
  }
}
