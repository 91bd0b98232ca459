/**
 * What sends requests.
 */

/** `fetch`, or the app's own that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
