/**
 * The exports of the entry with the customer portal: those of every entry, and the portal's types.
 */

export * from "../public.js";
export type { Checkout, Portal, PortalSession } from "./methods.js";
export type { FollowOptions, RotateOptions, WaitOptions } from "./options.js";
export type { PortalClient } from "./portal.js";
export type {
  CodeRequest,
  CodeSent,
  Customer,
  CustomerChoice,
  Device,
  Devices,
  HiddenDevices,
  KeyChoice,
  KeyStatus,
  Licensed,
  LicenseKey,
  ListedDevices,
  NoSeat,
  Progress,
  Purchase,
  Restored,
  Stage,
} from "./types.js";
