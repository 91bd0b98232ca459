/**
 * Requests of the portal's objects and the replies to them. An engine in the page runs them, or another process does.
 */

import type { Holder } from "./handle.js";
import type { WaitOptions } from "./options.js";
import type { Progress } from "./types.js";

/** A request: the name of an operation, and its arguments. */
export type Request = { call: string } & Record<string, unknown>;

/** The result of an operation. */
export interface Reply {
  holder: Holder;
  /** Lets the holder wipe the values. */
  release: () => void;
  json: string;
  /** The address of a checkout's page. */
  address: string | null;
}

/** Runs the operation that `request` describes for a holder. `request` throws if an argument is wrong. */
export type RunPortal = (request: (holder: Holder) => Request, options: WaitOptions) => Promise<Reply>;

/** Reports the progress of an operation that waits. */
export function report(onProgress: WaitOptions["onProgress"], progress: Progress): void {
  try {
    onProgress?.(Object.freeze(progress));
  } catch (error) {
    // a mistake of the app's own must not end the operation
    console.error("polar-license: `onProgress` failed", error);
  }
}
