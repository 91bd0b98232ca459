// Checks that no secret (a token, a code, an e-mail address, an invitation or a checkout's secret) is anywhere an app
// could store, log or copy it by mistake: in storages, errors, the console, addresses, or the printed form of objects.

import { equal, holds } from "./expect.mjs";
import { LocalPolar } from "./local-polar.mjs";
import { Story } from "./portal.mjs";

const EMAIL = "iona.larkspur@example.com";
const INVITATION = "DEMO-INVITATION";

/**
 * The faults to test with. `undefined` stands for no fault, and `says too much` for a fault of an app's own `fetch`.
 */
const FAULTS = [
  undefined,
  "says too much",
  { fault: "captive_portal", status: 200 },
  { fault: "server_error", status: 502 },
  { fault: "rate_limited", retry_after: 5 },
  { fault: "truncated_body", after_handling: true },
  { fault: "garbage", garbage: "foreign_json" },
  { fault: "garbage", garbage: "binary" },
];

export function tests({ polar: url, platform }) {
  const polar = new LocalPolar(url);
  const run = async () => {
    for (const fault of FAULTS) await keepsSecrets(polar, platform, fault);
  };
  return [{ name: "portal: nothing shows a token, a code, an address or a secret", kind: "portal", run }];
}

async function keepsSecrets(polar, platform, fault) {
  const story = await Story.begin(polar, platform);
  const key = await polar.bought(EMAIL, { limit_activations: 1 });
  await story.activeElsewhere(key, "The laptop that fell into the lake");
  const seen = await Seen.by(platform);
  const fetch = async (url, init) => {
    seen.address(url);
    const isPortals = /customer-portal|checkout|customer-seats/.test(url);
    if (fault === "says too much" && isPortals) throw new TypeError(`cannot send ${JSON.stringify({ url, ...init })}`);
    return globalThis.fetch(url, init);
  };
  const license = await story.open({ fetch });
  story.portal = license.portal();
  const { checkout, secret } = await made(story, polar, license);
  const token = await polar.customerToken(EMAIL);
  const session = await story.portal.sessionFromToken(token);
  if (typeof fault === "object") await polar.fault(fault);
  await seen.console(() => everything(seen, { ...story, license, session, checkout, secret, polar }));
  await polar.clearFaults();
  seen.text([...story.device.texts].filter(([, text]) => text !== story.device.record).join());
  seen.text(atob(story.device.record ?? ""));
  const requests = await polar.exchanges();
  const tokens = requests.map(({ headers }) => headers.authorization?.replace("Bearer ", "")).filter(Boolean);
  const codes = (await polar.mails()).map(({ code }) => code).filter(Boolean);
  const vendors = "polar_oat_DEMO";
  const all = [EMAIL, "iona.larkspur", INVITATION, secret, token, ...codes, ...tokens];
  const secrets = all.filter((one) => one !== vendors);
  seen.hides(secrets, secret, JSON.stringify(fault));
  license.dispose();
  story.license.dispose();
}

/** Returns a checkout that the vendor's backend has created, with its secret. */
async function made(story, polar, license) {
  const { secret } = await Story.prototype.checkout.call({ ...story, portal: story.license.portal(), polar });
  return { secret, checkout: await license.portal().checkoutFromSecret(secret) };
}

