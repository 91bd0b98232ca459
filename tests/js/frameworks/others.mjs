// Tests the README's snippets for Vue and Svelte, and the provider for OpenFeature, on a page with a local Polar.

import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { effectScope, nextTick, watch } from "vue";
import { createLicenseClient, memoryStorage } from "polar-license";
import { LicenseProvider } from "polar-license/openfeature";
import { decisionOf } from "readme:svelte";
import { useDecision } from "readme:vue";

const KEY = "DEMO-PLAIN";
const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs the tests. Returns their names and, for each that failed, the failure in words. */
export async function run(polar) {
  const results = [];
  for (const test of [vue, svelte, flags, stale]) {
    const failure = await test(polar).then(
      () => undefined,
      (error) => String(error?.stack ?? error),
    );
    results.push({ name: test.name, failure });
  }
  return results;
}

/** Returns a client whose clock the test sets. */
async function licensedClient(polar) {
  const turned = { ahead: 0 };
  const license = await createLicenseClient({
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro], audit: ["de300000-0000-4000-8000-0000000000bf"] },
    storage: memoryStorage(),
    autoRefresh: false,
    clock: { now: () => Date.now() + turned.ahead, monotonic: () => performance.now() + turned.ahead },
  });
  return { license, turned };
}

function equal(is, wanted, what) {
  const [one, other] = [is, wanted].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`);
}

async function vue(polar) {
  const { license } = await licensedClient(polar);
  const states = [];
  const scope = effectScope();
  scope.run(() => {
    const decision = useDecision(license);
    watch(decision, ({ state }) => states.push(state), { immediate: true });
  });
  await license.activate(KEY);
  await nextTick();
  scope.stop();
  await license.deactivate();
  await nextTick();
  equal(states, ["unlicensed", "active"], "what a component saw");
  // without a license, as on a server
  equal(effectScope().run(() => useDecision(undefined).value), undefined, "without a license");
}

async function svelte(polar) {
  const { license } = await licensedClient(polar);
  const states = [];
  const stop = decisionOf(license).subscribe(({ state }) => states.push(state));
  await license.activate(KEY);
  stop();
  await license.deactivate();
  equal([states.at(0), states.at(-1), new Set(states).size], ["unlicensed", "active", 2], "what a component saw");
  const seen = [];
  decisionOf(undefined).subscribe((decision) => seen.push(typeof decision))();
  equal(new Set(seen).size === 1 && seen[0], "undefined", "on a server, without a license");
}

async function flags(polar) {
  const { license } = await licensedClient(polar);
  await OpenFeature.setProviderAndWait(new LicenseProvider(license));
  const client = OpenFeature.getClient();
  const changes = [];
  client.addHandler(ProviderEvents.ConfigurationChanged, ({ flagsChanged }) => changes.push(flagsChanged));
  equal(client.getBooleanValue("export", true), false, "without a license");
  await license.activate(KEY);
  equal([client.getBooleanValue("export", false), client.getBooleanValue("audit", true)], [true, false], "licensed");
  equal(changes, [["export"]], "changes");
  const unknown = client.getBooleanDetails("exprot", true);
  equal([unknown.value, unknown.errorCode], [true, "FLAG_NOT_FOUND"], "a flag that is no feature");
  const text = client.getStringDetails("export", "otherwise");
  equal([text.value, text.errorCode], ["otherwise", "TYPE_MISMATCH"], "a feature as a text");
  await OpenFeature.clearProviders();
  await license.deactivate();
  equal(changes.length, 1, "changes after the end");
  OpenFeature.clearHandlers();
}

async function stale(polar) {
  const { license, turned } = await licensedClient(polar);
  await license.activate(KEY);
  const provider = new LicenseProvider(license);
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  const status = () => client.providerStatus;
  equal([status(), client.getBooleanDetails("export", false).reason], ["READY", "TARGETING_MATCH"], "confirmed");
  turned.ahead = 2 * DAY_MS;
  equal(client.getBooleanDetails("export", false).reason, "STALE", "in grace");
  await Promise.resolve();
  equal(status(), "STALE", "in grace");
  // a provider may start while the license is in grace
  const other = new LicenseProvider(license);
  await OpenFeature.setProviderAndWait(other);
  await new Promise((resolve) => setTimeout(resolve));
  equal(status(), "STALE", "from the start");
  await license.validate();
  equal([status(), client.getBooleanDetails("export", false).reason], ["READY", "TARGETING_MATCH"], "confirmed again");
  await OpenFeature.clearProviders();
}
