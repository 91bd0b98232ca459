/**
 * A license in any state, for tests of an app. It is a client like any other: the real engine decides about a license that
 * lived until it was in that state, with a clock and a Polar of its own. No network, no files, no waiting.
 */

import { create, type LicenseOptions } from "../create.js";
import { inlined } from "../inlined.js";
import type { LicenseClient } from "../license.js";
import { memoryStorage } from "../text-storage.js";
import type { LicenseSettings, State } from "../types.js";
import { web } from "../web.js";
import { testClock, type TestClock } from "./clock.js";
import { testPolar, type TestPolar } from "./polar.js";

/** What a fake license is. */
export interface FakeLicenseOptions<Feature extends string = string> {
  /** Its state. Default: `active`. */
  state?: State;
  /** Which features are on once access is allowed. A feature that is not named here is not configured. */
  features?: Readonly<Record<Feature, boolean>>;
  /** What else the app configures, such as `offlineGraceMs`. */
  settings?: Partial<LicenseSettings>;
  /** To turn. Default: one that only the fake has. */
  clock?: TestClock;
  /** To change what Polar answers. Default: one that only the fake has. */
  polar?: TestPolar;
}

/** Of `settings`, where the app's own do not matter. */
const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
/** What the key is for, and what it is not for. */
const [BENEFIT, OTHER] = ["de300000-0000-4000-8000-0000000000b1", "de300000-0000-4000-8000-0000000000b2"] as const;
const KEY = "FAKE-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0";
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Longer than a decision ever lasts. */
const AGES_MS = 36_500 * DAY_MS;

/** Makes a license in a state. Rejects if the settings are wrong, or do not allow the state. */
export async function fakeLicense<Feature extends string = string>(
  options: FakeLicenseOptions<Feature> = {},
): Promise<LicenseClient<Feature>> {
  const { state = "active", features = {}, settings, clock = testClock() } = options;
  const polar = options.polar ?? testPolar(clock);
  const configured = Object.entries(features).map(([name, isOn]) => [name, [isOn ? BENEFIT : OTHER]]);
  const all: LicenseOptions = {
    organizationId: ORGANIZATION,
    appId: "com.example.fake",
    features: Object.fromEntries(configured) as Record<string, string[]>,
    ...settings,
    storage: memoryStorage(),
    fetch: polar.fetch,
    clock,
    autoRefresh: false,
  };
  const start = (): Promise<LicenseClient> => create(all, web, inlined);
  const life: Life = { license: await start(), clock, polar, start };
  await LIVES[state](life);
  const reached = life.license.current();
  if (reached.state === state) return life.license;
  throw new Error(`the settings allow no license in the state \`${state}\`; it is \`${reached.state}\``);
}

interface Life {
  license: LicenseClient;
  clock: TestClock;
  polar: TestPolar;
  /** Starts the app again, with what is stored. */
  start(): Promise<LicenseClient>;
}

/** How a license comes into each state. */
const LIVES: Record<State, (life: Life) => Promise<void>> = {
  unlicensed: async () => undefined,
  active: activated,
  async denied(life) {
    await activated(life);
    life.polar.denial = "inactive";
    await life.license.validate();
  },
  async expired(life) {
    const { polar, clock } = life;
    polar.license = { ...polar.license, expiresAt: new Date(clock.now() + DAY_MS).toISOString() };
    await activated(life);
    clock.advance(DAY_MS);
    await offline(life);
  },
  async clock_suspect(life) {
    await activated(life);
    // a running app measures how much time has passed, and does not believe the user's clock
    life.license.dispose();
    life.clock.set(life.clock.now() - AGES_MS);
    life.license = await life.start();
    await offline(life);
  },
  async grace(life) {
    await activated(life);
    while (life.license.current().state === "active") life.clock.advance(MINUTE_MS);
    await offline(life);
  },
  async lapsed(life) {
    await activated(life);
    life.clock.advance(AGES_MS);
    await offline(life);
  },
};

async function activated({ license }: Life): Promise<void> {
  await license.activate(KEY);
}

async function offline({ license, polar }: Life): Promise<void> {
  polar.offline = true;
  await license.validate();
}
