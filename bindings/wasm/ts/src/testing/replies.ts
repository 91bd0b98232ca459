/**
 * Replies in the form that Polar sends, for a stubbed `fetch` or for MSW. They were recorded from `polar-license
 * serve`, a local simulation of Polar with an invented customer. A test can change parts of a reply. This file makes no
 * licensing decisions.
 */

import type { Response } from "../platform.js";
import { utf8 } from "../utf8.js";
import { RECORDED } from "./recorded.js";

/** A reply in the form that Polar sends. */
export interface PolarReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON, or `null` if the body is empty. */
  readonly body: object | null;
}

/** The members of a license that a test may choose. All other members have the values of a recorded reply. */
export interface LicenseFields {
  /** The license key. */
  key?: string;
  organizationId?: string;
  benefitId?: string;
  limitActivations?: number | null;
  limitUsage?: number | null;
  usage?: number;
  /** A time in the format of RFC 3339, such as `2027-01-01T00:00:00Z`. */
  expiresAt?: string | null;
  /** The time, on Polar's clock, at which Polar replies. */
  at?: Date | string | number;
}

/** A seat that is taken. */
export interface SeatFields {
  /** The id of the seat. Default: the same id for every seat. */
  id?: string;
  /** The label of the device. */
  label: string;
  /** The time of the activation. */
  at?: Date | string | number;
}

/** The reason why Polar denies a key. */
export type Denial = "not_found" | "inactive" | "expired" | "conditions" | "benefit";

/** Functions that create Polar's replies. A test may change a reply before its stub returns the reply to the client. */
export const replies = {
  /** 200: the key is valid. Pass `activationId` if the validate request named a seat. */
  validated(license: LicenseFields = {}, activationId?: string): PolarReply {
    const activation = activationId === undefined ? null : seatOf(activationId, license);
    return of(RECORDED.validated, { ...bodyOf(license), activation });
  },
  /** 200: a seat was taken. */
  activated(license: LicenseFields = {}, activationId: string = RECORDED.activated.body.id): PolarReply {
    return of(RECORDED.activated, { ...seatOf(activationId, license), license_key: bodyOf(license) });
  },
  /** 204: the seat was released. */
  deactivated: (): PolarReply => of(RECORDED.deactivated),
  /** 404: Polar denies the key, or does not know it. */
  denied: (why: Denial = "inactive"): PolarReply => of(RECORDED[why]),
  /** 403 in reply to an activate request: every seat is taken. */
  activationLimit: (): PolarReply => of(RECORDED.activation_limit),
  /** 403 in reply to an activate request: the key has no activation limit, so Polar does not activate it on devices. */
  notSupported: (): PolarReply => of(RECORDED.not_supported),
  /** Status 400: the reply to a validate request that would count more uses than are left. */
  usageExhausted: (): PolarReply => of(RECORDED.usage_exhausted),
  /** 422: a part of the request is malformed. */
  malformed: (): PolarReply => of(RECORDED.malformed),
  /** 429: too many requests. */
  rateLimited(seconds = 60): PolarReply {
    return { ...of(RECORDED.rate_limited), headers: { "retry-after": String(seconds) } };
  },
  /** 202 in the customer portal: Polar sends a code by e-mail if it knows the address. */
  codeRequested: (): PolarReply => ({ status: 202, headers: {}, body: null }),
  /** 200 in the customer portal: the code was right. */
  authenticated: (): PolarReply => ok({ token: "polar_cst_TEST" }),
  /** 401 in the customer portal: the code is wrong, was used, or has expired. */
  wrongCode(): PolarReply {
    const detail = "Customer session code is invalid or expired.";
    return { ...ok({ error: "CustomerSessionCodeInvalidOrExpired", detail }), status: 401 };
  },
  /** 200 in the customer portal: the customer's keys. */
  keys: (...licenses: LicenseFields[]): PolarReply => ok(listOf(licenses.map(bodyOf))),
  /** 200 in the customer portal: a key, and the devices on which it is active. */
  keyWithDevices(license: LicenseFields = {}, seats: readonly SeatFields[] = []): PolarReply {
    const activations = seats.map(({ id = RECORDED.activated.body.id, label, at }) => ({
      ...seatOf(id, at === undefined ? license : { at }),
      label,
    }));
    return ok({ ...bodyOf(license), activations });
  },
  /**
   * 200 in the customer portal: the benefit grant through which the customer has a key. The grant says that the vendor
   * lets customers see and release their devices.
   */
  grants({ benefitId = RECORDED.validated.body.benefit_id }: LicenseFields = {}): PolarReply {
    const benefit = { id: benefitId, properties: { activations: { enable_customer_admin: true } } };
    const properties = { license_key_id: RECORDED.validated.body.id };
    return ok(listOf([{ benefit_id: benefitId, is_granted: true, properties, benefit }]));
  },
};

function ok(body: object): PolarReply {
  return { status: 200, headers: {}, body };
}

function listOf(items: readonly object[]): object {
  return { items, pagination: { total_count: items.length, max_page: 1 } };
}

/**
 * Converts a reply to a result of `fetch`. If the runtime has no `Response`, as in jest's jsdom, the result has only
 * the members that clients read.
 */
export function responseOf({ status, headers, body }: PolarReply): Response {
  // A `null` stands for an empty body. The exception is status 202, the reply to a request for a code: Polar sends the
  // JSON `null` as its body.
  const text = body === null && status !== 202 ? "" : JSON.stringify(body);
  const all = { "content-type": "application/json", ...headers };
  if (typeof Response === "function") return new Response(text === "" ? null : text, { status, headers: all });
  const named = new Map(Object.entries(all));
  const { TextEncoder } = utf8();
  const stand = {
    status,
    ok: status >= 200 && status < 300,
    type: "default",
    headers: { get: (name: string) => named.get(name.toLowerCase()) ?? null },
    body: null,
    text: async () => text,
    json: async () => JSON.parse(text),
    arrayBuffer: async () => new TextEncoder().encode(text).buffer,
  };
  return stand as unknown as Response;
}

function of({ status, headers, body }: PolarReply, changed: object | null = body): PolarReply {
  return { status, headers, body: changed };
}

function bodyOf(license: LicenseFields): object {
  const recorded = RECORDED.validated.body;
  const { key = recorded.key, at = recorded.last_validated_at } = license;
  return {
    ...recorded,
    key,
    display_key: `****-${key.slice(-6)}`,
    organization_id: license.organizationId ?? recorded.organization_id,
    benefit_id: license.benefitId ?? recorded.benefit_id,
    limit_activations: license.limitActivations === undefined ? recorded.limit_activations : license.limitActivations,
    limit_usage: license.limitUsage === undefined ? recorded.limit_usage : license.limitUsage,
    usage: license.usage ?? recorded.usage,
    expires_at: license.expiresAt === undefined ? recorded.expires_at : license.expiresAt,
    last_validated_at: new Date(at).toISOString(),
    activation: null,
  };
}

function seatOf(id: string, { at = RECORDED.activated.body.created_at }: LicenseFields): object {
  const { license_key: _, ...recorded } = RECORDED.activated.body;
  return { ...recorded, id, created_at: new Date(at).toISOString() };
}
