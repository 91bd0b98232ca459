/**
 * The objects of the customer portal: a client's portal, its sessions and its checkouts. `OPERATIONS` has a table for
 * each kind of object, with one row for each method. A method sends its arguments as a request, and converts the reply
 * into objects for the app.
 */

import { discreet } from "../discreet.js";
import { errorOf, LicenseError } from "../error.js";
import type { Decision, Failure } from "../types.js";
import { type Handle, type Holder, handleOf } from "./handle.js";
import type { Portal } from "./methods.js";
import { type Operation, OPERATIONS, type Result } from "./operations.js";
import type { WaitOptions } from "./options.js";
import { type Reply, type Request, runBy, type RunPortal } from "./run.js";
import { shown } from "./shown.js";

/** The values that all operations of a client's portal need. */
export interface Parts {
  current(): Decision;
  run: RunPortal;
  /** Whether this program can see the target of a redirect, which browsers hide. */
  seesRedirects: boolean;
}

export function customerPortal(parts: Parts): Portal {
  return runBy(Object.freeze(methods(parts, "portal")) as unknown as Portal, parts.run);
}

/**
 * Creates the methods of the portal, of a session or of a checkout. `self` is the handle of the session or the
 * checkout.
 */
function methods(parts: Parts, of: keyof typeof OPERATIONS, self?: Handle): Record<string, unknown> {
  const method = ([call, { takes, options, gives }]: [string, Operation]) => {
    return async (...given: unknown[]): Promise<unknown> => {
      const positional = Object.entries(takes);
      const last = (given[positional.length] ?? {}) as WaitOptions & Record<string, unknown>;
      const request = (holder: Holder): Request => {
        if (call === "checkout" && !parts.seesRedirects) throw new LicenseError("invalid_argument", NOT_BY_LINK);
        const members = [
          ...positional.map(([name, kind], at) => [name, kind === "handle" ? handleOf(given[at], name).of(holder) : plain(given[at])]),
          ...options.map((name) => [name, plain(last[name])]),
        ];
        return { call, ...(self && { [of]: self.of(holder) }), ...Object.fromEntries(members) };
      };
      return result(parts, gives, await parts.run(request, last));
    };
  };
  const all = Object.entries<Operation>(OPERATIONS[of]).map((row) => [row[0], method(row)]);
  return Object.fromEntries(all) as Record<string, unknown>;
}

const NOT_BY_LINK =
  "a web page cannot see where a checkout link leads; have your backend make the checkout, and give its client secret to " +
  "`checkoutFromSecret`";

/**
 * Converts an argument to a value that JSON can represent. The engine checks the value later. Its error messages never
 * contain the value.
 */
function plain(given: unknown): string | number | boolean | null {
  // JSON can represent neither infinity nor NaN: infinity becomes the largest safe integer, and NaN becomes -1
  if (typeof given === "number") return given >= 0 ? Math.trunc(Math.min(given, Number.MAX_SAFE_INTEGER)) : -1;
  return typeof given === "string" || typeof given === "boolean" ? given : null;
}

/** Converts a reply to the result that the app receives. */
function result(parts: Parts, gives: Result, reply: Reply): unknown {
  const { value, handle } = shown(reply);
  switch (gives) {
    case "Session":
      return Object.freeze(methods(parts, "session", handle));
    case "Checkout":
      return discreet(methods(parts, "checkout", handle), { address: reply.address });
    case "LicenseKeys":
      return (value as { keys: unknown }).keys;
    case "Released":
      return (value as { deactivated: unknown }).deactivated;
    case "Restored":
      return restored(parts, value as { kind: string; error?: Failure });
    case "CodeRequest":
    case "Devices":
    case "LicenseKey":
    case "Purchase":
      return value;
  }
}

function restored({ current }: Parts, value: { kind: string; error?: Failure }): unknown {
  const decision = current();
  if (value.kind === "licensed") return Object.freeze({ ...value, decision });
  return value.error ? Object.freeze({ ...value, error: errorOf(value.error, decision) }) : value;
}
