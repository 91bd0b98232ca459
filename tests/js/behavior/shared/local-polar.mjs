// Steers the local Polar: tools/mock-polar/README.md describes what it takes.

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

  /** The names of the endpoints that were asked, in order. */
  async asked() {
    return (await this.requests()).map(({ path }) => path.split("/").at(-1));
  }

  /** Without the questions that a browser asks before. */
  async requests() {
    return posts(await this.#ask("/requests"));
  }

  /** Once `count` requests have arrived. */
  async arrived(count) {
    for (let all = []; posts(all).length < count;) all = await this.#ask(`/requests?wait=${all.length + 1}`);
  }

  async seats(key) {
    return (await this.#ask(`/keys/${key}`)).activations.length;
  }

  advance(seconds) {
    return this.#ask("/clock", { method: "POST", body: JSON.stringify({ advance_seconds: seconds }) });
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
