// Everything around the library in a scenario: computers with their clocks and stores, the connection to Polar, and
// processes that start and end. Carries out a scenario's steps, and collects what differs from the expectations.

import { createLicenseClient, LicenseError } from "polar-license";
import * as withPortal from "polar-license/portal";

import { expire, withTimeLimit } from "../timers.mjs";
import { differences } from "./compare.mjs";
import { call, Portal } from "./portal.mjs";
import { allSteps, copyOf, duration, START, time } from "./read.mjs";
import { answer } from "./replies.mjs";

/**
 * The time that every request takes. It is so long that at most two requests start within one second, so the library
 * does not have to pause between them, and no test waits.
 */
const REQUEST_MS = 600;

/** The members that an expectation may have besides the members of a decision. */
const OTHERS = ["error", "store", "deactivated", "text", "allows", "covers"];

/** The operations with which a computer acts for another one. */
const FOR_ANOTHER = ["offlineAnswer", "offlineRelease"];

/** The members that the expectation of a portal's operation may have besides the members of its reply. */
const OF_A_CALL = ["error", "store", "decision", "requests", "mails"];

const ENDPOINTS = {
  validate: ["activation_id", "benefit_id", "customer_id", "increment_usage", "conditions"],
  activate: ["label", "conditions", "meta"],
  deactivate: ["activation_id"],
};

/** Runs a scenario. Returns every difference from the expectations, each with the step in which it occurred. */
export async function run(common, file, scenario) {
  const portal = common.polar && (await Portal.begin(common.polar));
  const world = new World(common, scenario, `${file}: \`${scenario.name}\``, portal);
  for (const [number, step] of allSteps(common, scenario).entries()) {
    const place = `step ${number + 1} (${summary(step)})`;
    try {
      await withTimeLimit(world.step(step, place));
    } catch (error) {
      world.fail(place, error?.stack ?? String(error));
    }
    // later steps would only hide the first failure
    if (world.failures.length > 0) break;
  }
  world.end();
  return world.failures;
}

class World {
  failures = [];
  #processes = new Map();
  #polarTime = START;
  /** The store of computer A. */
  #store = { bytes: undefined, fails: "nothing" };
  /** The clocks of the computers, and the folders of all computers other than A. */
  #computers = new Map();
  /** The records that steps have kept, by the computer's name and their own. */
  #kept = new Map();
  /** The texts that steps have stored. */
  #texts = new Map();
  #settings = new Map();
  #dead = new Set();
  #common;
  #scenario;
  #place;
  #portal;

  constructor(common, scenario, place, portal) {
    this.#common = common;
    this.#scenario = scenario;
    this.#place = place;
    this.#portal = portal;
  }

  fail(place, what) {
    this.failures.push(`${this.#place}: ${place}: ${what}`);
  }

