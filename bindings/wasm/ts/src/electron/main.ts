/**
 * Shares the license of Electron's main process with the app's windows over IPC. Makes no licensing decision, and
 * trusts no message. Sends only decisions and errors, and never the key, the record, or a message of the storage. Sends
 * the texts for computers that are never online only if the app sets `offline`, because these texts can contain the
 * key.
 *
 * Imports nothing from Electron, so that it also loads in ES modules, CommonJS and tests.
 */

import type { License, OfflineService } from "../license.js";
import type { Portal } from "../portal/methods.js";
import { type PortalReply, runnerOf } from "../portal/run.js";
import type { Deactivated, Decision, ErrorKind } from "../types.js";
import { PagePortals } from "./page-portal.js";
import { CALL, type Call, CANCEL, CHANGE, CURRENT, type NumberedDecision, EXPLAIN, type ExplanationReply, failure } from "./protocol.js";
import { type LicenseFailure, type OfflineCall, PROGRESS, RELEASE, type Reply } from "./protocol.js";

/** The members of Electron's `ipcMain` that this module uses. */
export interface MainIpc {
  handle(channel: string, listener: (event: IpcSender, ...args: any[]) => unknown): void;
  removeHandler(channel: string): void;
  on(channel: string, listener: (event: SyncEvent, ...args: any[]) => void): unknown;
  removeListener(channel: string, listener: (...args: any[]) => void): unknown;
}

/** The members of Electron's IPC events that this module uses. */
export interface IpcSender {
  readonly sender: { isDestroyed(): boolean; once(event: "destroyed", listener: () => void): unknown };
  /** The frame that sent the message. `null` if the frame is gone. */
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

/** The license that a main process shares. With the client for Node, windows can also act for other computers. */
export type SharedLicense = License & Partial<OfflineService>;

/** The options of `shareLicense`. */
export interface ShareOptions {
  /**
   * Returns whether a frame may use the license and receive changed decisions. Called for every message. By default,
   * main frames may use the license and iframes may not. If your windows also show pages from other sources, check
   * `event.senderFrame.url`.
   */
  allow?: (event: IpcSender) => boolean;
  /**
   * The customer portal, which the client's `portal()` returns. Pass it to let the frames that `allow` accepts use
   * the portal too, through `polar-license/electron-portal`. By default, no frame may use the portal.
   */
  portal?: Portal;
  /**
   * Whether the frames that `allow` accepts may also use the operations for computers that are never online, such as
   * `offlineRequest` and `offlineAnswer`. Default: no, because the text of a return contains the key of this computer's
   * license.
   */
  offline?: boolean;
}

/**
 * Lets windows use `license`, if their preload script calls `exposeLicense`. Call this function before you open
 * windows, once for each `ipcMain`. Returns a function that stops sharing.
 */
export function shareLicense(license: SharedLicense, ipcMain: MainIpc, options: ShareOptions = {}): () => void {
  const share = new Share(license, options);
  const current = (event: SyncEvent): void => {
    event.returnValue = share.current(event);
  };
  const explain = (event: SyncEvent, feature: unknown): void => {
    event.returnValue = share.explain(event, feature);
  };
  const cancel = (event: IpcSender, id: unknown): void => share.cancel(event, id);
  const release = (event: IpcSender, id: unknown): void => share.release(event, id);
  // This call comes first, because it throws if a license is shared already, and nothing else must be registered in
  // that case.
  ipcMain.handle(CALL, (event, message) => share.answer(event, message));
  ipcMain.on(CURRENT, current);
  ipcMain.on(EXPLAIN, explain);
  ipcMain.on(CANCEL, cancel);
  ipcMain.on(RELEASE, release);
  const unsubscribe = license.onChange((decision) => share.push(decision));
  return () => {
    unsubscribe();
    ipcMain.removeListener(CURRENT, current);
    ipcMain.removeListener(EXPLAIN, explain);
    ipcMain.removeListener(CANCEL, cancel);
    ipcMain.removeListener(RELEASE, release);
    ipcMain.removeHandler(CALL);
    share.end();
  };
}

/**
 * The kinds of error whose detail stays in the main process, because it may contain a message from the runtime, from
 * the app's `fetch` or from its storage.
 */
const OUTSIDE: readonly ErrorKind[] = ["network", "storage", "internal"];

const REFUSED = failure("invalid_argument", "this page may not use the license");
const NO_PORTAL = failure("invalid_argument", "the main process does not share the customer portal; pass `portal` to shareLicense");
const UNKNOWN = failure("invalid_argument", "the license has no such method, or the method does not accept these arguments");

const NOT_OFFLINE = failure("invalid_argument", "the main process does not share the offline operations; pass `offline: true` to shareLicense");
const NO_SERVICE = failure("invalid_config", "the license of the main process cannot act for other computers; create it with `polar-license/node`");

/** The result of a call. */
type Outcome = Decision & { deactivated?: Deactivated; text?: string | null; other?: Decision; portal?: PortalReply };

class Share {
  readonly #license: SharedLicense;
  readonly #allow: (event: IpcSender) => boolean;
  readonly #portals: PagePortals | undefined;
  readonly #isOfflineShared: boolean;
  /**
   * The frames that receive changes. The key is the frame's `frameTreeNodeId`, which stays the same when a page
   * reloads.
   */
  readonly #followers = new Map<number, IpcSender>();
  /** The senders that have a listener for the event `destroyed`. */
  readonly #watched = new WeakSet<object>();
  /** The running calls. A call is identified by its frame and its number. */
  readonly #calls = new Map<string, AbortController>();
  #ended = false;
  #at = 0;

