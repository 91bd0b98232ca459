// The local Polar for one scenario, whose clock follows the scenario's. Also replaces references to replies, and
// carries out operations of the portal.

import { START } from "./read.mjs";

const METHODS = ["get", "post", "patch", "delete"];

export class Portal {
  /** The requests that apps have sent. Each has its token, and its endpoint by the name that faults use. */
  asked = [];
  url;
  #kept = new Map();
  /** The work that has to be finished before the next request. */
  #pending = Promise.resolve();

  constructor(url) {
    this.url = url;
  }

  static async begin(url) {
    const portal = new Portal(url);
    await portal.request({ post: "/reset" });
    await portal.request({ post: "/clock", body: { freeze: new Date(START).toISOString() } });
    return portal;
  }

  /** Sends a request to the control endpoint, or to Polar's interface if the path begins with `/v1/`. */
  async request({ vendor, body, ...named }) {
    const method = METHODS.find((method) => method in named);
    const path = await this.resolved(named[method]);
    const response = await fetch(`${this.url}${path.startsWith("/v1/") ? "" : "/_mock"}${path}`, {
      method: method.toUpperCase(),
      headers: { "Content-Type": "application/json", ...(vendor && { Authorization: "Bearer polar_oat_DEMO" }) },
      body: body && JSON.stringify(await this.resolved(body)),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    const reply = text === "" ? null : JSON.parse(text);
    // a page sends a preflight request before some of its requests
    return path === "/requests" ? reply?.filter(({ method }) => method !== "OPTIONS") : reply;
  }

  advance(ms) {
    this.afterwards(() => this.request({ post: "/clock", body: { advance_seconds: ms / 1000 } }));
  }

  /** Adds work that is done before the next request. */
  afterwards(work) {
    this.#pending = this.#pending.then(work);
    // marks a rejection as handled; whoever awaits `#pending` still gets the error
    this.#pending.catch(() => {});
  }

  caughtUp() {
    return this.#pending;
  }

  /** Sends an app's request. Returns the response, and the request with the name of its endpoint. */
  async exchange(url, init) {
    const headers = new Headers(init.headers);
    if (headers.has("polar-version")) throw new Error(`a request to ${url} names a version`);
    const asked = { endpoint: null, token: headers.get("authorization")?.replace("Bearer ", "") };
    this.asked.push(asked);
    await this.caughtUp();
    try {
      return { asked, response: await fetch(url, init) };
    } finally {
      asked.endpoint = (await this.request({ get: "/requests" })).at(-1)?.endpoint;
    }
  }

  /** Returns the tokens and codes, which must not be in any file, error or decision. */
  async secrets() {
    const codes = (await this.request({ get: "/mails" })).map(({ code }) => code);
    return [...codes, ...this.asked.map(({ token }) => token)].filter((secret) => secret);
  }

  async keys() {
    return (await this.request({ get: "/keys" })).map(({ key }) => key);
  }

  keep(name, value) {
    if (name !== undefined) this.#kept.set(name, value);
  }

  /**
   * Replaces references to replies that were kept. `{full/devices/devices/0}` is a part of the reply that was kept as
   * `full`.
   */
  async resolved(value) {
    if (typeof value === "string") return this.#resolvedText(value);
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.resolved(item)));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(async ([name, member]) => [name, await this.resolved(member)]);
    return Object.fromEntries(await Promise.all(members));
  }

  async #resolvedText(text) {
    const [whole] = /^\{[^{}"]+\}$/.exec(text) ?? [];
    if (whole) return this.#referred(whole.slice(1, -1), whole);
    const parts = text.split(/(\{[^{}"]+\})/);
    const found = parts.map((part, at) => (at % 2 ? this.#referred(part.slice(1, -1), part) : part));
    return (await Promise.all(found)).join("");
  }

  async #referred(reference, otherwise) {
    if (reference === "url") return this.url;
    if (reference === "code") return (await this.request({ get: "/mails" })).at(-1).code;
    const [name, ...path] = reference.split("/");
    // not a reference, but a text of the app with a placeholder
    if (!this.#kept.has(name)) return otherwise;
    return path.reduce((value, name) => (name === "last" ? value.at(-1) : value[name]), this.#kept.get(name));
  }
}

/** Carries out an operation of the portal. Returns its reply in the form that the core uses. */
export async function call(client, operation, resolved, options) {
  const { session, checkout, confirmedByUser, withinMs, ...given } = resolved;
  const on = session ?? checkout ?? client.portal();
  const reply = await on[operation](...Object.values(given), { confirmedByUser, withinMs, ...options });
  switch (operation) {
    case "licenseKeys":
    case "usableKeys":
      return { keys: reply };
    case "release":
      return { deactivated: reply };
    case "checkout":
    case "checkoutFromSecret":
      return { follow: reply.follow, address: reply.address, clientSecret: reply.address.split("/").at(-1) };
    default:
      return reply;
  }
}
