/**
 * One request to Polar by `fetch`, and what came of it as plain data. Always settles, whatever `fetch` does; never sends
 * twice, never follows a redirect, and passes no foreign signal on: the reasons of foreign aborts stay outside.
 */

import { words } from "./error.js";
import { after } from "./time.js";

/** What the engine wants sent. */
export interface Request {
  url: string;
  body: string;
  timeoutMs: number;
}

/** A whole reply, whoever gave it; or why there is none, and whether the request may have reached Polar. */
export type Answer =
  | { status: number; retryAfter: number | undefined; body: Uint8Array }
  | { failure: "network" | "timeout" | "cancelled"; sent: boolean; message: string; cause?: unknown };

/** `fetch`, or the app's own that behaves like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Polar's CORS refuses every header besides these. */
const HEADERS = { "Content-Type": "application/json", "Polar-Version": "2026-04" };

/** Replies name the customer. Cloudflare Workers of before 2024-11-11 have no cache, and refuse to hear of one. */
const NOT_CACHED: RequestInit = typeof Request === "function" && !("cache" in Request.prototype) ? {} : { cache: "no-store" };

/** The most bytes of a reply worth reading; Polar's are under 4 KB. */
const REPLY_LIMIT = 256 * 1024;

/** Failures of Node's connections before the first byte of the request left. */
const NOT_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"];

export function post(fetch: Fetch, request: Request, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const inner = new AbortController();
    const end = (answer: Answer): void => {
      stop();
      signal?.removeEventListener("abort", cancel);
      inner.abort();
      resolve(answer);
    };
    const stop = after(request.timeoutMs, () => {
      end({ failure: "timeout", sent: true, message: "Polar did not answer in time" });
    });
    const cancel = (): void => {
      end({ failure: "cancelled", sent: true, message: "cancelled while waiting for Polar", cause: signal?.reason });
    };
    signal?.addEventListener("abort", cancel);
    exchange(fetch, request, inner.signal).then(end, (error: unknown) => end(failed(error)));
  });
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
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > REPLY_LIMIT) throw new Error("the reply is too long to be Polar's");
    chunks.push(value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function failed(error: unknown): Answer {
  const sent = !NOT_SENT.includes(codeOf(error) as string);
  return { failure: "network", sent, message: `Polar could not be reached (${words(error)})`, cause: error };
}

/** What Node says of a connection that failed. Anything can be thrown, what throws when it is looked at included. */
function codeOf(error: unknown): unknown {
  try {
    return (error as { cause?: { code?: unknown } } | null | undefined)?.cause?.code;
  } catch {
    return undefined;
  }
}