  constructor(license: SharedLicense, { allow, portal, offline }: ShareOptions) {
    this.#license = license;
    this.#allow = allow ?? isMainFrame;
    this.#portals = portal && new PagePortals(runnerOf(portal));
    this.#isOfflineShared = offline === true;
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
      return this.#numbered(await this.#carryOut(call, place, running));
    } catch (error) {
      return { error: failureFrom(error) };
    } finally {
      // A page that is reloaded numbers its calls from the start again, so a newer call may already have this number.
      if (this.#calls.get(name) === running) this.#calls.delete(name);
    }
  }

  /** Aborts the call with this id, because the page no longer waits for it. */
  cancel(event: IpcSender, id: unknown): void {
    this.#calls.get(`${this.#follow(event)} ${String(id)}`)?.abort();
  }

  /** Wipes the values that are kept for the portal's reply to one call. `id` is the id of that call. */
  release(event: IpcSender, id: unknown): void {
    const place = this.#follow(event);
    if (place !== undefined) this.#portals?.of(place).release(id as number);
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
      if (!this.#allows(follower) || !trySend(follower, CHANGE, change)) this.#forget(place);
    }
  }

  end(): void {
    this.#ended = true;
    for (const place of [...this.#followers.keys()]) this.#forget(place);
  }

  #carryOut(call: Call, place: number, running: AbortController): Promise<Outcome> | Outcome {
    const { signal } = running;
    switch (call.method) {
      case "follow":
        // A page calls `follow` before anything else, so this frame shows a new page. The portal of the frame's
        // previous page is closed, because that page is gone.
        this.#portals?.end(place);
        return this.#license.current();
      case "portal":
        return this.#callPortal(call, place, running);
      case "activate":
        return this.#license.activate(call.key, { replacePrevious: call.replacePrevious, signal });
      case "consume":
        return this.#license.consume(call.count, { signal });
      case "offlineRequest":
      case "offlineImport":
      case "offlineReturn":
      case "offlineAnswer":
      case "offlineRelease":
        return this.#callOffline(call, signal);
      default:
        return this.#license[call.method]({ signal });
    }
  }

  async #callOffline(call: OfflineCall, signal: AbortSignal): Promise<Outcome> {
    if (!this.#isOfflineShared) throw NOT_OFFLINE;
    const license = this.#license;
    switch (call.method) {
      case "offlineRequest": {
        const text = await license.offlineRequest({ signal });
        return { ...license.current(), text };
      }
      case "offlineImport":
        return license.offlineImport(call.text, { signal });
      case "offlineReturn": {
        const { decision, text } = await license.offlineReturn({ signal });
        return { ...decision, text };
      }
      case "offlineAnswer": {
        if (!license.offlineAnswer) throw NO_SERVICE;
        const { decision: other, text } = await license.offlineAnswer(call.text, call.key, { signal });
        return { ...license.current(), other, text };
      }
      case "offlineRelease": {
        if (!license.offlineRelease) throw NO_SERVICE;
        const { deactivated, ...other } = await license.offlineRelease(call.text, { signal });
        return { ...license.current(), other, deactivated };
      }
    }
  }

  async #callPortal(
    { id, request }: Call & { method: "portal" },
    place: number,
    running: AbortController,
  ): Promise<Outcome> {
    if (!this.#portals) throw NO_PORTAL;
    const caller = this.#followers.get(place) as IpcSender;
    this.#watch(caller);
    const portal = await this.#portals.of(place).call(id, request, running, (progress) => {
      if (!trySend(caller, PROGRESS, id, progress)) running.abort();
    });
    return { ...this.#license.current(), portal };
  }

