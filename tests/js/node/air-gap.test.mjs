// Tests licenses for computers that are never online, with the client for Node, files and a local Polar. Computer A never
// has a network, and computer B acts for it. `air-gap-computer.mjs` plays the story in two network namespaces.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { scripts, startPolar } from "../electron/polar.mjs";
import { namesIn, scratch } from "./scratch.mjs";
import { traps } from "./trapping.mjs";

const { createLicenseClient, fileStorage, keyValueStorage, LicenseError } = await import(`${scripts}/node.js`);
const page = await import(`${scripts}/index.js`);

const served = await startPolar(after);
const polar = new LocalPolar(served.url);
const KEY = "DEMO-ONE-DEVICE";
const TWO = "DEMO-TWO-DEVICES";

/** A computer with its own folder. */
class Computer {
  #monotonic = 0;
  /** Is called before each request. */
  onRequest = () => undefined;
  /** Is called when Polar's answer has arrived, before the client gets it. */
  onReply = () => undefined;

  constructor(t, deviceId) {
    this.directory = join(scratch(t), "data");
    this.settings = {
      organizationId: served.organization,
      appId: "com.acme.app",
      environment: served.url,
      appSecret: "hush",
      airGapDays: 90,
      deviceId,
    };
  }

  open(more = {}) {
    const { directory } = this;
    return createLicenseClient({
      ...this.settings,
      storage: fileStorage({ directory }),
      autoRefresh: false,
      clock: { now: () => Date.now(), monotonic: () => this.#monotonic },
      fetch: async (url, init) => {
        // as if the request took that long, so that no request has to wait for another
        this.#monotonic += 1_200;
        this.onRequest(url);
        const reply = await fetch(url, { ...init, signal: null });
        this.onReply(url);
        return reply;
      },
      ...more,
    });
  }

  get records() {
    return namesIn(this.directory).filter((name) => name.endsWith(".license"));
  }
}

/** Starts the story: A has made a request. A fails at its first request to Polar. */
async function start(t) {
  await polar.reset();
  const [a, b] = [new Computer(t, "A"), new Computer(t, "B")];
  a.onRequest = () => assert.fail("A sent a request");
  const clients = { a: await a.open(), b: await b.open() };
  t.after(() => Object.values(clients).forEach((client) => client.dispose()));
  return { a, b, ...{ onA: clients.a, onB: clients.b }, request: await clients.a.offlineRequest() };
}

const failure = (promise) => promise.then(() => assert.fail("nothing was thrown"), (error) => error);

test("a request, an answer, an import and a return: B's own license stays as it is", async (t) => {
  const { onA, onB, b, request } = await start(t);
  await onB.activate("DEMO-PLAIN");
  const own = onB.current();
  const answer = await onB.offlineAnswer(request, KEY);
  assert.equal(answer.decision.state, "active");
  assert.equal(onB.current(), own);
  assert.equal(b.records.length, 2, "B has a record of A beside its own");
  assert.equal(b.records.filter((name) => name.endsWith(".other.license")).length, 1, "its name tells it apart");
  assert.equal(await polar.seats(KEY), 1);

  const imported = await onA.offlineImport(answer.text);
  assert.deepEqual([imported.state, imported.airGapped, onA.current().state], ["active", true, "active"]);
  const returned = await onA.offlineReturn();
  assert.equal(returned.decision.state, "unlicensed");
  assert.equal((await onA.offlineReturn()).text, returned.text, "a lost return can be written again");
  assert.equal(await polar.seats(KEY), 1, "nothing has reached Polar yet");
  assert.equal((await onB.offlineRelease(returned.text)).deactivated, "released");
  assert.equal(await polar.seats(KEY), 0);
  assert.equal(onB.current(), own);
});

test("the texts appear in no log, copy or JSON", async (t) => {
  const { onA, onB, request } = await start(t);
  const answer = await onB.offlineAnswer(request, KEY);
  await onA.offlineImport(answer.text);
  const returned = await onA.offlineReturn();
  for (const result of [answer, returned]) {
    assert.match(result.text, /^(ANSWER|RETURN)1-/);
    for (const shown of [inspect(result, { depth: 9 }), JSON.stringify(result), inspect({ ...result }), String(result)]) {
      assert.ok(!shown.includes(result.text) && !shown.includes(KEY), shown);
    }
    assert.throws(() => {
      result.text = "another";
    }, TypeError);
  }
  const damaged = await failure(onA.offlineImport(`${answer.text}7`));
  assert.deepEqual([damaged.kind, damaged.decision.state], ["invalid_argument", "unlicensed"]);
  for (const shown of [inspect(damaged), JSON.stringify(damaged)]) assert.ok(!shown.includes(answer.text.slice(20, 60)), shown);
});

test("an answer that was cancelled, or whose client was disposed of, loses no seat", async (t) => {
  for (const stop of ["abort", "dispose"]) {
    const { b, onA, onB, request } = await start(t);
    const ends = new AbortController();
    b.onReply = (url) => {
      if (!url.endsWith("/activate")) return;
      b.onReply = () => undefined;
      if (stop === "abort") ends.abort();
      else onB.dispose();
    };
    const error = await failure(onB.offlineAnswer(request, TWO, { signal: ends.signal }));
    assert.deepEqual([error.name, error.kind, error.maybeApplied], ["LicenseError", "cancelled", true], stop);
    assert.equal(await polar.seats(TWO), 1, stop);
    // B remembers that Polar may have given a seat to A
    const later = await b.open();
    const again = await later.offlineAnswer(request, TWO);
    assert.deepEqual([again.decision.state, again.decision.problem?.kind], ["active", "seat_uncertain"], stop);
    assert.equal((await onA.offlineImport(again.text)).state, "active", stop);
    later.dispose();
  }
});

test("a signal that was aborted already, and a disposed client, send nothing", async (t) => {
  const { onB, request } = await start(t);
  const aborted = { signal: AbortSignal.abort() };
  assert.equal((await failure(onB.offlineAnswer(request, KEY, aborted))).kind, "cancelled");
  assert.equal((await failure(onB.offlineRequest(aborted))).kind, "cancelled");
  onB.dispose();
  assert.equal((await failure(onB.offlineAnswer(request, KEY))).kind, "cancelled");
  assert.equal((await failure(onB.offlineRequest())).kind, "cancelled");
  assert.deepEqual(await polar.requests(), []);
});

test("a trap of the engine ends one answer, and the next one works", async (t) => {
  const { onB, request } = await start(t);
  traps.armed = true;
  const error = await failure(onB.offlineAnswer(request, KEY));
  traps.armed = false;
  assert.equal(error.kind, "internal");
  assert.equal(onB.current().state, "unlicensed");
  assert.equal((await onB.offlineAnswer(request, KEY)).decision.state, "active");
  assert.equal((await onB.validate()).state, "unlicensed");
});

test("two answers to one request at the same time take one seat", async (t) => {
  const { onA, onB, request } = await start(t);
  const [, second] = await Promise.all([onB.offlineAnswer(request, KEY), onB.offlineAnswer(request, KEY)]);
  assert.equal(await polar.seats(KEY), 1);
  assert.equal((await onA.offlineImport(second.text)).state, "active");
});

test("a client with a storage of the app's own, and a client for pages, cannot act for another computer", async (t) => {
  const { b, request } = await start(t);
  const texts = new Map();
  const storage = keyValueStorage({
    get: (name) => texts.get(name),
    set: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
  });
  const own = await b.open({ storage });
  const inPage = await page.createLicenseClient({ ...b.settings, storage, autoRefresh: false });
  for (const [client, Class, why] of [[own, LicenseError, /own storage/], [inPage, page.LicenseError, /publish the app secret/]]) {
    for (const refused of [client.offlineAnswer(request, KEY), client.offlineRelease(request)]) {
      const error = await failure(refused);
      assert.ok(error instanceof Class, String(error));
      assert.equal(error.kind, "invalid_config");
      assert.match(error.detail, why);
    }
    assert.match(await client.offlineRequest(), /^REQUEST1-/);
    client.dispose();
  }
});

test("arguments that are not strings are refused", async (t) => {
  const { onA, onB, request } = await start(t);
  for (const refused of [onA.offlineImport(7), onB.offlineAnswer(undefined, KEY), onB.offlineAnswer(request), onB.offlineRelease({})]) {
    const error = await failure(refused);
    assert.equal(error.kind, "invalid_argument");
    assert.match(error.detail, /must be a string/);
  }
});
