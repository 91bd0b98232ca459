/**
 * The options of the portal's methods. Types only.
 */

import type { CallOptions } from "../license.js";
import type { Progress } from "./types.js";

/** The options of operations that wait for somebody else. */
export interface WaitOptions extends CallOptions {
  /** Called before each wait. To end it, abort the `signal`. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** The options for following a purchase. */
export interface FollowOptions extends WaitOptions {
  /** The longest time to follow it. Default: half an hour. */
  withinMs?: number | undefined;
}

/** The options for replacing a license key. */
export interface RotateOptions extends CallOptions {
  /** Whether the user has confirmed it: nobody can bring the old key back. */
  confirmedByUser: true;
}
