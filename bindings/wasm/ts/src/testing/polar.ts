/**
 * A Polar with one key, in the memory of a test: answers a client's `fetch` with replies as Polar gives them. What they mean
 * for a license is decided by the engine.
 */

import type { Fetch } from "../fetch.js";
import type { Clock } from "../time.js";
import { type Denial, type LicenseFields, type PolarReply, replies, responseOf } from "./replies.js";

/** What a test's Polar does. Change it at any time. */
export interface TestPolar {
  /** For the option `fetch` of a client. */
  readonly fetch: Fetch;
  /** The license of every key that is asked about. */
  license: LicenseFields;
  /** Why it denies the key. Default: `null`, it does not. */
  denial: Denial | null;
  /** Whether it cannot be reached. */
  offline: boolean;
  /** Answers in its place, if it returns a reply: `polar.answer = () => replies.rateLimited(5)`. */
  answer: ((request: PolarRequest) => PolarReply | undefined) | undefined;
  /** What it was asked, oldest first. */
  readonly requests: PolarRequest[];
}

/** What a client has asked. */
export interface PolarRequest {
  operation: "validate" | "activate" | "deactivate";
  /** The JSON that was sent. */
  body: Record<string, unknown>;
}

/** A Polar whose clock is the given one. */
export function testPolar(clock: Clock, license: LicenseFields = {}): TestPolar {
  const requests: PolarRequest[] = [];
  const reply = (request: PolarRequest): PolarReply => {
    const { key, organization_id, activation_id } = request.body as Record<string, string | undefined>;
    const asked: LicenseFields = { ...(key && { key }), ...(organization_id && { organizationId: organization_id }) };
    const about: LicenseFields = { at: clock.now(), ...asked, ...polar.license };
    if (polar.denial) return replies.denied(polar.denial);
    switch (request.operation) {
      case "validate":
        return replies.validated(about, activation_id);
      case "activate":
        return replies.activated(about);
      case "deactivate":
        return replies.deactivated();
    }
  };
  const polar: TestPolar = {
    license,
    denial: null,
    offline: false,
    answer: undefined,
    requests,
    async fetch(url, init) {
      const operation = url.slice(url.lastIndexOf("/") + 1) as PolarRequest["operation"];
      const request = { operation, body: JSON.parse(String(init.body)) as Record<string, unknown> };
      requests.push(request);
      if (polar.offline) throw new TypeError("the test's Polar is offline");
      return responseOf(polar.answer?.(request) ?? reply(request));
    },
  };
  return polar;
}
