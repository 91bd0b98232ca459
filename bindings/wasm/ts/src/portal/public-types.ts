/** The types of the customer portal, for apps that refer to them by name. */

export type { Checkout, Portal, PortalSession } from "./methods.js";
export type { FollowOptions, RotateOptions, WaitOptions } from "./options.js";
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
