/**
 * Shares the license of Electron's main process with the app's windows over IPC. Makes no licensing decision, and
 * trusts no message. Sends only decisions and errors, and never the key, the record, or a message of the storage.
 *
 * Imports nothing from Electron, so that it also loads in ES modules, CommonJS and tests.
 */

import type { License } from "../license.js";
import type { Deactivated, Decision, ErrorKind } from "../types.js";
import { CALL, type Call, CANCEL, CHANGE, CURRENT, type NumberedDecision, EXPLAIN, type ExplanationReply, failure } from "./protocol.js";
import type { LicenseFailure, Reply } from "./protocol.js";

/** The members of Electron's `ipcMain` that this module uses. */
export interface MainIpc {
  handle(channel: string, listener: (event: IpcSender, ...args: any[]) => unknown): void;
  removeHandler(channel: string): void;
  on(channel: string, listener: (event: SyncEvent, ...args: any[]) => void): unknown;
  removeListener(channel: string, listener: (...args: any[]) => void): unknown;
}

/** The members of Electron's IPC events that this module uses. */
export interface IpcSender {
  readonly sender: { isDestroyed(): boolean };
  /** `null` if the frame is gone. */
  readonly senderFrame: IpcFrame | null;
}

/** The members of Electron's `WebFrameMain` that this module uses. */
export interface IpcFrame {
  readonly url: string;
  readonly parent: unknown;
  readonly frameTreeNodeId: number;
  send(channel: string, ...args: any[]): void;
}

/** The event of a `sendSync` message. */
export interface SyncEvent extends IpcSender {
  returnValue: unknown;
}

/** The options of `shareLicense`. */
export interface ShareOptions {
  /**
   * Returns whether a frame may use the license and receive changes. Called for every message. By default, main frames
   * may and iframes may not. If your windows also show pages that are not your app's, check `event.senderFrame.url`.
   */
  allow?: (event: IpcSender) => boolean;
}

/**
 * Lets windows use `license`, if their preload script calls `exposeLicense`. Call this function before you open
 * windows, once for each `ipcMain`. Returns a function that stops sharing.
 */
export function shareLicense(license: License, ipcMain: MainIpc, options: ShareOptions = {}): () => void {
  const share = new Share(license, options.allow ?? isMainFrame);
  const current = (event: SyncEvent): void => {
    event.returnValue = share.current(event);
  };
  const explain = (event: SyncEvent, feature: unknown): void => {
    event.returnValue = share.explain(event, feature);
  };
  const cancel = (event: IpcSender, id: unknown): void => share.cancel(event, id);
  // this call comes first, because it throws if a license is shared already
  ipcMain.handle(CALL, (event, message) => share.answer(event, message));
  ipcMain.on(CURRENT, current);
  ipcMain.on(EXPLAIN, explain);
  ipcMain.on(CANCEL, cancel);
  const unsubscribe = license.onChange((decision) => share.push(decision));
  return () => {
    unsubscribe();
    ipcMain.removeListener(CURRENT, current);
    ipcMain.removeListener(EXPLAIN, explain);
    ipcMain.removeListener(CANCEL, cancel);
    ipcMain.removeHandler(CALL);
    share.end();
  };
}

/**
 * The kinds of error whose detail stays in the main process, because it may contain a message of the runtime, of the
 * app's `fetch` or of its storage.
 */
const OUTSIDE: readonly ErrorKind[] = ["network", "storage", "internal"];

const REFUSED = failure("invalid_argument", "this page may not use the license");
const UNKNOWN = failure("invalid_argument", "the license has no such method, or the method does not accept these arguments");

class Share {
  readonly #license: License;
  readonly #allow: (event: IpcSender) => boolean;
  /** The frames that receive changes, by their `frameTreeNodeId`, which stays the same when a page reloads. */
  readonly #followers = new Map<number, IpcSender>();
  /** The running calls, by the frame that made the call and the number of the call. */
  readonly #calls = new Map<string, AbortController>();
  #ended = false;
  #at = 0;

  constructor(license: License, allow: (event: IpcSender) => boolean) {
    this.#license = license;
    this.#allow = allow;
  }

