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

  /** Returns the names of the requested endpoints, in order. */
  async asked() {
    return (await this.requests()).map(({ path }) => path.split("/").at(-1));
  }

  /** Returns the requests without the preflight requests of a browser. */
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

  /** Sells a key of the benefit `pro`, or of the one that `more` names, and returns it. */
  async bought(email, more = {}) {
    return (await this.#post("/keys", { benefit: "pro", email, ...more })).key;
  }

  /** Creates this key, of the benefit `pro` unless `more` names another. */
  createKey(key, more) {
    return this.#post("/keys", { benefit: "pro", key, ...more });
  }

  /** Switches to a version of Polar's API. */
  switchVersion(current) {
    return this.#post("/versions", { current });
  }

  /** Returns the code in the next mail, and removes the mail. */
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

  /** Pays as the buyer, who leaves the page open or not. */
  pay(clientSecret, email) {
    return this.#post(`/checkouts/${clientSecret}/pay`, { customer_email: email });
  }

  /** Limits requests as Polar does, until `reset` or `limitRates(false)`. */
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

  /** Resolves once so many requests have arrived, as `exchanges` counts them. */
  async exchangesReach(count) {
    for (let all = []; exchanges(all).length < count; ) all = await this.#ask(`/requests?wait=${all.length + 1}`);
  }

  /**
   * Returns all requests, including those of the portal that only read, without the preflight requests of a browser.
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
