/**
 * The operations of the customer portal, as requests and replies. Either an engine in the page or another process
 * carries out the requests.
 */

import { LicenseError } from "../error.js";
import type { Holder } from "./handle.js";
import type { Portal } from "./methods.js";
import type { WaitOptions } from "./options.js";
import type { Progress } from "./types.js";

/** A request: the name of an operation, and the operation's arguments. */
export type Request = { call: string } & Record<string, unknown>;

/** The result of an operation. */
export interface Reply {
  holder: Holder;
  /** Makes the engine, or the process that holds the reply, wipe the reply's values. */
  release: () => void;
  json: string;
  /** The address of the checkout's page. `null` if the result is not a checkout. */
  address: string | null;
}

/** The part of a reply that is sent to another process. */
export type PortalReply = Pick<Reply, "json" | "address">;

/**
 * Runs an operation. Calls `request` with the holder that runs the operation: an engine, or the connection to another
 * process. `request` returns the request for this holder, or throws if an argument is wrong.
 */
export type RunPortal = (request: (holder: Holder) => Request, options: WaitOptions) => Promise<Reply>;

const runners = new WeakMap<Portal, RunPortal>();

/** Stores `run` as the function that runs the operations of `portal`, and returns the portal. */
export function runBy(portal: Portal, run: RunPortal): Portal {
  runners.set(portal, run);
  return portal;
}

/** Returns the function that runs the operations of this portal. */
export function runnerOf(portal: Portal): RunPortal {
  const run = runners.get(portal);
  if (run) return run;
  throw new LicenseError("invalid_argument", "`portal` must be the result of the client's `portal()`");
}

/** Reports the progress of an operation that waits. */
export function report(onProgress: WaitOptions["onProgress"], progress: Progress): void {
  try {
    onProgress?.(Object.freeze(progress));
  } catch (error) {
    // a mistake in the app's callback must not end the operation
    console.error("polar-license: `onProgress` failed", error);
  }
}
