/**
 * One request to Polar by `fetch`, and what came of it as plain data. Always settles, whatever `fetch` does; never sends
 * twice, never follows a redirect, and passes no foreign signal on: the reasons of foreign aborts stay outside.
 */

import { words } from "./error.js";
import { within } from "./time.js";

/** What the engine wants sent. */
export interface Request {
  url: string;
  body: string;
  timeoutMs: number;
}

/** A whole reply, whoever gave it; or why there is none, and whether the request may have reached Polar. */
export interface Answer {
  status?: number;
  retryAfter?: number | undefined;
  body?: Uint8Array;
  failure?: "network" | "timeout" | "cancelled";
  sent?: boolean;
  message?: string;
  /** What was thrown. */
  cause?: unknown;
}

/** `fetch`, or the app's own that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Polar's CORS refuses every header besides these. */
const HEADERS = { "Content-Type": "application/json", "Polar-Version": "2026-04" };

/** Replies name the customer. Cloudflare Workers of before 2024-11-11 have no cache, and refuse to hear of one. */
const NOT_CACHED: RequestInit = typeof Request === "function" && !("cache" in Request.prototype) ? {} : { cache: "no-store" };

/** The most bytes of a reply worth reading; Polar's are under 4 KB. */
const REPLY_LIMIT = 256 * 1024;

/** Failures of Node's connections before the first byte of the request left. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

export async function post(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Answer> {
  const inner = new AbortController();
  const late = (): Answer =>
    signal.aborted
      ? { failure: "cancelled", sent: true, message: "cancelled while waiting for Polar", cause: signal.reason }
      : { failure: "timeout", sent: true, message: "Polar did not answer in time" };
  const answer = await within(request.timeoutMs, exchange(fetch, request, inner.signal).catch(unreached), late, signal);
  inner.abort();
  return answer;
}

async function exchange(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(request.url, {
    method: "POST",
    headers: HEADERS,
    body: request.body,
    signal,
    ...NOT_CACHED,
    credentials: "omit",
    redirect: "manual",
    referrerPolicy: "no-referrer",
  });
  // what a browser shows of a redirect; the app's own `fetch` may have anything for a status
  const said = response.type === "opaqueredirect" ? 302 : Number(response.status);
  const status = said > 0 && said < 1_000 ? Math.floor(said) : 0;
  const seconds = response.headers.get("Retry-After") ?? "";
  const retryAfter = /^\d{1,9}$/.test(seconds) ? Number(seconds) : undefined;
  return { status, retryAfter, body: await read(response) };
}

async function read(response: Response): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const body = new Uint8Array(REPLY_LIMIT);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.slice(0, length);
    if (length + value.length > REPLY_LIMIT) throw new Error("the reply is too long to be Polar's");
    body.set(value, length);
    length += value.length;
  }
}

function unreached(cause: unknown): Answer {
  return { failure: "network", sent: mayHaveLeft(cause), message: `Polar could not be reached (${words(cause)})`, cause };
}

/** By what Node says of a connection that failed. Anything can be thrown, what throws when it is looked at included. */
function mayHaveLeft(error: unknown): boolean {
  try {
    return !NOT_SENT.test((error as { cause: { code: string } }).cause.code);
  } catch {
    return true;
  }
}