  /** Forgets the frames of a window when the window is closed. */
  #watch({ sender }: IpcSender): void {
    if (this.#watched.has(sender)) return;
    this.#watched.add(sender);
    sender.once("destroyed", () => {
      for (const [place, follower] of this.#followers) if (follower.sender === sender) this.#forget(place);
    });
  }

  #numbered({ deactivated, text, other, portal, ...decision }: Outcome): NumberedDecision {
    this.#at += 1;
    const decisions = { decision: withoutDetails(decision), other: other && withoutDetails(other) };
    return { at: this.#at, ...decisions, deactivated, text, portal };
  }

  /**
   * Adds a frame to the followers, which receive each changed decision. Returns the frame's id, or `undefined` if the
   * frame may not use the license or is closed.
   */
  #follow(event: IpcSender): number | undefined {
    try {
      // Electron soon clears the event's frame, so `sender` and `senderFrame` are read only once. If the frame is
      // closed, reading its members throws, and this method returns `undefined`.
      const { sender, senderFrame } = event;
      if (this.#ended || !senderFrame) return undefined;
      this.#forgetClosed();
      const place = senderFrame.frameTreeNodeId;
      if (!this.#allows({ sender, senderFrame })) {
        this.#forget(place);
        return undefined;
      }
      this.#followers.set(place, { sender, senderFrame });
      return place;
    } catch {
      return undefined;
    }
  }

  #forgetClosed(): void {
    for (const [place, follower] of this.#followers) if (isClosed(follower)) this.#forget(place);
  }

  #forget(place: number): void {
    this.#followers.delete(place);
    this.#portals?.end(place);
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

function isClosed({ sender, senderFrame }: IpcSender): boolean {
  try {
    // reading the address of a closed frame throws
    return sender.isDestroyed() || senderFrame?.url === undefined;
  } catch {
    return true;
  }
}

function trySend({ senderFrame }: IpcSender, channel: string, ...message: unknown[]): boolean {
  try {
    senderFrame?.send(channel, ...message);
    return true;
  } catch {
    return false;
  }
}

/** Parses a message, which can be anything if the renderer was compromised. */
function parse(message: unknown): Call | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { id, method, key, replacePrevious, count, text, request } = message as Record<string, unknown>;
  if (typeof id !== "number") return undefined;
  switch (method) {
    case "follow":
    case "validate":
    case "refresh":
    case "deactivate":
    case "forget":
    case "offlineRequest":
    case "offlineReturn":
    case "startTrial":
      return { id, method };
    case "activate":
      if ((key !== null && typeof key !== "string") || typeof replacePrevious !== "boolean") return undefined;
      return { id, method, key, replacePrevious };
    case "consume":
      return typeof count === "number" ? { id, method, count } : undefined;
    case "offlineImport":
    case "offlineRelease":
      return typeof text === "string" ? { id, method, text } : undefined;
    case "offlineAnswer":
      return typeof text === "string" && typeof key === "string" ? { id, method, text, key } : undefined;
    case "portal":
      return typeof request === "string" ? { id, method, request } : undefined;
    default:
      return undefined;
  }
}

/**
 * Converts an exception into a failure. Recognizes a `LicenseError` by its members. Its class does not help, because
 * the client may come from another copy of the package, which has a class of its own.
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
