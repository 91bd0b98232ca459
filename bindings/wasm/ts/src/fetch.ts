/** The type of a function that sends requests. */

import type { RequestInit, Response } from "./platform.js";

/** The platform's `fetch`, or a function of the app that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
