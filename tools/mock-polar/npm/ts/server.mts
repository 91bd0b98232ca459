/**
 * A local Polar on 127.0.0.1, served by Node's `http`. Passes requests to the WebAssembly, which is the Rust crate
 * mock-polar, and sends its answers.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";

import type * as compiled from "./mock_polar.cjs";
import { keptBody, Polar } from "./mock_polar.cjs";

/** The options of a local Polar. */
export interface MockPolarOptions {
  /** The port on 127.0.0.1. Default: any free port. */
  port?: number;
  /** The initial keys, as JSON text or as a parsed object. Default: the demo keys. */
  seed?: string | object;
  /** Whether Polar's rate limits apply. Default: no. */
  rateLimit?: boolean;
  /**
   * The version of Polar's API, such as `2027-01`, for requests that name no version. Default: Polar's current version.
   */
  apiVersion?: string;
  /** Whether mails are shown on the console, for a developer who waits for a code. Default: no. */
  showMails?: boolean;
}

/** A running local Polar. */
export interface MockPolar {
  /** The address to set as the client's option `environment`, such as `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The id of the organization that sold the keys, to set as the client's option `organizationId`. */
  readonly organization: string;
  /**
   * Sends a request to `/_mock`: `await polar.control("POST", "faults", { fault: "stall" })`. The promise is rejected
   * if the server refuses the request.
   */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Ends the server. Its open connections close, and its state is lost. */
  close(): Promise<void>;
}

/** The interval at which the worker runs, and at which waiting requests are polled. */
const LOOK_MS = 20;

/** The time after which an idle connection is closed, as on Polar's server. */
const KEEP_ALIVE_MS = 5_000;

/**
 * Starts a local Polar. When the promise resolves, the server accepts requests. The promise is rejected if the port is
 * taken or an option is wrong.
 */
