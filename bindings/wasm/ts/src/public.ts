/** The exports that all entries of the package share. */

export type { LicenseOptions } from "./create.js";
export { LicenseError } from "./error.js";
export type { Fetch } from "./fetch.js";
export { indexedDbStorage } from "./indexed-db-storage.js";
export type { ActivateOptions, CallOptions, Deactivation, License, LicenseClient } from "./license.js";
export type { OfflineAnswer, OfflineReturn, OfflineService } from "./license.js";
export type { Place, Storage, Store, Turn } from "./storage.js";
export { keyValueStorage, type KeyValueStorage, memoryStorage } from "./text-storage.js";
export type { Clock } from "./time.js";
export type {
  Deactivated,
  Decision,
  ErrorKind,
  Explanation,
  LicenseSettings,
  NextStep,
  OffReason,
  OrderPurchase,
  OrderStatus,
  Problem,
  Purchase,
  Reason,
  State,
  SubscriptionPurchase,
  SubscriptionStatus,
  Updates,
} from "./types.js";
export { webStorage, type WebStorageArea } from "./web-storage.js";
