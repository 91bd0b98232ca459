/**
 * Stores an outlook beside the record: the decisions that the engine would make at later times. On the user's next
 * visit, the page can show these decisions before it has loaded the engine.
 *
 * The decisions depend on the record, the settings and some other values. The outlook is stored with a checksum of
 * these values, and is used only if the checksum is still the same. The settings themselves are not stored, because
 * they can contain a secret.
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

/** Stores and loads the outlook of one client. */
export interface OutlookStore {
  /**
   * Reads the stored outlook. Returns a stand-in for the engine, which shows the outlook's decisions. Returns
   * `undefined` if there is no usable outlook.
   */
  recall(): Promise<StandIn | undefined>;

  /**
   * Stores the outlook for the stored record, unless this client has already done so. `decision` is the client's
   * present decision. If the stored record results in another decision, stores nothing, because the engine then has
   * changes that are not stored yet. A failure does no harm, because the next load of the page then waits for the
   * engine.
   */
  remember(tags: Tags, decision: Decision): void;
}

/** An outlook as it is stored. */
interface Stored {
  /** The tags of the record from which the decisions were made. */
  tags: Tags;
  phases: Phases;
  checksum: string;
}

type Phases = [Phase, ...Phase[]];

/** The longest wait for the storage. */
const LIMIT_MS = 1_000;

/** The largest number of phases that an outlook may have. An outlook with more phases is not stored. */
const MOST = 16;

/**
 * Creates the store for the outlook of one client. The client uses `clock`, and creates its engines with `make` from
 * `parts`. Returns `undefined` if the storage cannot keep an outlook.
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
  /** The record for which this client last stored an outlook. */
  let known: string | undefined;
  let writing = Promise.resolve();

  const load = (tags: Tags): Promise<Uint8Array | undefined> => storage.open({ appId, ...tags }).load();

  const checksumOf = async (tags: Tags, record: Uint8Array | undefined, phases: Phases): Promise<string> => {
    const all = JSON.stringify([version, parts.settings, parts.device, tags, String(record), phases]);
    // A page that is not a secure context has no `crypto.subtle`, so this line throws there. Such a page stores no
    // outlook, and waits for the engine at every load.
    return String(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(all))));
  };

  const read = async (): Promise<StandIn | undefined> => {
    const { tags, phases, checksum } = JSON.parse(String(await text.get())) as Stored;
    const isValid = checksum === (await checksumOf(tags, await load(tags), phases));
    return isValid && phases[0].wall <= clock.now() ? standIn(tags, phases, clock) : undefined;
  };

  /**
   * Returns the present decision for this record, and the decisions that will follow it as time passes. Returns
   * `undefined` if there are too many decisions. Also returns `undefined` if the wall clock was far off at the last
   * confirmation, because in this case the times of the later decisions cannot be computed.
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
 * Creates an engine with a clock that stands at `wall`, and lets it read the record. Returns the engine's decision, and
 * the earliest time at which this decision can change. The time is `undefined` if the decision cannot change.
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
