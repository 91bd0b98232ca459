/**
 * Messages for errors that arise outside of the engine, by the codes of texts/en.json.
 *
 * Written by bindings/wasm/tests/types from the core's sentences: change them there.
 */

import type { TextCode } from "./types.js";

export const MESSAGES: Partial<Record<TextCode, string>> = {
  "error.invalid_argument": "This app made a mistake: {detail}.",
  "error.invalid_config": "This app is not set up correctly: {detail}.",
  "error.network": "The license server could not be reached. Check the network connection or sign in to the network, and try again.",
  "error.cancelled": "The operation was cancelled.",
  "error.internal": "Something went wrong in this app. Restart it and try again.",
  "error.unsupported": "This app cannot check its license in this browser. Contact the vendor.",
};