export async function startMockPolar(options: MockPolarOptions = {}): Promise<MockPolar> {
  const { port = 0, seed, rateLimit = false, apiVersion, showMails = false } = options;
  const text = seed === undefined || typeof seed === "string" ? seed : JSON.stringify(seed);
  const front = new Front(made(() => new Polar(text, rateLimit, apiVersion, showMails)));
  await front.listen(port);
  const { port: found } = front.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${found}`;
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}/_mock/${path}`, { method, ...sent });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer}`);
    return answer === "" ? undefined : JSON.parse(answer);
  };
  const { organization } = (await control("GET", "")) as { organization: string };
  return { url, organization, control, close: () => front.close() };
}

/** Calls `make`. If `make` throws a string, as the WebAssembly does, throws an `Error` with that message instead. */
function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw typeof error === "string" ? new Error(error) : error;
  }
}

type Send = Extract<compiled.Next, { do: "send" }>;

/** The requests and connections of one local Polar. */
class Front {
  readonly server: Server;
  readonly #polar: compiled.Polar;
  /** Functions that poll the waiting requests, one for each request. */
  readonly #waiting = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;

  constructor(polar: compiled.Polar) {
    this.#polar = polar;
    const settings = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS, maxHeaderSize: 256 * 1024 };
    this.server = createServer(settings, (request, response) => void this.#serve(request, response));
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async listen(port: number): Promise<void> {
    // listens on loopback only, so that no other computer sees the keys or changes the state
    this.server.listen(port, "127.0.0.1", 1024);
    try {
      await once(this.server, "listening");
    } catch (cause) {
      clearInterval(this.#timer);
      throw new Error(`port ${port} is not available; choose another, or 0 for any that is free`, { cause });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  #look(): void {
    this.#polar.work();
    for (const look of [...this.#waiting]) look();
  }

  /** Polls `look` until it returns something. Resolves to `undefined` if the client disconnects first. */
  #found<T>(connection: ServerResponse, look: () => T | undefined): Promise<T | undefined> {
    return new Promise((resolve) => {
      const end = (found: T | undefined): void => {
        this.#waiting.delete(again);
        connection.off("close", left);
        resolve(found);
      };
      const left = (): void => end(undefined);
      const again = (): void => {
        const found = look();
        if (found !== undefined) end(found);
      };
      this.#waiting.add(again);
      connection.on("close", left);
      again();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await received(request).catch(() => undefined);
    if (!body) return;
    const { method = "", url = "", rawHeaders, socket } = request;
    const exchange = this.#polar.receive(method, url, rawHeaders.map(utf8), body, socket.remoteAddress ?? "");
    // polls the waiting requests, because a request to `/_mock` may be waiting for this one
    this.#look();
    try {
      const next = await this.#next(exchange, response);
      if (next?.do !== "send") socket.destroy();
      else await this.#send(next, exchange, response);
    } finally {
      exchange.free();
    }
  }

  #next(exchange: compiled.Exchange, connection: ServerResponse): Promise<compiled.Next | undefined> {
    return this.#found(connection, () => {
      const next = exchange.poll();
      return next.do === "wait" ? undefined : next;
    });
  }

  async #send(next: Send, exchange: compiled.Exchange, response: ServerResponse): Promise<void> {
    const { status, headers, body, delivery } = next;
    response.sendDate = false;
    response.writeHead(status, headers);
    switch (delivery.how) {
      case "whole":
        if (!next.streams) return void response.end(body);
        response.flushHeaders();
        return this.#stream(exchange, response);
      case "slow":
        response.flushHeaders();
        for (const byte of body) {
          if (response.destroyed) return;
          if (delivery.pauseMs > 0) await passed(delivery.pauseMs, response);
          response.write(Uint8Array.of(byte));
        }
        return void response.end();
      case "truncated":
        return new Promise((resolve) => {
          response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
            response.socket?.destroySoon();
            resolve();
          });
        });
      case "huge":
        for (const part of huge(delivery.bytes)) {
          if (response.destroyed) return;
          if (!response.write(part) && !response.destroyed) await drained(response);
        }
        return void response.end();
    }
  }

  async #stream(exchange: compiled.Exchange, response: ServerResponse): Promise<void> {
    for (;;) {
      const event = await this.#found(response, () => {
        const event = exchange.event();
        return event.do === "wait" ? undefined : event;
      });
      if (event?.do !== "send") return void response.end();
      response.write(event.text);
    }
  }
}

/**
 * Reads the whole body, although only its start may be kept, because a client that is still sending its body would miss
 * the reply.
 */
async function received(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let room = keptBody();
  for await (const part of request as AsyncIterable<Buffer>) {
    if (room > 0) parts.push(part.subarray(0, room));
    room -= part.length;
  }
  return Buffer.concat(parts);
}

/** Decodes a header as UTF-8. Node has decoded it as Latin-1. */
function utf8(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

function passed(ms: number, response: ServerResponse): Promise<void> {
  return waited(response, (go) => {
    const timer = setTimeout(go, ms);
    return () => clearTimeout(timer);
  });
}

function drained(response: ServerResponse): Promise<void> {
  return waited(response, (go) => {
    response.on("drain", go);
    return () => void response.off("drain", go);
  });
}

/** Waits until `go` is called or the client disconnects. `begin` gets `go`, and returns a function that cleans up. */
function waited(response: ServerResponse, begin: (go: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      stop();
      response.off("close", end);
      resolve();
    };
    const stop = begin(end);
    response.on("close", end);
  });
}

/** Yields the parts of one long JSON string, so that the whole string is never in memory. */
function* huge(bytes: number): Generator<Buffer> {
  const PART = 64 * 1024;
  for (let sent = 0; sent < bytes; sent += PART) {
    const part = Buffer.alloc(Math.min(PART, bytes - sent), "x");
    if (sent === 0) part[0] = 0x22;
    if (sent + part.length >= bytes) part[part.length - 1] = 0x22;
    yield part;
  }
}

