/**
 * Puts a client together from an app's settings and what its platform has.
 */

import { Client } from "./client.js";
import type { Engine, Engines, Parts } from "./engine.js";
import { failed, LicenseError, worded } from "./error.js";
import { randomText } from "./random.js";
import type { Storage } from "./storage.js";
import { keyValueStorage, type KeyValueStorage } from "./text-storage.js";
import { type Clock, steady, systemClock, within } from "./time.js";
import type { Fetch } from "./fetch.js";
import type { LicenseSettings } from "./types.js";

/** What an app configures, and what the client should use instead of the platform's own. */
export interface LicenseOptions<Feature extends string = string> extends LicenseSettings<Feature> {
  /** Where the license is kept. Default: localStorage in browsers, a file in Node, Electron's main process, Bun and Deno. */
  storage?: Storage | KeyValueStorage;
  /** Whether to refresh by itself when it is time, online again or visible again. Default: `true`. */
  autoRefresh?: boolean;
  /** Sends the requests, for an app with a network stack of its own. Default: the platform's `fetch`. */
  fetch?: Fetch;
  /** Reads the time, for tests. Default: the platform's clocks. */
  clock?: Clock;
}

/** What differs from platform to platform. @internal */
export interface Platform {
  storage(): Storage;
  /** Such as `Windows 11`; never the host's or the user's name. */
  system(): string;
  /** Identifies the machine, if that does not depend on the storage. */
  device?(): Promise<string>;
}

/** How long to look for what identifies the device. */
const DEVICE_LIMIT_MS = 5_000;

/** @internal */
export async function create(
  options: LicenseOptions,
  platform: Platform,
  engines: () => Promise<Engines>,
): Promise<Client> {
  try {
    const { storage: own, autoRefresh, fetch, clock: ownClock, ...settings } = options ?? {};
    const storage = own == null ? platform.storage() : storageOf(own);
    const made = await engines();
    const device = settings.deviceId == null ? await deviceOf(platform, storage) : "";
    const system = platform.system();
    const parts: Parts = { settings: json(settings), device, system, ownPace: ownClock != null };
    const clock = steady(ownClock ?? systemClock);
    const make = (): Promise<Engine> => made(parts, clock);
    const engine = await make();
    const store = storage.open({ appId: String(settings.appId), ...engine.tags() });
    const host = { store, fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)), clock };
    const client = await Client.open(make, engine, host, settings);
    if (autoRefresh ?? true) client.startAutoRefresh();
    return client;
  } catch (error) {
    const known = error instanceof LicenseError ? error : failed("internal", "the client cannot be made", error);
    throw worded(withVendor(known, options?.supportUrl), options?.texts);
  }
}

/** Leads users to the vendor where no engine can: it would check the address, so only what is safe to open is taken. */
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
    throw failed("invalid_config", "the settings cannot be read", error);
  }
}

/** If nothing identifies this device, something random does until the app ends. */
function deviceOf(platform: Platform, storage: Storage): Promise<string> {
  const found = async (): Promise<string> => {
    const device: unknown = (await platform.device?.().catch(() => "")) || (await storage.device());
    return typeof device === "string" && device !== "" ? device : randomText();
  };
  return within(DEVICE_LIMIT_MS, found(), randomText).catch(randomText);
}
