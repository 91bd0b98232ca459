/**
 * The requests of the portal's objects, and the replies to them. Either an engine in the page or another process runs
 * the requests.
 */

import type { Holder } from "./handle.js";
import type { WaitOptions } from "./options.js";
import type { Progress } from "./types.js";

/** A request: the name of an operation, and the operation's arguments. */
export type Request = { call: string } & Record<string, unknown>;

/** The result of an operation. */
export interface Reply {
  holder: Holder;
  /** Tells the holder to wipe the values of the reply. */
  release: () => void;
  json: string;
  /** The address of the checkout's page. `null` if the result is not a checkout. */
  address: string | null;
}

/** Runs an operation. `request` returns the request for a holder, and throws if an argument is wrong. */
export type RunPortal = (request: (holder: Holder) => Request, options: WaitOptions) => Promise<Reply>;

/** Reports the progress of an operation that waits. */
export function report(onProgress: WaitOptions["onProgress"], progress: Progress): void {
  try {
    onProgress?.(Object.freeze(progress));
  } catch (error) {
    // a mistake in the app's callback must not end the operation
    console.error("polar-license: `onProgress` failed", error);
  }
}
