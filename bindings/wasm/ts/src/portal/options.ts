/** The options of the portal's methods. Contains only types. */

import type { CallOptions } from "../license.js";
import type { Progress } from "./types.js";

/** The options of operations that wait for another person or for Polar. */
export interface WaitOptions extends CallOptions {
  /** Called before each wait. To stop the operation, abort the `signal`. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** The options for following a purchase. */
export interface FollowOptions extends WaitOptions {
  /** The longest time to follow the purchase. Default: half an hour. */
  withinMs?: number | undefined;
}

/** The options for replacing a license key. */
export interface RotateOptions extends CallOptions {
  /** Confirms that the user has agreed to the replacement, which cannot be undone. */
  confirmedByUser: true;
}
