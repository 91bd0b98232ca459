/**
 * What sends requests.
 */

import type { RequestInit, Response } from "./platform.js";

/** `fetch`, or the app's own that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
