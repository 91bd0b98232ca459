/**
 * What every entry of the package exports.
 */

export type { ActivateOptions, CallOptions, LicenseClient } from "./client.js";
export type { LicenseOptions } from "./create.js";
export { LicenseError } from "./error.js";
export type { Fetch } from "./fetch.js";
export { indexedDbStorage } from "./indexed-db-storage.js";
export type { Place, Storage, Store, Turn } from "./storage.js";
export { keyValueStorage, type KeyValueStorage, memoryStorage } from "./text-storage.js";
export type { Clock } from "./time.js";
export type {
  Deactivated,
  Decision,
  ErrorKind,
  LicenseSettings,
  NextStep,
  Problem,
  Reason,
  State,
} from "./types.js";
export { webStorage, type WebStorageArea } from "./web-storage.js";
