/**
 * The customer portal for pages in windows. Tokens, license keys and the secrets of checkouts stay in the main process.
 * A page refers to them by numbers, and cannot use the numbers of another page. The main process wipes a page's values
 * when the page releases them, or when the page itself is gone.
 */

import { LicenseError } from "../error.js";
import type { Holder } from "../portal/handle.js";
import { type Operation, OPERATIONS } from "../portal/operations.js";
import type { PortalReply, Reply, Request, RunPortal } from "../portal/run.js";
import type { Progress } from "../portal/types.js";

/**
 * The names of the arguments for which a page passes a number in place of the value. The value itself stays in the main
 * process.
 */
const HANDLES = new Set([
  ...Object.keys(OPERATIONS),
  ...Object.values(OPERATIONS)
    .flatMap((methods) => Object.values<Operation>(methods))
    .flatMap(({ takes }) => Object.keys(takes).filter((name) => takes[name] === "handle")),
]);

/** A reply that the page has not released. */
interface HeldReply {
  readonly reply: Reply;
  /**
   * Maps the numbers that the page uses for the reply's values to the numbers that this process uses for the same
   * values.
   */
  readonly numbers: ReadonlyMap<unknown, unknown>;
}

/**
 * The customer portals of all pages that use the license, one for each page. A page is identified by the number of the
 * frame that shows the page.
 */
export class PagePortals {
  readonly #run: RunPortal;
  readonly #pages = new Map<number, PagePortal>();

  constructor(run: RunPortal) {
    this.#run = run;
  }

  /** Returns the portal for the page in this frame. */
  of(frame: number): PagePortal {
    const page = this.#pages.get(frame) ?? new PagePortal(this.#run);
    this.#pages.set(frame, page);
    return page;
  }

  /** Handles the end of the page in this frame: cancels the page's calls, and wipes its values. */
  end(frame: number): void {
    this.#pages.get(frame)?.end();
    this.#pages.delete(frame);
  }
}

/** The portal for one page. */
class PagePortal {
  readonly #run: RunPortal;
  readonly #running = new Set<AbortController>();
  /** The replies that the page has not released, by the ids of their calls. */
  readonly #replies = new Map<number, HeldReply>();
  #isGone = false;
  #lastNumber = 0;

  constructor(run: RunPortal) {
    this.#run = run;
  }

  /**
   * Runs the operation that `json` describes. Aborting `running` cancels the operation. `running` is also aborted when
   * the page is gone.
   */
  async call(
    id: number,
    json: string,
    running: AbortController,
    onProgress: (progress: Progress) => void,
  ): Promise<PortalReply> {
    const request = parse(json);
    this.#running.add(running);
    try {
      const options = { signal: running.signal, onProgress };
      return this.#hold(id, await this.#run((holder) => this.#requestFor(holder, request), options));
    } finally {
      this.#running.delete(running);
    }
  }

  /** Wipes the values of the reply to the call with this id. */
  release(id: number): void {
    this.#replies.get(id)?.reply.release();
    this.#replies.delete(id);
  }

  end(): void {
    this.#isGone = true;
    for (const running of this.#running) running.abort();
    for (const id of [...this.#replies.keys()]) this.release(id);
  }

  /** Keeps a reply until the page releases it. Returns the part of the reply that the page receives. */
  #hold(id: number, reply: Reply): PortalReply {
    // only a compromised page uses the same id for two calls; the reply to the first call is then wiped
    this.release(id);
    const numbers = new Map<unknown, unknown>();
    const value: unknown = JSON.parse(reply.json, (name, value: unknown) => {
      if (name !== "handle") return value;
      this.#lastNumber += 1;
      numbers.set(this.#lastNumber, value);
      return this.#lastNumber;
    });
    this.#replies.set(id, { reply, numbers });
    if (this.#isGone) this.end();
    return { json: JSON.stringify(value), address: reply.address };
  }

  /**
   * Returns a copy of a page's request. In the copy, the number that `holder` uses for a value replaces the page's
   * number for the same value.
   */
  #requestFor(holder: Holder, request: object): Request {
    const members = Object.entries(request).map(([name, value]: [string, unknown]) => {
      return [name, HANDLES.has(name) ? this.#numberFor(holder, value) : value];
    });
    return Object.fromEntries(members) as Request;
  }

  #numberFor(holder: Holder, number: unknown): unknown {
    const known = [...this.#replies.values()].find(({ reply, numbers }) => reply.holder === holder && numbers.has(number));
    if (known) return known.numbers.get(number);
    throw new LicenseError("invalid_argument", "this is another page's, or from before the engine was restarted; begin again");
  }
}

function parse(json: string): object {
  try {
    return Object(JSON.parse(json)) as object;
  } catch {
    throw new LicenseError("invalid_argument", "a request must be JSON");
  }
}
