/**
 * Sends one request to Polar with `fetch`, and returns its outcome as plain data. Always settles, whatever `fetch`
 * does. Never sends a request twice, and never follows a redirect. Passes its own signal to `fetch`, so that `fetch`
 * does not see the app's reason for aborting.
 */

import { words } from "./error.js";
import type { Fetch } from "./fetch.js";
import { within } from "./time.js";
import type { NoReply } from "./wasm-bindgen.js";

/** A request that the engine has described in a step. */
export interface Request {
  /** Default: `POST`. */
  method?: string;
  url: string;
  headers: [string, string][];
  body: string | null;
  timeoutMs: number;
  /** The largest accepted reply, in bytes. */
  replyLimit: number;
}

/**
 * The headers from which the engine computes how long to wait. In a browser, a header is available only if the server
 * exposes it.
 */
export type RetryHeaders = [retryAfter: string | undefined, ratelimitReset: string | undefined, date: string | undefined];

/** A complete reply, from Polar or from any other server. */
export interface Reply {
  status: number;
  headers: RetryHeaders;
  /** The header `location`. */
  location: string | undefined;
  body: Uint8Array;
}

/** The reason why there is no complete reply. */
export interface Unanswered {
  failure: NoReply;
  /** Whether the request may have reached Polar. */
  sent: boolean;
  message: string;
  /** The exception that `fetch` threw, or the reason that the app gave when it aborted the call. */
  cause?: unknown;
}

/**
 * The option that keeps replies out of caches, because replies name the customer. The object is empty in Cloudflare
 * Workers with a compatibility date before 2024-11-11, because they reject the option and have no cache.
 */
const NOT_CACHED: RequestInit = typeof Request === "function" && !("cache" in Request.prototype) ? {} : { cache: "no-store" };

/** The codes of Node's connection errors that occur before any byte of a request is sent. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

export async function exchange(fetch: Fetch, request: Request, signal: AbortSignal): Promise<Reply | Unanswered> {
  const inner = new AbortController();
  const late = (): Unanswered =>
    signal.aborted
      ? { failure: "cancelled", sent: true, message: "cancelled while waiting for Polar", cause: signal.reason }
      : { failure: "timeout", sent: true, message: "Polar did not answer in time" };
  const reply = replyTo(request, fetch, inner.signal).catch((cause: unknown) => unreached(request.url, cause));
  const answer = await within<Reply | Unanswered>(request.timeoutMs, reply, late, signal);
  inner.abort();
  return answer;
}

async function replyTo(request: Request, fetch: Fetch, signal: AbortSignal): Promise<Reply> {
  const { method = "POST", url, headers: sent, body, replyLimit } = request;
  const response = await fetch(url, {
    method,
    headers: Object.fromEntries(sent),
    body,
    signal,
    ...NOT_CACHED,
    credentials: "omit",
    redirect: "manual",
    referrerPolicy: "no-referrer",
  });
  // A browser hides the status of a redirect, so 302 is used for any redirect. The status is converted to a number,
  // because the app's own `fetch` may return a status of any type.
  const status = response.type === "opaqueredirect" ? 302 : Number(response.status);
  const header = (name: string): string | undefined => {
    const value: unknown = response.headers.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const headers: RetryHeaders = [header("Retry-After"), header("RateLimit-Reset"), header("Date")];
  return { status, headers, location: header("Location"), body: await read(response, replyLimit) };
}

async function read(response: Response, limit: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  let body = new Uint8Array(Math.min(limit, 64 * 1024));
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.slice(0, length);
    const needed = length + value.length;
    if (needed > limit) throw new Error("the reply is too long to be Polar's");
    if (needed > body.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(needed, 2 * body.length)));
      larger.set(body);
      body = larger;
    }
    body.set(value, length);
    length = needed;
  }
}

/** The outcome of a `fetch` that threw. Its message names only the origin of `url`, because the path may be secret. */
function unreached(url: string, cause: unknown): Unanswered {
  const code = codeOf(cause);
  const reason = code ? `${words(cause)}, ${code}` : words(cause);
  const message = `Polar could not be reached at ${new URL(url).origin} (${reason})`;
  return { failure: "network", sent: !NOT_SENT.test(code), message, cause };
}

/**
 * Returns Node's code for the cause of a failed `fetch`, such as `ECONNREFUSED`, or an empty text. `error` can be
 * anything, even an object that throws when it is read.
 */
function codeOf(error: unknown): string {
  try {
    const { code } = (error as { cause: { code: unknown } }).cause;
    return typeof code === "string" ? code : "";
  } catch {
    return "";
  }
}
