/** Creates a client from an app's settings and a `Platform`. */

import { Client } from "./client.js";
import type { Engine, Engines, Parts } from "./engine.js";
import { errorFrom, LicenseError, worded } from "./error.js";
import type { outlookStore } from "./outlook-store.js";
import { randomText } from "./random.js";
import type { OfflineService } from "./license.js";
import type { Storage } from "./storage.js";
import { keyValueStorage, type KeyValueStorage } from "./text-storage.js";
import { type Clock, steady, systemClock, within } from "./time.js";
import type { Fetch } from "./fetch.js";
import type { LicenseSettings } from "./types.js";

/** The app's configuration, and replacements for parts of the platform. */
export interface LicenseOptions<Feature extends string = string> extends LicenseSettings<Feature> {
  /**
   * The storage for the license. Default: localStorage in browsers; a file in Node, in Electron's main process, in Bun
   * and in Deno.
   */
  storage?: Storage | KeyValueStorage;
  /**
   * Whether to refresh automatically: whenever a refresh is due, when the device is online again, and when the page is
   * visible again. Default: `true`.
   */
  autoRefresh?: boolean;
  /**
   * The function that sends the requests, for an app with a network stack of its own. Default: the platform's `fetch`.
   */
  fetch?: Fetch;
  /**
   * The clock from which the client reads the time. A test can pass a clock of its own. Default: the platform's clocks.
   */
  clock?: Clock;
}

/** The differences between platforms. @internal */
export interface Platform {
  storage(): Storage;
  /**
   * Returns the name of the operating system, such as `Windows 11`. Never returns the name of the host or of the user.
   */
  system(): string;
  /** Returns the machine's identifier. This method is absent if the storage provides the identifier. */
  device?(): Promise<string>;
  /**
   * Returns the operations with which a client acts for other computers. They are cancelled when `disposal` is aborted.
   * This method is absent if clients must not act for other computers.
   */
  offlineService?(client: ServiceParts, disposal: AbortSignal): OfflineService;
}

/** The parts that a client needs to act for other computers. @internal */
export interface ServiceParts {
  storage: Storage;
  settings: Pick<LicenseSettings, "appId" | "texts">;
  /** The function that creates engines. `parts` is its argument for the client's own engine. */
  engines: Engines;
  parts: Parts;
  fetch: Fetch;
  clock: Clock;
}

/** The longest wait for this device's identifier. */
const DEVICE_LIMIT_MS = 5_000;

/** @internal */
export async function create(
  options: LicenseOptions,
  platform: Platform,
  engines: () => Promise<Engines>,
  outlooks?: typeof outlookStore,
): Promise<Client> {
  try {
    const { storage: own, autoRefresh, fetch, clock: ownClock, ...settings } = options ?? {};
    const storage = own == null ? platform.storage() : storageOf(own);
    const device = settings.deviceId == null ? await deviceOf(platform, storage) : "";
    const system = platform.system();
    const parts: Parts = { settings: json(settings), device, system, ownPace: ownClock != null };
    const clock = steady(ownClock ?? systemClock);
    const make: Engines = async (parts, clock) => (await engines())(parts, clock);
    const makeOwn = (): Promise<Engine> => make(parts, clock);
    const appId = String(settings.appId);
    const outlook = outlooks?.(storage, appId, parts, clock, make);
    const engine = (await outlook?.recall()) ?? (await makeOwn());
    const store = storage.open({ appId, ...engine.tags() });
    const send: Fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    const service: ServiceParts = { storage, settings, engines: make, parts, fetch: send, clock };
    const offlineService = platform.offlineService?.bind(undefined, service);
    const host = { store, outlook, fetch: send, clock, offlineService };
    const client = await Client.open(makeOwn, engine, host, settings);
    if (autoRefresh ?? true) client.startAutoRefresh();
    return client;
  } catch (error) {
    const known = error instanceof LicenseError ? error : errorFrom("internal", "the client could not be created", error);
    throw worded(withVendor(known, options?.supportUrl), options?.texts);
  }
}

/**
 * Adds the vendor's support page to an error that occurred before an engine was created. No engine has checked the
 * address, so it is used only if it begins with `https:` or `mailto:`, which are safe to open.
 */
function withVendor(error: LicenseError, supportUrl: unknown): LicenseError {
  if (error.kind !== "unsupported") return error;
  const nextUrl = typeof supportUrl === "string" && /^(https|mailto):/.test(supportUrl) ? supportUrl : null;
  return new LicenseError(error.kind, error.detail, { ...error, nextStep: "contact_vendor", nextUrl });
}

function storageOf(own: Storage | KeyValueStorage): Storage {
  const has = (...names: string[]): boolean =>
    names.every((name) => typeof (own as unknown as Record<string, unknown>)[name] === "function");
  if (has("open", "device")) return own as Storage;
  if (has("get", "set", "remove")) return keyValueStorage(own as KeyValueStorage);
  throw new LicenseError("invalid_config", "`storage` needs the methods `get`, `set` and `remove`");
}

function json(settings: object): string {
  try {
    return String(JSON.stringify(settings));
  } catch (error) {
    throw errorFrom("invalid_config", "the settings cannot be read", error);
  }
}

/**
 * Returns the identifier of this device. If there is none, returns a random identifier, which is used until the app
 * ends.
 */
function deviceOf(platform: Platform, storage: Storage): Promise<string> {
  const found = async (): Promise<string> => {
    const device: unknown = (await platform.device?.().catch(() => "")) || (await storage.device());
    return typeof device === "string" && device !== "" ? device : randomText();
  };
  return within(DEVICE_LIMIT_MS, found(), randomText).catch(randomText);
}