/** Does everything that a customer can do, and collects all results and errors in `seen`. */
async function everything(seen, { license, session, checkout, secret, polar, portal }) {
  const done = async (work) => {
    const result = await work().catch((error) => ({ error }));
    seen.object(result);
    return result;
  };
  await done(() => portal.requestCode(EMAIL));
  await done(() => portal.requestCode("iona.larkspur@no domain"));
  const code = (await polar.mails()).at(-1)?.code ?? "AAAAAA";
  await done(() => portal.authenticate(code));
  await done(() => portal.authenticate(code));
  await done(() => portal.authenticate(`${EMAIL} `));
  await done(() => portal.claimSeat(INVITATION));
  await done(() => portal.claimSeat(`https://${EMAIL}/?nothing`));
  await done(() => portal.sessionFromToken("polar_cst_iona.larkspur"));
  await done(() => portal.checkoutFromSecret("iona.larkspur%"));
  const stop = new AbortController();
  await done(() => checkout.follow({ signal: stop.signal, onProgress: () => stop.abort() }));
  await polar.pay(secret, EMAIL);
  await polar.worker({ run: true });
  const purchase = await done(() => checkout.follow({ withinMs: 0 }));
  const enough = new AbortController();
  const within = { signal: enough.signal, onProgress: () => enough.abort() };
  if (purchase.code) await done(() => session.restorePurchase(purchase, within));
  const restored = await done(() => session.restore());
  if (restored.devices?.kind === "listed") await done(() => session.release(restored.devices.devices[0]));
  const keys = await done(() => session.licenseKeys());
  if (Array.isArray(keys)) {
    await done(() => session.devices(keys[0]));
    await done(() => session.rotate(keys[0], { confirmedByUser: true }));
  }
  for (const one of [license, portal, session, checkout]) seen.object(one);
  seen.object(license.current());
}

/** Collects everything that somebody could get to see. */
class Seen {
  #texts = [];
  #addresses = [];
  #inspect;

  static async by(platform) {
    const seen = new Seen();
    if (platform === "Node") seen.#inspect = (await import("node:util")).inspect;
    return seen;
  }

  text(text) {
    this.#texts.push(text);
  }

  address(url) {
    this.#addresses.push(url);
  }

  object(value) {
    const { error } = value;
    if (error) {
      this.#texts.push(String(error), String(error.stack), error.message, error.detail);
      this.#texts.push(String(error.cause?.stack ?? error.cause));
    }
    this.#texts.push(JSON.stringify(value), listed(value), JSON.stringify({ ...value }));
    const inspect = this.#inspect;
    if (inspect) this.#texts.push(inspect(value, { depth: Infinity, showHidden: true }), inspect(value));
  }

  /** Collects what is logged while `work` runs. */
  async console(work) {
    const methods = ["log", "info", "debug", "warn", "error", "dir", "trace"];
    const known = Object.fromEntries(methods.map((name) => [name, console[name]]));
    const keep = (...given) => {
      for (const one of given) this.object({ logged: one, error: one instanceof Error ? one : undefined });
    };
    Object.assign(console, Object.fromEntries(methods.map((name) => [name, keep])));
    try {
      await work();
    } finally {
      Object.assign(console, known);
    }
  }

  /**
   * Checks that nothing contains a secret. Only one kind of address may contain one: Polar's interface has the secret
   * of a checkout in that checkout's addresses.
   */
  hides(secrets, ofCheckout, where) {
    const hasCode = secrets.some((secret) => /^[A-Z0-9]{6}$/.test(secret));
    holds(hasCode || where !== undefined, "no code was mailed");
    holds(this.#texts.length > 40, `only ${this.#texts.length} texts with ${where}`);
    for (const secret of secrets) {
      const [text] = this.#texts.filter((text) => text.includes(secret));
      equal(text?.replaceAll(secret, "<SECRET>"), undefined, `what shows a secret with ${where}`);
      const addresses = this.#addresses.filter((url) => url.includes(secret) && secret !== ofCheckout);
      equal(addresses.length, 0, `addresses with a secret with ${where}`);
    }
    const ofCheckouts = this.#addresses.filter((url) => url.includes(ofCheckout));
    equal(ofCheckouts.filter((url) => !url.includes("/v1/checkouts/client/")), [], `addresses of a checkout with ${where}`);
  }
}

/** Returns the texts that a logger finds if it walks through an object and its members. */
function listed(value, known = new Set()) {
  if (typeof value !== "object" || value === null) return String(value);
  if (known.has(value)) return "";
  known.add(value);
  return Object.entries(value)
    .map(([name, member]) => `${name}: ${listed(member, known)}`)
    .join();
}
