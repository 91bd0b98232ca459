/**
 * What an app sees of a license: the same words as in Rust, C and on the command line.
 */

/** What the app may do. Access is allowed in `active` and `grace` only. */
export type State = "unlicensed" | "denied" | "clock_suspect" | "expired" | "active" | "grace" | "lapsed";

/** Why, in the states that have more than one cause, and why an activation was refused. */
export type Reason =
  | "none"
  | "tampered"
  | "other_device"
  | "other_product"
  | "newer_format"
  | "storage"
  | "not_found"
  | "inactive"
  | "expired"
  | "conditions"
  | "refused"
  | "activation_required"
  | "activation_limit"
  | "benefit";

/** What the user can do. */
export type NextStep = "none" | "connect" | "enter_key" | "activate" | "move" | "renew" | "contact_vendor";

/** What went wrong; never changes its meaning. */
export type ErrorCode =
  | "invalid_argument"
  | "invalid_config"
  | "network"
  | "timeout"
  | "rate_limited"
  | "server"
  | "refused"
  | "usage_exhausted"
  | "storage"
  | "cancelled"
  | "not_activated"
  | "seat_uncertain"
  | "internal";

/** What became of the seat: freed; not known to Polar any more; or the license took none. */
export type Deactivated = "released" | "unknown" | "not_needed";

/** Whether the app may run, why, and what the user can do. Times are RFC 3339 in UTC, on Polar's clock. */
export interface Decision {
  /** Whether the app may run. */
  allowed: boolean;
  state: State;
  /** `null` where the state says it all. */
  reason: Reason | null;
  /** `****-` and the last six characters of the key; `null` where no license is stored. */
  displayKey: string | null;
  /** The benefit that the key was sold as. */
  benefitId: string | null;
  /** The seat of this device, where the key has an activation limit. */
  activationId: string | null;
  /** When the key stops being valid; `null` for never. */
  expiresAt: string | null;
  /** When Polar last confirmed it. */
  confirmedAt: string | null;
  /** When Polar will next be asked. */
  refreshAt: string | null;
  /** Until when access lasts without reaching Polar. */
  graceEndsAt: string | null;
  /** How much of the key's usage was consumed. */
  usage: number | null;
  /** The most that may be consumed; `null` for no limit. */
  limitUsage: number | null;
  /** How many devices may be active at once; `null` where the key needs no activation. */
  limitActivations: number | null;
  /** The configured features, and whether each is on. */
  features: Record<string, boolean>;
  nextStep: NextStep;
  /** From when on the app should tell the user to go online. */
  noticeAt: string | null;
  /** One English sentence for the user. */
  message: string;
  /** What went wrong on the way, such as not reaching Polar; access does not depend on it. */
  problem: Problem | null;
}

/** What went wrong although a decision could be made. */
export interface Problem {
  kind: ErrorCode;
  /** One line for people. */
  message: string;
  /** How long to wait before trying again, where that is known. */
  retryAfterMs: number | null;
  /** Whether Polar may have done what was asked although no answer came back. */
  maybeApplied: boolean;
}

/** What an app configures about its licenses. */
export interface LicenseSettings {
  /** Polar's organization id (Settings, General). */
  organizationId: string;
  /** Names this program among the vendor's, such as `com.acme.app`; never changes. */
  appId: string;
  /** Which Polar to ask: `production` (the default), `sandbox`, or the address of another server. */
  environment?: "production" | "sandbox" | (string & {});
  /** Accepts only keys of these benefits. Without, every key of the organization is accepted. */
  benefits?: readonly string[];
  /** The features, each with the benefits that turn it on. */
  features?: Readonly<Record<string, readonly string[]>>;
  /** Whether a seat belongs to the device that took it. Default: `true`. */
  bindDevice?: boolean;
  /** How long a confirmation counts as fresh. Default: 24 hours, or `offlineGraceMs` where that is shorter. */
  refreshIntervalMs?: number;
  /** How long access lasts without a confirmation. Default: 14 days. */
  offlineGraceMs?: number;
  /** How long `validate` waits at most; what changes something at Polar 25 s longer. Default: 10 seconds. */
  timeoutMs?: number;
  /** What vendor and customer see beside an activation; no personal data. Default: system, day and a random part. */
  label?: string;
  /** Conditions that Polar compares at every validate; changing them ends existing activations. */
  conditions?: Readonly<Record<string, string | number | boolean>>;
  /** Notes that Polar stores with an activation. */
  meta?: Readonly<Record<string, string | number | boolean>>;
  /** Identifies this device instead of what the library finds. Hashed before it is used. */
  deviceId?: string;
  /** A secret of the app that the record is sealed with. Of little use where users can read the code. */
  appSecret?: string;
  /** Secrets of earlier versions, whose records still open. An empty one stands for versions that had none. */
  previousAppSecrets?: readonly string[];
}