  end() {
    for (const process of this.#processes.values()) process.client.dispose();
    for (const { folder } of this.#computers.values()) folder?.remove();
  }

  async step(step, place) {
    for (let time = 0; time < (step.times ?? 1); time += 1) await this.#step(step, place);
  }

  async #step(step, place) {
    const computer = step.on ?? "A";
    if (step.clock) this.#moveClocks(step.clock, computer);
    if (step.store) this.#editStore(step.store, computer);
    const name = `${computer} ${step.as ?? "main"}`;
    if (step.restart) await this.#restart(name, step.restart);
    for (const control of step.control ?? []) await this.#control(control, place);
    if (!step.do && !step.call && !step.expect) return;
    if (this.#dead.has(name)) throw new Error(`\`${name}\` was killed and is not running; restart it first`);
    const process = this.#processes.get(name) ?? (await this.#start(name, this.#settingsOf(name)));
    // this step may happen during another step, which continues afterwards
    const outer = process.step;
    process.step = { place, always: step.always ?? {}, script: [...(step.polar ?? [])], during: { ...step.during } };
    await this.#carryOut(name, process, step);
    process.step = outer;
  }

  async #carryOut(name, process, step) {
    const { place, script } = process.step;
    const { computer } = process;
    this.#watch(process, "at the start");
    const before = this.#records(computer);
    const asked = this.#portal?.asked.length;
    const outcome = await (step.call ? this.#call(process, step) : this.#operate(process, step));
    for (const { request } of script) this.fail(place, `request: expected ${request}, got none`);
    const expected = (await this.#portal?.resolved(step.expect ?? {})) ?? this.#withTexts(step.expect ?? {});
    if (process.step.killed) {
      this.#bury(name, process);
      if (Object.keys(expected).some((member) => member !== "store")) {
        this.fail(place, "a killed process shows nothing; only `store` can be expected");
      }
      return this.#compareStore(expected, computer, before, place);
    }
    this.#checkAtRest(process, outcome, step, place);
    if (step.call) this.#compareReply(expected, outcome, place);
    else this.#compare(expected, process, outcome, place);
    if (this.#portal) await this.#checkLocalPolar(expected, outcome, asked, place);
    this.#compareStore(expected, computer, before, place);
    this.#watch(process, "at the end");
  }

  /** Carries out an operation, and stores its text. */
  async #operate(process, step) {
    const text = step.text === undefined ? undefined : copyOf(this.#withTexts(step.text), step.copy ?? {});
    const before = process.client.current();
    const outcome = await carryOut(process, { ...step, text });
    if (FOR_ANOTHER.includes(step.do)) {
      const after = process.client.current();
      if (after !== before) this.fail(process.step.place, `this computer's own decision changed to ${JSON.stringify(after)}`);
      // the error has no decision if the other computer's record was not read yet
      outcome.decision ??= after;
    }
    if (step.name !== undefined) this.#texts.set(step.name, outcome.text);
    return outcome;
  }

  /** Replaces the references to texts, such as `{answer}`, by the texts. */
  #withTexts(value) {
    const replaced = (text) => text.replaceAll(/\{(\w+)\}/g, (all, name) => this.#texts.get(name) ?? all);
    return JSON.parse(JSON.stringify(value), (_, inner) => (typeof inner === "string" ? replaced(inner) : inner));
  }

  #settingsOf(name) {
    const [computer] = name.split(" ");
    const device = computer === "A" ? (this.#scenario.device ?? this.#common.device) : computer;
    return this.#settings.get(name) ?? { config: overlaid(this.#common.config, this.#scenario.config), device };
  }

  async #restart(name, { config, device }) {
    this.#dead.delete(name);
    this.#processes.get(name)?.client.dispose();
    this.#processes.delete(name);
    const known = this.#settingsOf(name);
    await this.#start(name, { config: overlaid(known.config, config), device: device ?? known.device });
  }

  async #start(name, settings) {
    const [computer] = name.split(" ");
    const { clocks, folder } = this.#computer(computer);
    const process = { computer, config: settings.config, step: { place: `start of ${name}`, always: {}, script: [] } };
    const create = this.#portal ? withPortal.createLicenseClient : createLicenseClient;
    const client = await create({
      ...((await this.#portal?.resolved(settings.config)) ?? settings.config),
      deviceId: settings.device,
      storage: folder?.storage ?? { device: async () => settings.device, open: () => this.#storeOf(process) },
      fetch: (url, init) => (this.#portal ? this.#local(process, url, init) : this.#polar(process, url, init)),
      clock: { now: () => clocks.wall, monotonic: () => clocks.monotonic },
      autoRefresh: false,
    });
    process.client = this.#common.window ? this.#common.window(client) : client;
    this.#processes.set(name, process);
    this.#settings.set(name, settings);
    return process;
  }

  /** Restores the records as they were when the request left, because a killed process does nothing after that. */
  #bury(name, process) {
    this.#replaceRecords(process.computer, process.step.killed.records);
    process.client.dispose();
    this.#processes.delete(name);
    this.#dead.add(name);
  }

  /** Returns the clocks and the folder of a computer. Computer A has no folder. */
  #computer(name) {
    const known = this.#computers.get(name);
    if (known) return known;
    const clocks = { wall: this.#polarTime, monotonic: 0 };
    const computer = { clocks, folder: name === "A" ? undefined : new this.#common.Folder() };
    this.#computers.set(name, computer);
    return computer;
  }

  /** Returns what a computer stores. The record of computer A has no file, and its name is empty. */
  #records(computer) {
    const { folder } = this.#computer(computer);
    if (folder) return folder.records;
    return new Map(this.#store.bytes && [["", this.#store.bytes]]);
  }

  #replaceRecords(computer, records) {
    const { folder } = this.#computer(computer);
    if (folder) folder.records = records;
    else this.#store.bytes = records.get("");
  }

  /** Moves the clocks. Time passes on every computer, but only the clocks of `computer` can stand still or be set. */
  #moveClocks({ pass, hold, sleep, wall }, computer) {
    const [passed, held, slept] = [pass, hold, sleep].map((text) => (text === undefined ? 0 : duration(text)));
    const all = passed + held + slept;
    const own = this.#computer(computer).clocks;
    this.#polarTime += all;
    if (all > 0) this.#portal?.advance(all);
    for (const { clocks } of this.#computers.values()) {
      clocks.wall += clocks === own ? passed + slept : all;
      clocks.monotonic += clocks === own ? passed + held : all;
    }
    if (wall !== undefined) own.wall = time(wall) ?? own.wall + duration(wall);
  }

  /** Edits what a computer stores. On a computer with a folder, only whole records can be kept, put back and removed. */
  #editStore(step, computer) {
    if (step.keep !== undefined) this.#kept.set(`${computer} ${step.keep}`, this.#records(computer));
    if (step.put !== undefined) {
      const kept = this.#kept.get(`${computer} ${step.put}`);
      if (!kept) throw new Error(`nothing was kept as \`${step.put}\``);
      this.#replaceRecords(computer, kept);
    }
    if (step.remove) this.#replaceRecords(computer, new Map());
    if (computer !== "A") return;
    const store = this.#store;
    if (step.fails !== undefined) Object.assign(store, { fails: step.fails, writes: undefined });
    if (step.writes !== undefined) store.writes = step.writes;
    if (step.text !== undefined) store.bytes = new TextEncoder().encode(step.text);
    if (step.flip === undefined && step.set === undefined && step.truncate === undefined) return;
    if (!store.bytes) throw new Error("nothing is stored that could be edited");
    const bytes = store.bytes.slice(0, step.truncate);
    if (step.flip !== undefined) bytes[step.flip < 0 ? bytes.length + step.flip : step.flip] ^= 1;
    if (step.set) bytes[step.set[0]] = step.set[1];
    store.bytes = bytes;
  }

  #storeOf(process) {
    const use =
      (what, working, work) =>
      async (...values) => {
        this.#watch(process, `before ${what}`);
        if (!working.includes(this.#store.fails)) throw new Error("the disk is broken");
        if (what !== "loading") this.#countWrite();
        return work(...values);
      };
    return {
      load: use("loading", ["nothing", "writing"], () => this.#store.bytes?.slice()),
      save: use("saving", ["nothing"], (record) => void (this.#store.bytes = record.slice())),
      remove: use("removing", ["nothing"], () => void (this.#store.bytes = undefined)),
      locked: (work) => work(),
    };
  }

  /** Counts a write. If the disk is full, lets a minute pass, so that the operation gives up the write. */
  #countWrite() {
    const store = this.#store;
    if (store.writes === undefined) return;
    if (store.writes === 0) {
      this.#moveClocks({ pass: "60s" }, "A");
      throw new Error("the disk is full");
    }
    store.writes -= 1;
  }

  async #control({ times = 1, name, expect, ...request }, place) {
    for (let time = 0; time < times; time += 1) {
      await this.#portal.caughtUp();
      const reply = await this.#portal.request(request);
      this.#portal.keep(name, reply);
      if (expect === undefined) continue;
      const expected = { reply: await this.#portal.resolved(expect) };
      for (const wrong of differences(expected, { reply })) this.fail(place, `${JSON.stringify(request)}: ${wrong}`);
    }
  }

  /** Carries out an operation of the portal. If the operation waits for something, its waits are over at once. */
  async #call(process, { call: operation, with: given = {}, name, waits = {} }) {
    const { client, step } = process;
    const portal = this.#portal;
    const reports = [];
    const abort = new AbortController();
    let due = waits.control ?? [];
    const onProgress = (report) => {
      reports.push(report);
      if (report.waitedMs >= duration(waits.after ?? "0s")) {
        const control = due;
        due = [];
        portal.afterwards(async () => {
          for (const { times: _, ...request } of control) await portal.request(request);
        });
      }
      this.#moveClocks({ pass: `${Math.round(report.nextInMs)}ms` }, process.computer);
      if (waits.cancelAt === reports.length) abort.abort();
      // a window receives the report after the wait has begun
      else expire(0);
    };
    await portal.caughtUp();
    const resolved = await portal.resolved(given);
    try {
      const reply = await call(client, operation, resolved, { onProgress, signal: abort.signal });
      portal.keep(name, reply);
      return { decision: client.current(), reply };
    } catch (error) {
      return failed(error);
    } finally {
      await portal.caughtUp();
      this.#compareReports(waits, reports, step.place);
    }
  }

  #compareReports({ stage, atLeast = "0s", atMost }, reports, place) {
    const stages = [...new Set(reports.map((report) => report.stage))].join();
    if (stage !== undefined && stages !== stage) this.fail(place, `stage: expected ${stage}, got ${stages}`);
    const waited = reports.at(-1)?.waitedMs ?? 0;
    if (waited < duration(atLeast) || (atMost !== undefined && waited > duration(atMost))) {
      this.fail(place, `it waited ${waited} ms, not from ${atLeast} to ${atMost}`);
    }
  }

  /** Sends a request to the local Polar, and returns the response. */
  async #local(process, url, init) {
    this.#moveClocks({ pass: `${REQUEST_MS}ms` }, process.computer);
    const { step } = process;
    this.#watch(process, "while asking Polar");
    const { asked, response } = await this.#portal.exchange(url, init);
    const { endpoint } = asked;
    const steps = step.during[endpoint] ?? [];
    delete step.during[endpoint];
    for (const [number, inner] of steps.entries()) {
      await this.step(inner, `${step.place}: during ${endpoint}: step ${number + 1} (${summary(inner)})`);
    }
    return response;
  }

  async #polar(process, url, init) {
    this.#moveClocks({ pass: `${REQUEST_MS}ms` }, process.computer);
    const { step } = process;
    const { place } = step;
    this.#watch(process, "while asking Polar");
    const endpoint = /\/v1\/customer-portal\/license-keys\/(\w+)$/.exec(url)?.[1];
    const body = JSON.parse(init.body);
    const exchange = step.script.shift();
    if (exchange?.request !== endpoint || !(endpoint in ENDPOINTS)) {
      this.fail(place, `request: expected ${exchange?.request ?? "none"}, got ${endpoint ?? url} ${init.body}`);
      throw new TypeError("no script");
    }
    for (const wrong of malformed(process, endpoint, body)) this.fail(place, `${endpoint}: ${wrong}`);
    for (const wrong of differences(exchange.body ?? {}, body, true)) this.fail(place, `${endpoint}: ${wrong}`);
    for (const [number, inner] of (exchange.during ?? []).entries()) {
      await this.step(inner, `${place}: during ${endpoint}: step ${number + 1} (${summary(inner)})`);
    }
    const { reply } = exchange;
    if (reply.killed) {
      step.killed = { records: this.#records(process.computer) };
      throw new TypeError("killed");
    }
    if (reply.cancelled) {
      step.cancel.abort();
      return new Promise(() => {});
    }
    if (reply.fail === "timeout") {
      // the scenario says that Polar never answers, so the deadline has to pass
      queueMicrotask(() => expire(0) === 1 || this.fail(place, "not one timer was waiting for Polar"));
      return new Promise(() => {});
    }
    if (reply.fail) {
      const cause = reply.sent === "no" ? { code: "ECONNREFUSED" } : undefined;
      throw new TypeError("fetch failed", { cause });
    }
    return answer(this.#common, this.#scenario, endpoint, body, reply, this.#polarTime);
  }

  #watch(process, when) {
    const { always, place } = process.step;
    if (!process.client || Object.keys(always).length === 0) return;
    for (const wrong of differences(always, process.client.current())) this.fail(place, `${when}: ${wrong}`);
  }

  /** Checks what must hold after every step, even if the step does not mention it. */
  #checkAtRest({ client }, { decision, error, text }, step, place) {
    const current = client.current();
    for (const name of FOR_ANOTHER.includes(step.do) ? [] : ["allowed", "state", "features"]) {
      const [said, is] = [decision?.[name], current[name]].map((value) => JSON.stringify(value));
      if (said !== is) this.fail(place, `\`${name}\` of the outcome is ${said}, of current ${is}`);
    }
    for (const one of [decision, current]) {
      if (one) for (const wrong of uncertain(this.#common.states[one.state], one)) this.fail(place, wrong);
    }
    // some refusals of the portal have no reason
    if (error && !step.call && this.#common.withReason.includes(error.kind) !== (error.reason !== null)) {
      this.fail(place, `the reason of an error of kind ${error.kind} is ${error.reason}`);
    }
    if (client.current() !== current || !Object.isFrozen(current)) this.fail(place, "current is another object each time");
    const shown = JSON.stringify({ decision, error });
    const keys = [...Object.keys(this.#common.sold ?? {}), ...Object.keys(this.#scenario.sold ?? {})];
    for (const secret of [...this.#common.personal, ...keys, ...(text ? [text] : [])]) {
      if (shown.includes(secret)) this.fail(place, `\`${secret}\` is shown`);
    }
  }

  #compare(expected, { client }, { decision, error, deactivated, text }, place) {
    if (error && !expected.error) this.fail(place, `failed with ${JSON.stringify(error)}`);
    if (!error && expected.error) this.fail(place, `error: expected ${JSON.stringify(expected.error)}, got none`);
    if (error && expected.error) {
      for (const wrong of differences(expected.error, error)) this.fail(place, `error.${wrong}`);
    }
    this.#compareDecision(expected, decision, place);
    if ("deactivated" in expected && expected.deactivated !== deactivated) {
      this.fail(place, `deactivated: expected ${expected.deactivated}, got ${deactivated}`);
    }
    if ("text" in expected) {
      for (const wrong of differences({ text: expected.text }, { text })) this.fail(place, wrong);
    }
    for (const [feature, on] of Object.entries(expected.allows ?? {})) {
      const is = client.allows(feature);
      if (is !== on) this.fail(place, `allows \`${feature}\`: expected ${on}, got ${is}`);
    }
    for (const [built, covered] of Object.entries(expected.covers ?? {})) {
      const is = client.covers(built);
      if (is !== covered) this.fail(place, `covers \`${built}\`: expected ${covered}, got ${is}`);
    }
  }

  #compareDecision(expected, decision, place) {
    for (const [name, value] of Object.entries(expected)) {
      if (OTHERS.includes(name)) continue;
      if (!this.#common.members.includes(name)) this.fail(place, `\`${name}\` is not a member of a decision`);
      for (const wrong of differences({ [name]: value }, decision)) this.fail(place, wrong);
    }
  }

  #compareReply(expected, { decision, error, reply }, place) {
    if (error && !expected.error) this.fail(place, `failed with ${JSON.stringify(error)}`);
    if (expected.error) {
      // a reply can contain an error too: the reason why no seat was taken
      const actual = error ?? reply.error;
      if (!actual) this.fail(place, `error: expected ${JSON.stringify(expected.error)}, got none`);
      for (const wrong of differences(expected.error, actual)) this.fail(place, `error.${wrong}`);
    }
    this.#compareDecision(expected.decision ?? {}, decision, place);
    const members = Object.entries(expected).filter(([name]) => !OF_A_CALL.includes(name));
    for (const wrong of differences(Object.fromEntries(members), reply)) this.fail(place, wrong);
  }

  /** Compares the requests and mails of a step, and checks that no secret is in a place where it must not be. */
  async #checkLocalPolar({ requests, mails }, { decision, error, reply }, before, place) {
    const portal = this.#portal;
    const asked = portal.asked.slice(before);
    const names = asked.map(({ endpoint }) => endpoint);
    if (requests !== undefined && String(requests) !== String(names)) {
      this.fail(place, `requests: expected ${requests}, got ${names}`);
    }
    const sent = (await portal.request({ get: "/mails" })).length;
    if (mails !== undefined && mails !== sent) this.fail(place, `mails: expected ${mails}, got ${sent}`);
    const withToken = asked.filter(({ endpoint, token }) => token && endpoint in ENDPOINTS);
    for (const { endpoint } of withToken) this.fail(place, `a token was sent with \`${endpoint}\``);
    const secrets = await portal.secrets();
    const stored = String.fromCharCode(...(this.#store.bytes ?? []));
    const shown = JSON.stringify({ decision, error, reply: { ...reply, address: undefined, clientSecret: undefined } });
    for (const secret of [...secrets, ...this.#common.personal]) {
      if (stored.includes(secret)) this.fail(place, `\`${secret}\` is stored`);
    }
    // an error may name the beginning of every checkout's secret
    if (/polar_c_\w/.test(stored + shown)) this.fail(place, "a checkout's secret is shown or stored");
    for (const secret of [...secrets, ...(await portal.keys())]) {
      if (shown.includes(secret)) this.fail(place, `\`${secret}\` is shown`);
    }
  }

  #compareStore({ store: expected }, computer, before, place) {
    if (expected === undefined) return;
    const [was, now] = [before, this.#records(computer)].map((records) => [...records]);
    const same = String(now) === String(was);
    // a record of at most 120 bytes contains nothing but the times of requests and of a pause
    const absent = now.every(([, record]) => record.length <= 120);
    const is = { present: !absent, absent, unchanged: same, changed: !same }[expected];
    const lengths = (records) => records.map(([, record]) => record.length);
    if (!is) this.fail(place, `store: expected ${expected}, got records of ${lengths(now)} bytes after ${lengths(was)}`);
  }
}

/** Runs an operation, and returns its result. */
async function carryOut(process, step) {
  const { client } = process;
  process.step.cancel = new AbortController();
  const { signal } = process.step.cancel;
  const operations = {
    current: () => client.current(),
    validate: () => client.validate({ signal }),
    refresh: () => client.refresh({ signal }),
    consume: () => client.consume(step.count ?? 0, { signal }),
    forget: () => client.forget({ signal }),
    startTrial: () => client.startTrial({ signal }),
    activate: () => client.activate(step.key, { signal, replacePrevious: step.replacePrevious ?? false }),
    deactivate: () => client.deactivate({ signal }),
    offlineRequest: async () => ({ decision: undefined, text: await client.offlineRequest({ signal }) }),
    offlineAnswer: () => client.offlineAnswer(step.text, step.key, { signal }),
    offlineImport: () => client.offlineImport(step.text, { signal }),
    offlineReturn: () => client.offlineReturn({ signal }),
    offlineRelease: () => client.offlineRelease(step.text, { signal }),
  };
  try {
    const result = await operations[step.do ?? "current"]();
    if ("text" in result) return { decision: result.decision ?? client.current(), text: result.text };
    const { deactivated, ...decision } = result;
    return { decision, deactivated };
  } catch (error) {
    return failed(error);
  }
}

/** Returns the outcome of an operation that failed. */
function failed(error) {
  if (!(error instanceof LicenseError)) throw error;
  const { name: _, decision, ...members } = error.toJSON();
  return { decision, error: members };
}

/** Returns the members of a decision that disagree with what its type says about its state. */
function uncertain({ allowed, reasons, present, absent }, decision) {
  const { state, reason } = decision;
  const wrong = [...present.filter((name) => decision[name] === null), ...absent.filter((name) => decision[name] !== null)];
  if (decision.allowed !== allowed) wrong.push("allowed");
  if (reason === null ? reasons.length > 0 : !reasons.includes(reason)) wrong.push("reason");
  if (!allowed && !["no_license", "trial_ended"].includes(reason) && !decision.notice) wrong.push("notice");
  return wrong.map((name) => `${name} is ${JSON.stringify(decision[name])} in state ${state}`);
}

/**
 * Returns what is wrong with a request's body: a required member is missing or wrong, or the body has a member that is
 * never sent.
 */
function malformed({ config }, endpoint, body) {
  const known = ["key", "organization_id", ...ENDPOINTS[endpoint]];
  const wrong = Object.keys(body)
    .filter((name) => !known.includes(name) || body[name] === null)
    .map((name) => `Polar knows no member \`${name}\`, or it is null`);
  if (body.organization_id !== config.organizationId) wrong.push(`organization_id is ${body.organization_id}`);
  if (typeof body.key !== "string") wrong.push(`key is ${body.key}`);
  return wrong;
}

/** Merges the members. A member whose value is `null` is removed. */
function overlaid(members, by) {
  const all = Object.entries({ ...members, ...by });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

function summary(step) {
  const what = step.do ?? step.call ?? ["restart", "clock", "store"].find((name) => step[name]) ?? "nothing";
  return [step.on, step.as, what].filter((part) => part !== undefined).join(": ");
}