  /** Carries out a call. Never rejects, because Electron drops the members of an error that a handler rejects with. */
  async answer(event: IpcSender, message: unknown): Promise<Reply> {
    const place = this.#follow(event);
    if (place === undefined) return { error: REFUSED };
    const call = parse(message);
    if (!call) return { error: UNKNOWN };
    const running = new AbortController();
    const name = `${place} ${call.id}`;
    this.#calls.set(name, running);
    try {
      return this.#numbered(await this.#carryOut(call, running.signal));
    } catch (error) {
      return { error: failureFrom(error) };
    } finally {
      // a reloaded page numbers its calls from the start, so another call may have got the same number
      if (this.#calls.get(name) === running) this.#calls.delete(name);
    }
  }

  /** Stops waiting for the call with this id. */
  cancel(event: IpcSender, id: unknown): void {
    this.#calls.get(`${this.#follow(event)} ${String(id)}`)?.abort();
  }

  explain(event: IpcSender, feature: unknown): ExplanationReply {
    if (this.#follow(event) === undefined) return { error: REFUSED };
    if (typeof feature !== "string") return { error: UNKNOWN };
    try {
      return this.#license.explain(feature);
    } catch (error) {
      return { error: failureFrom(error) };
    }
  }

  current(event: IpcSender): Reply {
    if (this.#follow(event) === undefined) return { error: REFUSED };
    try {
      return this.#numbered(this.#license.current());
    } catch (error) {
      return { error: failureFrom(error) };
    }
  }

  push(decision: Decision): void {
    const change = this.#numbered(decision);
    for (const [place, follower] of this.#followers) {
      // by now, the frame may show another page that is not allowed to use the license
      if (!this.#allows(follower) || !trySend(follower, change)) this.#followers.delete(place);
    }
  }

  end(): void {
    this.#ended = true;
    this.#followers.clear();
  }

  #carryOut(call: Call, signal: AbortSignal): Promise<Decision & { deactivated?: Deactivated }> | Decision {
    switch (call.method) {
      case "follow":
        return this.#license.current();
      case "activate":
        return this.#license.activate(call.key, { replacePrevious: call.replacePrevious, signal });
      case "consume":
        return this.#license.consume(call.count, { signal });
      default:
        return this.#license[call.method]({ signal });
    }
  }

  #numbered({ deactivated, ...decision }: Decision & { deactivated?: Deactivated }): NumberedDecision {
    this.#at += 1;
    return { at: this.#at, decision: withoutDetails(decision), deactivated };
  }

  /** Returns the id of a frame that may use the license, and lets it receive changes from then on. */
  #follow(event: IpcSender): number | undefined {
    try {
      // reads the members only once, because the event soon forgets its frame; throws if the frame is closed
      const { sender, senderFrame } = event;
      if (this.#ended || !senderFrame || !this.#allows({ sender, senderFrame })) return undefined;
      this.#forgetClosed();
      const place = senderFrame.frameTreeNodeId;
      this.#followers.set(place, { sender, senderFrame });
      return place;
    } catch {
      return undefined;
    }
  }

  #forgetClosed(): void {
    for (const [place, { sender }] of this.#followers) if (sender.isDestroyed()) this.#followers.delete(place);
  }

  #allows(follower: IpcSender): boolean {
    try {
      return !follower.sender.isDestroyed() && this.#allow(follower) === true;
    } catch {
      return false;
    }
  }
}

function isMainFrame({ senderFrame }: IpcSender): boolean {
  return senderFrame?.parent === null;
}

function trySend({ senderFrame }: IpcSender, change: NumberedDecision): boolean {
  try {
    senderFrame?.send(CHANGE, change);
    return true;
  } catch {
    return false;
  }
}

/** Parses a message, which can be anything if the renderer was compromised. */
function parse(message: unknown): Call | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { id, method, key, replacePrevious, count } = message as Record<string, unknown>;
  if (typeof id !== "number") return undefined;
  switch (method) {
    case "follow":
    case "validate":
    case "refresh":
    case "deactivate":
    case "forget":
      return { id, method };
    case "activate":
      if ((key !== null && typeof key !== "string") || typeof replacePrevious !== "boolean") return undefined;
      return { id, method, key, replacePrevious };
    case "consume":
      return typeof count === "number" ? { id, method, count } : undefined;
    default:
      return undefined;
  }
}

/**
 * Converts an exception into a failure. Checks its members rather than its class, because the client may come from
 * another copy of the package.
 */
function failureFrom(thrown: unknown): LicenseFailure {
  const error = thrown as Partial<LicenseFailure> | null | undefined;
  if (error?.name !== "LicenseError" || typeof error.kind !== "string") {
    return failure("internal", "the client threw something other than a LicenseError");
  }
  return {
    name: "LicenseError",
    kind: error.kind,
    ...texts(error.kind, String(error.message), String(error.detail)),
    reason: error.reason ?? null,
    retryAfterMs: error.retryAfterMs ?? null,
    maybeApplied: error.maybeApplied ?? false,
    nextStep: error.nextStep ?? "none",
    nextUrl: error.nextUrl ?? null,
    decision: error.decision ? withoutDetails(error.decision) : null,
  } as LicenseFailure;
}

function withoutDetails(decision: Decision): Decision {
  const { problem } = decision;
  if (!problem) return decision;
  return { ...decision, problem: { ...problem, ...texts(problem.kind, problem.message, problem.detail) } };
}

function texts(kind: ErrorKind, message: string, detail: string): { message: string; detail: string } {
  return { message, detail: OUTSIDE.includes(kind) ? kind : detail };
}
