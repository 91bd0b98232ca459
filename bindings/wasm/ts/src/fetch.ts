/** The type of functions that send requests. */

import type { RequestInit, Response } from "./platform.js";

/** The platform's `fetch`, or a function of the app that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
