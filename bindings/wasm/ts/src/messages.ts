/**
 * What the user reads about errors that arise outside of the engine.
 *
 * Written by bindings/wasm/tests/types from the core's sentences: change them there.
 */

import type { ErrorKind } from "./types.js";

export const MESSAGES: Partial<Record<ErrorKind, string>> = {
  network: "The license server could not be reached. Check the network connection and try again.",
  cancelled: "The operation was cancelled.",
  internal: "Something went wrong in this app. Restart it and try again.",
};
