/**
 * For a preload script: gives the page `window.license`, which forwards calls to the client in the main process. Stores
 * only the last decision that the main process has sent, and makes no decisions itself.
 *
 * A sandboxed preload script cannot load packages, so the app must bundle this module into its preload script. This
 * module imports nothing from Electron.
 */

import type { Progress } from "../portal/types.js";
import type { Decision, Explanation } from "../types.js";
import { type PageBridge, pageLicense } from "./page.js";
import { CALL, type Call, CANCEL, CHANGE, CURRENT, type NumberedDecision, EXPLAIN, type ExplanationReply } from "./protocol.js";
import { failure, PROGRESS, RELEASE, type Reply } from "./protocol.js";

export type { License, OfflineService } from "../license.js";
export type { LicenseFailure } from "./protocol.js";

/** The members of Electron's `contextBridge` that this module uses. */
export interface Bridge {
  exposeInMainWorld(name: string, api: any): void;
  /** Exists since Electron 35. */
  executeInMainWorld?(script: { func: (...args: any[]) => any; args?: any[] }): any;
}

/** The members of Electron's `ipcRenderer` that this module uses. */
export interface RendererIpc {
  invoke(channel: string, ...args: any[]): Promise<any>;
  send(channel: string, ...args: any[]): void;
  sendSync(channel: string, ...args: any[]): any;
  on(channel: string, listener: (event: any, ...args: any[]) => void): unknown;
}

/**
 * Gives pages a `License` as `window.license`, or under another `name`. If a call fails, it rejects with a
 * `LicenseFailure`, which is a plain object. The operations for computers that are never online work only if the main
 * process passes `offline: true` to `shareLicense`. Before Electron 35, each call of `current()` returns a new copy of
 * the decision, calls accept no `signal`, and the `text` of an answer or a return appears in logs.
 */
export function exposeLicense(contextBridge: Bridge, ipcRenderer: RendererIpc, name = "license"): void {
  const bridge = pageBridge(new Mirror(ipcRenderer));
  if (contextBridge.executeInMainWorld) contextBridge.executeInMainWorld({ func: pageLicense, args: [bridge, name] });
  else contextBridge.exposeInMainWorld(name, pageLicense({ ...bridge, isCopied: true }));
}

/**
 * Creates the bridge. Its methods are closures rather than methods of a class, because `contextBridge` copies objects
 * without their prototypes.
 */
function pageBridge(mirror: Mirror): PageBridge {
  const decision = async (call: Call): Promise<Decision> => (await mirror.call(call)).decision;
  return {
    current: () => mirror.current(),
    explain: (feature) => mirror.explain(feature),
    follow: (accept) => mirror.follow(accept),
    activate: (id, key, replacePrevious) => decision({ id, method: "activate", key, replacePrevious }),
    validate: (id) => decision({ id, method: "validate" }),
    refresh: (id) => decision({ id, method: "refresh" }),
    consume: (id, count) => decision({ id, method: "consume", count }),
    deactivate: async (id) => {
      const { decision, deactivated } = await mirror.call({ id, method: "deactivate" });
      if (!deactivated) throw failure("internal", "the main process did not report the outcome for the seat");
      return { ...decision, deactivated };
    },
    forget: (id) => decision({ id, method: "forget" }),
    startTrial: (id) => decision({ id, method: "startTrial" }),
    offlineRequest: async (id) => {
      const { text } = await mirror.call({ id, method: "offlineRequest" });
      if (text == null) throw failure("internal", "the main process did not send the text");
      return text;
    },
    offlineImport: (id, text) => decision({ id, method: "offlineImport", text }),
    offlineReturn: async (id) => {
      const { decision, text } = await mirror.call({ id, method: "offlineReturn" });
      return { decision, text: text ?? null };
    },
    offlineAnswer: async (id, text, key) => {
      const { other, text: answer } = await mirror.call({ id, method: "offlineAnswer", text, key });
      if (!other || answer == null) throw failure("internal", "the main process did not send the answer");
      return { decision: other, text: answer };
    },
    offlineRelease: async (id, text) => {
      const { other, deactivated } = await mirror.call({ id, method: "offlineRelease", text });
      if (!other || !deactivated) throw failure("internal", "the main process did not report the outcome for the seat");
      return { ...other, deactivated };
    },
    callPortal: async (id, request, onProgress) => {
      const { portal } = await mirror.call({ id, method: "portal", request }, onProgress);
      if (!portal) throw failure("internal", "the main process did not send the reply of the customer portal");
      return portal;
    },
    releaseReply: (id) => mirror.send(RELEASE, id),
    cancel: (id) => mirror.send(CANCEL, id),
  };
}

const SHARE_FIRST = "the main process has to call shareLicense before it opens windows";

class Mirror {
  readonly #ipc: RendererIpc;
  /** The functions that receive the progress of calls in flight, by call id. */
  readonly #reports = new Map<number, (progress: Progress) => void>();
  #accept: (decision: Decision) => void = () => undefined;
  #latest: NumberedDecision | undefined;

  constructor(ipc: RendererIpc) {
    this.#ipc = ipc;
    ipc.on(CHANGE, (_, change: NumberedDecision) => this.#take(change));
    ipc.on(PROGRESS, (_, id: number, progress: Progress) => this.#reports.get(id)?.(progress));
    // nothing to do: if this call fails, later calls fail too, and their errors say why
    this.call({ id: 0, method: "follow" }).catch(() => undefined);
  }

  /**
   * Returns the latest decision. The first call blocks until the main process has sent a decision, so that a page that
   * renders early does not show a wrong state. The first call takes only a moment, because the main process already has
   * the decision and does not ask Polar.
   */
  current(): Decision {
    if (!this.#latest) {
      const reply = this.#ipc.sendSync(CURRENT) as Reply | null | undefined;
      if (!reply) throw new Error(SHARE_FIRST);
      if ("error" in reply) throw new Error(reply.error.message);
      this.#latest = reply;
    }
    return this.#latest.decision;
  }

  explain(feature: string): Explanation {
    const reply = this.#ipc.sendSync(EXPLAIN, feature) as ExplanationReply | null | undefined;
    if (!reply) throw new Error(SHARE_FIRST);
    if ("error" in reply) throw new Error(reply.error.message);
    return reply;
  }

  async call(call: Call, onProgress?: (progress: Progress) => void): Promise<NumberedDecision> {
    let reply: Reply;
    if (onProgress) this.#reports.set(call.id, onProgress);
    try {
      reply = await this.#ipc.invoke(CALL, call);
    } catch {
      // Electron's own error is not passed on, because it names channels and methods
      throw failure("internal", `the main process did not answer; ${SHARE_FIRST}`);
    } finally {
      this.#reports.delete(call.id);
    }
    if ("error" in reply) throw reply.error;
    this.#take(reply);
    return reply;
  }

  send(channel: string, id: number): void {
    this.#ipc.send(channel, id);
  }

  follow(accept: (decision: Decision) => void): void {
    this.#accept = accept;
  }

  /** Accepts a decision if it is newer than the previous one. */
  #take(decided: NumberedDecision): void {
    if (this.#latest && decided.at <= this.#latest.at) return;
    this.#latest = decided;
    this.#accept(decided.decision);
  }
}
