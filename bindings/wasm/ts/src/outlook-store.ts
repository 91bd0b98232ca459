/**
 * Keeps an outlook beside the record: the decisions that engines will make at later loads of the page. So the page can
 * show the license before it has loaded the engine.
 *
 * An outlook is used only if everything on which its decisions depend is the same as when they were made. A checksum
 * over these values says so. The settings are part of it, and are not stored, because they can contain a secret.
 */

// @ts-expect-error the build generates this module, which contains the version of the package
import { version } from "#version";

import { isSame } from "./decision.js";
import { driver, OPEN } from "./driver.js";
import type { Engines, Parts, Tags } from "./engine.js";
import type { Phase } from "./outlook.js";
import { type StandIn, standIn } from "./stand-in.js";
import type { Storage, Store } from "./storage.js";
import { type Clock, within } from "./time.js";
import type { Decision } from "./types.js";

/** The outlook of one client. */
export interface OutlookStore {
  /**
   * Returns a stand-in for the engine that shows the stored outlook. Returns `undefined` if there is no outlook that can
   * be used.
   */
  recall(): Promise<StandIn | undefined>;

  /**
   * Stores the outlook for the stored record, unless this client has stored it already. Stores nothing if the present
   * decision is another one, because then the engine has changes that are not stored. A failure does no harm: the next
   * load of the page waits for the engine.
   */
  remember(tags: Tags, decision: Decision): void;
}

/** An outlook as it is stored, as JSON. */
interface Stored {
  /** The tags of the record from which the decisions were made. */
  tags: Tags;
  phases: Phases;
  checksum: string;
}

type Phases = [Phase, ...Phase[]];

/** The longest wait for the storage. */
const LIMIT_MS = 1_000;

/** The largest number of phases in an outlook. */
const MOST = 16;

/**
 * Creates the store of outlooks for a client with these parts and this clock. `make` creates an engine. Returns
 * `undefined` if the storage keeps no outlooks.
 */
export function outlookStore(
  storage: Storage,
  appId: string,
  parts: Parts,
  clock: Clock,
  make: Engines,
): OutlookStore | undefined {
  const text = storage.outlook?.(appId);
  if (!text) return undefined;
  /** The record from which this client made its stored outlook. */
  let known: string | undefined;
  let writing = Promise.resolve();

  const load = (tags: Tags): Promise<Uint8Array | undefined> => storage.open({ appId, ...tags }).load();

  const checksumOf = async (tags: Tags, record: Uint8Array | undefined, phases: Phases): Promise<string> => {
    const all = JSON.stringify([version, parts.settings, parts.device, tags, String(record), phases]);
    // a page that is not a secure context has no `subtle`, and always waits for the engine
    return String(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(all))));
  };

  const read = async (): Promise<StandIn | undefined> => {
    const { tags, phases, checksum } = JSON.parse(String(await text.get())) as Stored;
    const isValid = checksum === (await checksumOf(tags, await load(tags), phases));
    return isValid && phases[0].wall <= clock.now() ? standIn(tags, phases, clock) : undefined;
  };

  /**
   * Returns the decisions of engines that read this record now or later. Returns `undefined` if there are too many, or
   * if the wall clock alone does not tell when they change, because it was far off at the last confirmation.
   */
  const foresee = async (record: Uint8Array | undefined): Promise<Phases | undefined> => {
    let [phase, until] = await phaseAt(clock.now(), record, parts, make);
    const phases: Phases = [phase];
    while (until !== undefined) {
      if (until <= phase.wall || phases.length === MOST) return undefined;
      const { decision } = phase;
      [phase, until] = await phaseAt(until, record, parts, make);
      if (!isSame(phase.decision, decision)) phases.push(phase);
    }
    return phases;
  };

  const write = async (tags: Tags, decision: Decision): Promise<void> => {
    const record = await load(tags);
    if (String(record) === known) return;
    const phases = await foresee(record);
    if (!phases || !isSame({ ...phases[0].decision, problem: null }, { ...decision, problem: null })) return;
    const stored: Stored = { tags, phases, checksum: await checksumOf(tags, record, phases) };
    await text.set(JSON.stringify(stored));
    known = String(record);
  };

  return {
    recall: () => {
      const nothing = (): undefined => undefined;
      return within(LIMIT_MS, read(), nothing).catch(nothing);
    },
    remember: (tags, decision) => {
      writing = writing.then(() => write(tags, decision)).catch(() => undefined);
    },
  };
}

/**
 * Lets an engine read the record at the time `wall`, as after a load of the page. Returns what it decides, and the
 * earliest time at which another decision can follow, if any can.
 */
async function phaseAt(
  wall: number,
  record: Uint8Array | undefined,
  parts: Parts,
  make: Engines,
): Promise<[phase: Phase, until: number | undefined]> {
  const clock: Clock = { now: () => wall, monotonic: () => 0 };
  const nothing = async (): Promise<void> => undefined;
  const store: Store = { load: async () => record, save: nothing, remove: nothing, locked: (work) => work() };
  // reading a record sends nothing
  const fetch = (): Promise<never> => Promise.reject();
  const engine = await make({ ...parts, ownPace: true }, clock);
  try {
    const { decision } = await driver({ store, fetch, clock })(engine, OPEN, { signal: new AbortController().signal });
    const names = Object.keys(decision.features);
    const explanations = Object.fromEntries(names.map((name) => [name, engine.explain(name)]));
    // the empty name stands for any unknown feature, because no feature has an empty name
    const phase = { wall, decision, explanations, unknown: engine.explain("") };
    return [phase, engine.call((engine, now) => engine.nextChange(...now))];
  } finally {
    engine.free();
  }
}
