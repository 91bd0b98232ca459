/**
 * A simulated Polar with one key and one customer, in the memory of a test. Answers a client's `fetch` with replies in
 * Polar's form, including the replies of the customer portal. The engine treats these replies like replies from Polar.
 */

import type { Fetch } from "../fetch.js";
import type { Clock } from "../time.js";
import { RECORDED } from "./recorded.js";
import { type Denial, type LicenseFields, type PolarReply, replies, responseOf, type SeatFields } from "./replies.js";

/** A simulated Polar that belongs to a test. The test may change the members of this object at any time. */
export interface TestPolar {
  /** Pass this to a client as its option `fetch`. */
  readonly fetch: Fetch;
  /**
   * The license that is returned for every key. If a test sets the license's `limitActivations`, an activation is
   * refused once that many `seats` are taken.
   */
  license: LicenseFields;
  /** The seats that are taken. To add the seat of a dead machine: `polar.seats = [{ label: "Old laptop" }]`. */
  seats: SeatFields[];
  /** The code that customers receive by e-mail in the customer portal, whatever their address. Default: `TEST42`. */
  code: string;
  /** The reason that Polar gives for denying the key. Default: `null`, which means that Polar confirms the key. */
  denial: Denial | null;
  /** Whether Polar cannot be reached. */
  offline: boolean;
  /**
   * A function that receives each request. If the function returns a reply, the client gets that reply. If the function
   * returns `undefined`, the simulated Polar replies as usual. Example: `polar.answer = () => replies.rateLimited(5)`.
   */
  answer: ((request: PolarRequest) => PolarReply | undefined) | undefined;
  /** The requests that this simulated Polar has received, oldest first. */
  readonly requests: PolarRequest[];
}

/** A request that a client has sent. */
export interface PolarRequest {
  operation:
    | "validate"
    | "activate"
    | "deactivate"
    | "request_code"
    | "authenticate"
    | "list_keys"
    | "get_key"
    | "list_grants"
    | "rotate"
    | "other";
  /** The JSON that the client has sent. Empty if the request has no body. */
  body: Record<string, unknown>;
}

/** The id of a seat if the test does not choose one. */
const SEAT = RECORDED.activated.body.id;

/** For each operation, a pattern that matches the end of the request's path. */
const OPERATIONS: readonly (readonly [RegExp, PolarRequest["operation"]])[] = [
  [/\/license-keys\/validate$/, "validate"],
  [/\/license-keys\/activate$/, "activate"],
  [/\/license-keys\/deactivate$/, "deactivate"],
  [/\/customer-session\/request$/, "request_code"],
  [/\/customer-session\/authenticate$/, "authenticate"],
  [/\/license-keys\/$/, "list_keys"],
  [/\/license-keys\/[^/]+\/rotate$/, "rotate"],
  [/\/license-keys\/[^/]+$/, "get_key"],
  [/\/benefit-grants\/$/, "list_grants"],
];

/** Creates a simulated Polar for tests. Its replies describe `license`. The times in its replies come from `clock`. */
export function testPolar(clock: Clock, license: LicenseFields = {}): TestPolar {
  const requests: PolarRequest[] = [];
  /**
   * The key and the organization of the latest requests that contained them. Replies in the portal need both, but most
   * requests of the portal contain neither.
   */
  const named: LicenseFields = {};
  let taken = 0;
  const about = (): LicenseFields => ({ at: clock.now(), ...named, ...polar.license });
  const activated = (label: string): PolarReply => {
    const { limitActivations: limit } = polar.license;
    if (limit != null && polar.seats.length >= limit) return replies.activationLimit();
    const id = `de300000-0000-4000-8000-${(++taken).toString(16).padStart(12, "0")}`;
    polar.seats = [...polar.seats, { id, label, at: clock.now() }];
    return replies.activated(about(), id);
  };
  const reply = ({ operation, body }: PolarRequest): PolarReply => {
    const { key, organization_id, activation_id, label = "", code } = body as Record<string, string | undefined>;
    Object.assign(named, key && { key }, organization_id && { organizationId: organization_id });
    const isAboutLicense = operation === "validate" || operation === "activate" || operation === "deactivate";
    if (polar.denial && isAboutLicense) return replies.denied(polar.denial);
    switch (operation) {
      case "validate":
        return replies.validated(about(), activation_id);
      case "activate":
        return activated(label);
      case "deactivate":
        polar.seats = polar.seats.filter(({ id = SEAT }) => id !== activation_id);
        return replies.deactivated();
      case "request_code":
        return replies.codeRequested();
      case "authenticate":
        return code === polar.code ? replies.authenticated() : replies.wrongCode();
      case "list_keys":
        return replies.keys(about());
      case "rotate":
        polar.license = { ...polar.license, key: `ROTATED-${requests.length}` };
        return replies.keyWithDevices(about(), polar.seats);
      case "get_key":
        return replies.keyWithDevices(about(), polar.seats);
      case "list_grants":
        return replies.grants(about());
      case "other":
        return replies.denied("not_found");
    }
  };
  const polar: TestPolar = {
    license,
    seats: [],
    code: "TEST42",
    denial: null,
    offline: false,
    answer: undefined,
    requests,
    async fetch(url, init) {
      const request = requestOf(url, init.body);
      requests.push(request);
      if (polar.offline) throw new TypeError("the test's Polar is offline");
      return responseOf(polar.answer?.(request) ?? reply(request));
    },
  };
  return polar;
}

function requestOf(url: string, body: unknown): PolarRequest {
  const [path = ""] = url.split("?");
  const [, operation = "other"] = OPERATIONS.find(([end]) => end.test(path)) ?? [];
  return { operation, body: (body ? JSON.parse(String(body)) : {}) as Record<string, unknown> };
}
