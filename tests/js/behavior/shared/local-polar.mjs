// Controls the local Polar through the interface that tools/mock-polar/README.md describes.

export class LocalPolar {
  constructor(url) {
    this.url = url;
  }

  reset() {
    return this.#ask("/reset", { method: "POST" });
  }

  fault(fault) {
    return this.#ask("/faults", { method: "POST", body: JSON.stringify(fault) });
  }

  clearFaults() {
    return this.#ask("/faults", { method: "DELETE" });
  }

  clearRequests() {
    return this.#ask("/requests", { method: "DELETE" });
  }

  /** Returns the names of the endpoints that were called, oldest first. */
  async asked() {
    return (await this.requests()).map(({ path }) => path.split("/").at(-1));
  }

  /** Returns the requests, except a browser's preflight requests. */
  async requests() {
    return posts(await this.#ask("/requests"));
  }

  /** Resolves once `count` requests have arrived. */
  async arrived(count) {
    for (let all = []; posts(all).length < count;) all = await this.#ask(`/requests?wait=${all.length + 1}`);
  }

  async seats(key) {
    return (await this.#ask(`/keys/${key}`)).activations.length;
  }

  advance(seconds) {
    return this.#ask("/clock", { method: "POST", body: JSON.stringify({ advance_seconds: seconds }) });
  }

  /** Sells a key of the benefit `pro`, or of the benefit that `more` names. Returns the key. */
  async bought(email, more = {}) {
    return (await this.#post("/keys", { benefit: "pro", email, ...more })).key;
  }

  /** Creates the key `key`, for the benefit `pro` unless `more` names another benefit. */
  createKey(key, more) {
    return this.#post("/keys", { benefit: "pro", key, ...more });
  }

  /** Makes another version of Polar's API the current one. */
  switchVersion(current) {
    return this.#post("/versions", { current });
  }

  /** Waits for the next mail with a code. Returns the code, and removes the mail. */
  async nextCode() {
    const [mail] = await this.#ask("/mails?wait=1&timeout_ms=10000");
    await this.#ask("/mails", { method: "DELETE" });
    return mail.code;
  }

  freeSeat(activation) {
    return this.#ask(`/activations/${activation}`, { method: "DELETE" });
  }

  /** Returns the mails that Polar has sent, oldest first. */
  mails() {
    return this.#ask("/mails");
  }

  /** Pays for a checkout as the buyer does, whether or not the buyer leaves the page open. */
  pay(clientSecret, email) {
    return this.#post(`/checkouts/${clientSecret}/pay`, { customer_email: email });
  }

  /** Limits the rate of requests as Polar does, until `reset` or `limitRates(false)` ends that. */
  limitRates(on = true) {
    return this.#post("/rate-limit", { on });
  }

  worker(settings) {
    return this.#post("/worker", settings);
  }

  change(path, body) {
    return this.#ask(path, { method: "PATCH", body: JSON.stringify(body) });
  }

  async customerToken(email) {
    return (await this.#post("/tokens", { email })).token;
  }

  keys() {
    return this.#ask("/keys");
  }

  remove(key) {
    return this.#ask(`/keys/${key}`, { method: "DELETE" });
  }

  /** Resolves once `exchanges` would return `count` requests. */
  async exchangesReach(count) {
    for (let all = []; exchanges(all).length < count; ) all = await this.#ask(`/requests?wait=${all.length + 1}`);
  }

  /**
   * Returns all requests except a browser's preflight requests. Unlike `requests`, includes requests of the portal that
   * only read.
   */
  async exchanges() {
    return exchanges(await this.#ask("/requests"));
  }

  #post(path, body) {
    return this.#ask(path, { method: "POST", body: JSON.stringify(body) });
  }

  async #ask(path, init) {
    const response = await fetch(`${this.url}/_mock${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`the local Polar refused ${path}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}

function posts(requests) {
  return requests.filter(({ method }) => method === "POST");
}

function exchanges(requests) {
  return requests.filter(({ method }) => method !== "OPTIONS");
}
