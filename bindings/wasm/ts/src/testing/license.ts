/**
 * A license in any state, for tests of an app. A fake license is a client like any other, and the real engine makes its
 * decisions. A test clock and a test Polar bring it into the wanted state: for example, the license is activated, and
 * then grace ends. A fake license therefore needs no network and no files, and never waits.
 */

import { create, type LicenseOptions } from "../create.js";
import { inlined } from "../inlined.js";
import type { LicenseClient } from "../license.js";
import { memoryStorage } from "../text-storage.js";
import type { LicenseSettings, State } from "../types.js";
import { web } from "../web.js";
import { testClock, type TestClock } from "./clock.js";
import { testPolar, type TestPolar } from "./polar.js";

/** The options of `fakeLicense`. */
export interface FakeLicenseOptions<Feature extends string = string> {
  /** The state of the license. Default: `active`. */
  state?: State;
  /**
   * The reason for the state `unlicensed`: no license was activated yet, or the trial has ended. Default: `no_license`.
   */
  reason?: "no_license" | "trial_ended";
  /**
   * For each feature, whether it is on while access is allowed. A feature that is missing here counts as not
   * configured.
   */
  features?: Readonly<Record<Feature, boolean>>;
  /** Further settings of the app, such as `offlineGraceMs`. */
  settings?: Partial<LicenseSettings>;
  /** The clock that the test sets. By default, each fake license has a clock of its own. */
  clock?: TestClock;
  /**
   * The simulated Polar that answers the license's requests. To change its answers, create a `TestPolar` with
   * `testPolar` and pass it here. By default, each fake license has a `TestPolar` of its own.
   */
  polar?: TestPolar;
}

/** The organization that is used unless the test passes another one in its settings. */
const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
/** `BENEFIT` is the benefit of the key. `OTHER` is a benefit that the key does not have. */
const [BENEFIT, OTHER] = ["de300000-0000-4000-8000-0000000000b1", "de300000-0000-4000-8000-0000000000b2"] as const;
const KEY = "FAKE-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0";
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** A time span of 100 years, which is longer than any decision stays valid. */
const AGES_MS = 36_500 * DAY_MS;

/**
 * Creates a license in the state `options.state`. Rejects if the settings are wrong, if they do not allow this state, or
 * if there is no such option.
 */
export async function fakeLicense<Feature extends string = string>(
  options: FakeLicenseOptions<Feature> = {},
): Promise<LicenseClient<Feature>> {
  const { state = "active", reason, features = {}, settings, clock = testClock(), ...rest } = options;
  const { polar = testPolar(clock), ...others } = rest;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`\`fakeLicense\` has no option \`${unknown}\``);
  const hasTrial = state === "trial" || reason === "trial_ended";
  const configured = Object.entries(features).map(([name, isOn]) => [name, [isOn ? BENEFIT : OTHER]]);
  const inTrial = Object.entries(features).flatMap(([name, isOn]) => (isOn ? [name] : []));
  const all: LicenseOptions = {
    organizationId: ORGANIZATION,
    appId: "com.example.fake",
    features: Object.fromEntries(configured) as Record<string, string[]>,
    ...(hasTrial ? { trialDays: 14, trialFeatures: inTrial } : {}),
    ...settings,
    storage: memoryStorage(),
    fetch: polar.fetch,
    clock,
    autoRefresh: false,
  };
  const start = (): Promise<LicenseClient> => create(all, web, inlined);
  const life: Life = { license: await start(), clock, polar, start };
  await LIVES[reason === "trial_ended" ? reason : state](life);
  const reached = life.license.current();
  if (reached.state === state && (reason === undefined || reached.reason === reason)) return life.license;
  const [wanted, found] = [nameOf(state, reason), nameOf(reached.state, reached.reason)];
  throw new Error(`the settings allow no license in the state ${wanted}; it is ${found}`);
}

/** Returns a state as it is written in an error, with its reason if there is one. */
function nameOf(state: State, reason: string | null | undefined): string {
  return reason == null ? `\`${state}\`` : `\`${state}\` (${reason})`;
}

interface Life {
  license: LicenseClient;
  clock: TestClock;
  polar: TestPolar;
  /** Starts the app again with the stored record. */
  start(): Promise<LicenseClient>;
}

/**
 * For each state, and for the reason `trial_ended`, a function that brings a new license there. The functions use only
 * calls and events that also occur in a real app.
 */
const LIVES: Record<State | "trial_ended", (life: Life) => Promise<void>> = {
  unlicensed: async () => undefined,
  active: activate,
  async denied(life) {
    await activate(life);
    life.polar.denial = "inactive";
    await life.license.validate();
  },
  async expired(life) {
    const { polar, clock } = life;
    polar.license = { ...polar.license, expiresAt: new Date(clock.now() + DAY_MS).toISOString() };
    await activate(life);
    clock.advance(DAY_MS);
    await goOffline(life);
  },
  async clock_suspect(life) {
    await activate(life);
    // Sets the clock while the app is not running. A running app would not notice the change, because it measures the
    // elapsed time and does not trust the user's clock.
    life.license.dispose();
    life.clock.set(life.clock.now() - AGES_MS);
    life.license = await life.start();
    await goOffline(life);
  },
  async grace(life) {
    await activate(life);
    while (life.license.current().state === "active") life.clock.advance(MINUTE_MS);
    await goOffline(life);
  },
  async lapsed(life) {
    await activate(life);
    life.clock.advance(AGES_MS);
    await goOffline(life);
  },
  async trial({ license }) {
    await license.startTrial();
  },
  async trial_ended({ license, clock }) {
    await license.startTrial();
    clock.advance(AGES_MS);
  },
};

async function activate({ license }: Life): Promise<void> {
  await license.activate(KEY);
}

async function goOffline({ license, polar }: Life): Promise<void> {
  polar.offline = true;
  await license.validate();
}
