/**
 * What the entry with the customer portal exports: what every entry does, and the portal's types.
 */

export * from "../public.js";
export type {
  Checkout,
  CodeRequest,
  CustomerChoice,
  Devices,
  FollowOptions,
  NoSeat,
  Portal,
  PortalClient,
  PortalSession,
  Purchase,
  Restored,
  RotateOptions,
  WaitOptions,
} from "./portal.js";
export type { CodeSent, Customer, Device, HiddenDevices, KeyStatus, LicenseKey, Progress, Stage } from "./types.js";
