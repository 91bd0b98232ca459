/**
 * The story of one license, from the first start to the release of its seat, as an app observes it. The observations
 * must be the same in every runtime. The expected ones are in `expected.json`.
 */

const KEY = "DEMO-ONE-DEVICE";
const DAY_MS = 86_400_000;

/**
 * Runs the story with the package in the form in which the fixture has loaded it. `polar` is the output of
 * `polar-license serve --json`, which describes the local Polar. `own` are options that this runtime needs.
 */
export async function story({ createLicenseClient, LicenseError }, polar, own = {}) {
  let passedMs = 0;
  const options = {
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro], share: [polar.benefits.basic] },
    autoRefresh: false,
    clock: { now: () => Date.now() + passedMs, monotonic: () => performance.now() + passedMs },
    ...own,
  };
  const saw = [];
  let license = await createLicenseClient(options);
  const see = (step, { state, allowed, problem }) => {
    const features = Object.keys(options.features).filter((feature) => license.allows(feature));
    saw.push({ step, state, allowed, features, problem: problem?.kind ?? null });
  };
  see("open", license.current());

  const changes = [];
  license.onChange(({ state }) => changes.push(state));
  const refused = await license.activate("NO-SUCH-KEY").catch((error) => error);
  saw.push({ step: "typo", typed: refused instanceof LicenseError, kind: refused.kind, reason: refused.reason });
  see("activate", await license.activate(KEY));
  saw.push({ step: "seats", taken: await seats(polar) });

  await control(polar, "faults", { fault: "drop_connection" });
  see("offline", await license.validate());
  passedMs += 2 * DAY_MS;
  see("grace", await license.refresh());
  passedMs += 14 * DAY_MS;
  see("lapsed", await license.refresh());
  await control(polar, "faults", undefined, "DELETE");
  await control(polar, "clock", { advance_seconds: passedMs / 1000 });
  see("online", await license.validate());
  saw.push({ step: "changes", changes });
  license.dispose();

  license = await createLicenseClient(options);
  see("next start", license.current());
  const given = await license.deactivate();
  see("deactivate", given);
  saw.push({ step: "seats", deactivated: given.deactivated, taken: await seats(polar) });
  license.dispose();
  return saw;
}

async function seats(polar) {
  const { activations } = await control(polar, `keys/${KEY}`);
  return activations.length;
}

/** Sends a command or a question to the local Polar. */
export async function control(polar, what, body, method = body ? "POST" : "GET") {
  const response = await fetch(`${polar.url}/_mock/${what}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`the local Polar does not understand ${what}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}
