/**
 * For pages in the windows of a Tauri app with the plugin `tauri-plugin-polar-license`. The app's Rust side holds the
 * license and makes all decisions. This entry forwards calls to the Rust side, and gives the page the decisions that
 * the Rust side sends. A page can see a license key only if the user types it there, or if the page uses the texts of
 * answers and returns. A window needs separate permissions for these texts.
 */

import { Channel, invoke } from "@tauri-apps/api/core";
import { type PageBridge, pageLicense } from "./electron/page.js";
import { errorOf, LicenseError, words } from "./error.js";
import type { Deactivation, License, OfflineService } from "./license.js";
import { explanationOf, Horizon, type Outlook } from "./outlook.js";
import type { Portal } from "./portal/methods.js";
import { type PageLicense, pagePortal } from "./portal/page.js";
import type { Progress } from "./portal/types.js";
import { randomText } from "./random.js";
import { systemClock } from "./time.js";
import type { Deactivated, Decision, Failure } from "./types.js";

export { LicenseError } from "./error.js";
export type { ActivateOptions, CallOptions, Deactivation, License } from "./license.js";
export type { OfflineAnswer, OfflineReturn, OfflineService } from "./license.js";
export type * from "./portal/public-types.js";
export type { Decision, Explanation } from "./types.js";

/** The license of the app. */
export interface TauriLicense<Feature extends string = string> extends License<Feature>, OfflineService {
  /**
   * Returns the customer portal, which helps a customer who has lost the key, whose device is dead, or who has just
   * bought a license. Its operations need the permission `polar-license:allow-portal`.
   */
  portal(this: void): Portal;
}

/** The result of a call, and the license's state after it. */
interface Reply {
  outlook: Outlook;
  decision: Decision | null;
  error: Failure | null;
  deactivated: Deactivated | null;
  /** The text for another computer, after an offline operation that writes one. */
  text: string | null;
}

/** The result of a call that succeeded. */
type DecidedReply = Reply & { decision: Decision };

/** The result of an operation of the customer portal, and the license's state after it. */
interface PortalReply {
  outlook: Outlook;
  /** The reply as JSON. */
  reply: string | null;
  address: string | null;
  error: Failure | null;
}

let connecting: Promise<TauriLicense> | undefined;

/**
 * Connects to the license that the app's Rust side holds. Resolves quickly, because no request is sent to Polar. All
 * calls in a page resolve to the same license.
 *
 * Rejects with a `LicenseError` if the window's capability lacks `polar-license:default`, or if the app lacks the
 * plugin.
 */
export function connectLicense<Feature extends string = string>(): Promise<TauriLicense<Feature>> {
  connecting ??= connect().catch((error: unknown) => {
    connecting = undefined;
    throw error;
  });
  return connecting as Promise<TauriLicense<Feature>>;
}

async function connect(): Promise<TauriLicense> {
  const page = pageName();
  const changes = new Channel<Outlook>();
  const outlook = await command<Outlook>("connect", { page, changes });
  let accept = (_: Decision): void => undefined;
  let isAsking = false;
  const askAgain = (): void => {
    if (isAsking) return;
    isAsking = true;
    // if the command fails, the present outlook stays until the next change
    const asked = command<Outlook>("current", {}).then((outlook) => horizon.take(outlook), () => undefined);
    void asked.finally(() => {
      isAsking = false;
    });
  };
  const horizon = new Horizon(outlook, systemClock, askAgain, (decision) => accept(decision));
  changes.onmessage = (outlook) => horizon.take(outlook);
  // A timer may fire late: browsers slow down the timers of a background page, and timers stop while the machine
  // sleeps. The decision is therefore checked again when the page is shown.
  document.addEventListener("visibilitychange", () => accept(horizon.look().decision));

  const call = async (name: string, number: number, options: object): Promise<DecidedReply> => {
    const reply = await command<Reply>(name, { page, number, ...options });
    horizon.take(reply.outlook);
    const { decision, error } = reply;
    if (error) throw new LicenseError(error.kind, error.detail, { ...error, decision });
    return { ...reply, decision: decision ?? horizon.look().decision };
  };
  const decided = async (name: string, number: number, options: object = {}): Promise<Decision> =>
    (await call(name, number, options)).decision;
  const bridge: PageBridge = {
    keepsTime: true,
    current: () => horizon.look().decision,
    explain: (feature) => explanationOf(horizon.look(), feature),
    follow: (follower) => {
      accept = follower;
      // reports the current decision at once: `onChange` of the horizon reports only later ones
      follower(horizon.look().decision);
    },
    activate: (id, key, replacePrevious) => decided("activate", id, { key, replacePrevious }),
    validate: (id) => decided("validate", id),
    refresh: (id) => decided("refresh", id),
    consume: (id, count) => decided("consume", id, { count }),
    deactivate: async (id) => deactivationOf(await call("deactivate", id, {})),
    forget: (id) => decided("forget", id),
    startTrial: (id) => decided("start_trial", id),
    offlineRequest: async (id) => textOf(await call("offline_request", id, {})),
    offlineImport: (id, text) => decided("offline_import", id, { text }),
    offlineReturn: async (id) => {
      const { decision, text } = await call("offline_return", id, {});
      return { decision, text };
    },
    offlineAnswer: async (id, request, key) => {
      const reply = await call("offline_answer", id, { request, key });
      return { decision: reply.decision, text: textOf(reply) };
    },
    offlineRelease: async (id, text) => deactivationOf(await call("offline_release", id, { text })),
    callPortal: async (id, request, onProgress) => {
      const progress = new Channel<Progress>();
      progress.onmessage = onProgress;
      const sent = { page, number: id, request, progress };
      const { outlook, reply, address, error } = await command<PortalReply>("portal", sent);
      progress.onmessage = () => undefined;
      horizon.take(outlook);
      const { decision } = horizon.look();
      if (error) throw errorOf(error, decision);
      if (reply === null) throw new LicenseError("internal", "the plugin did not reply", { decision });
      return { json: reply, address };
    },
    releaseReply: (id) => void command("release_reply", { page, number: id }).catch(() => undefined),
    cancel: (id) => void command("cancel", { page, number: id }).catch(() => undefined),
  };
  const license = pageLicense(bridge) as PageLicense;
  const portal = pagePortal(license);
  return Object.freeze({ ...license, portal: () => portal });
}

function deactivationOf({ decision, deactivated }: DecidedReply): Deactivation {
  if (!deactivated) throw new LicenseError("internal", "the plugin did not report the outcome for the seat", { decision });
  return { ...decision, deactivated };
}

function textOf({ decision, text }: DecidedReply): string {
  if (text === null) throw new LicenseError("internal", "the plugin did not send the text", { decision });
  return text;
}

/**
 * Returns a name for this page, which is the same for all scripts in the page. With this name, the app can distinguish
 * the page from an earlier page in the same webview, such as the page before a reload.
 */
function pageName(): string {
  const own = window as { [PAGE]?: string };
  return (own[PAGE] ??= randomText());
}

const PAGE = Symbol.for("polar-license.page");

/**
 * Calls a command of the plugin. If Tauri itself rejects the call, for example because a permission is missing or an
 * argument has the wrong type, it throws a string. This function turns that string into a `LicenseError`.
 */
async function command<Result>(name: string, options: object): Promise<Result> {
  try {
    return await invoke<Result>(`plugin:polar-license|${name}`, { ...options });
  } catch (thrown) {
    throw new LicenseError("invalid_argument", words(thrown), { cause: thrown });
  }
}
