// The tests for every runner. They use the runner's own `test`, `expect` and fake timers.

import { createLicenseClient, memoryStorage } from "polar-license";
import { createLicenseClient as createPortalClient } from "polar-license/portal";
import { fakeLicense, replies, responseOf, testClock, testPolar } from "polar-license/testing";
import { exportButton } from "../app/gate.mjs";
import { KEY, SETTINGS } from "../app/settings.mjs";

const STATES = {
  unlicensed: [false, "enter_key"],
  denied: [false, "contact_vendor"],
  clock_suspect: [false, "connect"],
  expired: [false, "renew"],
  active: [true, "none"],
  grace: [true, "none"],
  lapsed: [false, "connect"],
  trial: [true, "none"],
};

export function suite({ test, expect, fakeTimers, realTimers, inPage }) {
  for (const [state, [allowed, nextStep]] of Object.entries(STATES)) {
    test(`a fake is ${state}, with the message of the engine`, async () => {
      const license = await fakeLicense({ state, features: { export: true, sync: false } });
      expect(license.current()).toMatchObject({ state, allowed, nextStep, features: { export: allowed, sync: false } });
      expect(license.current().message).toMatch(/^[A-Z].*\.$/);
      expect(license.allows("export")).toBe(allowed);
    });
  }

  test("a fake whose trial has ended", async () => {
    const license = await fakeLicense({ state: "unlicensed", reason: "trial_ended", features: { export: true } });
    expect(license.current()).toMatchObject({ state: "unlicensed", reason: "trial_ended", nextStep: "buy" });
    expect(license.allows("export")).toBe(false);
    await expect(license.startTrial()).rejects.toMatchObject({ kind: "refused", reason: "trial_ended" });
  });

  test("options of a fake that do not exist or do not fit together are errors", async () => {
    await expect(fakeLicense({ stat: "lapsed" })).rejects.toThrow("`fakeLicense` has no option `stat`");
    await expect(fakeLicense({ reason: "trial_ended" })).rejects.toThrow(
      "the settings allow no license in the state `active` (trial_ended); it is `unlicensed` (trial_ended)",
    );
  });

  test("a state that the settings rule out is an error", async () => {
    const settings = { refreshIntervalMs: 3_600_000, offlineGraceMs: 3_600_000 };
    await expect(fakeLicense({ state: "grace", settings })).rejects.toThrow("no license in the state `grace`");
  });

  test("a test can set the clock of a fake, and change its Polar", async () => {
    const clock = testClock();
    const polar = testPolar(clock);
    const license = await fakeLicense({ clock, polar });
    const seen = [];
    license.onChange(({ state }) => seen.push(state));
    polar.denial = "inactive";
    expect((await license.validate()).reason).toBe("inactive");
    polar.denial = null;
    expect((await license.validate()).state).toBe("active");
    clock.advance(15 * 86_400_000);
    expect(license.current().state).toBe("lapsed");
    polar.offline = true;
    expect((await license.refresh()).problem.kind).toBe("network");
    expect(seen).toContain("denied");
  });

  test("a fake does everything that a client does, and its requests can be inspected", async () => {
    const clock = testClock();
    const polar = testPolar(clock, { limitUsage: 3 });
    const license = await fakeLicense({ state: "unlicensed", clock, polar });
    await expect(license.consume()).rejects.toMatchObject({ kind: "not_activated" });
    expect((await license.activate(KEY)).displayKey).toBe("****-E304F0");
    polar.answer = ({ body }) => (body.increment_usage ? replies.usageExhausted() : undefined);
    await expect(license.consume(4)).rejects.toMatchObject({ kind: "usage_exhausted" });
    polar.answer = () => replies.rateLimited(5);
    expect((await license.validate()).problem).toMatchObject({ kind: "rate_limited", retryAfterMs: 5_000 });
    clock.advance(5_000);
    polar.answer = undefined;
    expect((await license.deactivate()).deactivated).toBe("released");
    expect(polar.requests.map(({ operation }) => operation)).toContain("deactivate");
  });

  test("every reply is read as Polar's", async () => {
    const clock = testClock();
    const polar = testPolar(clock);
    const license = await fakeLicense({ state: "unlicensed", clock, polar });
    const expected = { not_found: "not_found", inactive: "inactive", expired: "expired", benefit: "benefit" };
    for (const [denial, reason] of Object.entries(expected)) {
      polar.answer = () => replies.denied(denial);
      await expect(license.activate(KEY)).rejects.toMatchObject({ kind: "refused", reason });
    }
    polar.answer = ({ operation }) => (operation === "activate" ? replies.activationLimit() : undefined);
    await expect(license.activate(KEY)).rejects.toMatchObject({ kind: "refused", reason: "activation_limit" });
  });

  test("a reply that is nearly Polar's is refused with the name of the field", async () => {
    const polar = testPolar(testClock());
    const license = await fakeLicense({ polar });
    const { status: _, ...nearly } = replies.validated().body;
    polar.answer = () => ({ status: 200, headers: {}, body: { ...nearly, key: polar.requests.at(-1).body.key } });
    const { allowed, problem } = await license.validate();
    expect(allowed).toBe(true);
    expect(problem.detail).toContain("`status` is missing");
    expect(problem.detail).not.toContain("example.com");
  });

  test("a customer of the test's Polar moves the license from a dead machine with a code", async () => {
    const clock = testClock();
    const polar = testPolar(clock, { limitActivations: 1 });
    polar.seats = [{ label: "Old laptop" }];
    const license = await createPortalClient({ ...SETTINGS, storage: memoryStorage(), clock, fetch: polar.fetch });
    const portal = license.portal();
    expect((await portal.requestCode("ada@example.com")).kind).toBe("sent");
    await expect(portal.authenticate("WRONG1")).rejects.toThrow("This code is wrong or has expired.");
    const session = await portal.authenticate(polar.code);
    const full = await session.restore();
    expect([full.kind, full.devices.devices[0].label]).toEqual(["no_seat", "Old laptop"]);
    await session.release(full.devices.devices[0]);
    const restored = await session.activate(full.key);
    expect(restored.decision.state).toBe("active");
    const { devices } = await session.devices(full.key);
    expect(devices.map(({ isThis }) => isThis)).toEqual([true]);
    expect(polar.requests.at(-1).operation).toBe("get_key");
  });

  test("fake timers that a test never advances do not hang a call", async () => {
    const polar = testPolar({ now: () => Date.now(), monotonic: () => 0 });
    const license = await createLicenseClient({ ...SETTINGS, appId: "com.acme.timers", fetch: polar.fetch });
    // simulates a process that has run for an hour, whose fake clock begins at 0
    const { now } = performance;
    performance.now = () => now.call(performance) + 3_600_000;
    await license.activate(KEY);
    performance.now = now;
    fakeTimers();
    try {
      // with these there are three requests within a second, so one of them has to wait
      await license.validate();
      expect((await license.refresh()).allowed).toBe(true);
      // a request that gets no answer ends at its deadline
      const silent = { ...SETTINGS, appId: "com.acme.silent", timeoutMs: 1_000, fetch: () => new Promise(() => {}) };
      expect((await (await createLicenseClient(silent)).validate()).allowed).toBe(false);
      license.dispose();
    } finally {
      realTimers();
    }
  });

  test("a client without a storage of its own keeps the license for as long as the test runs", async () => {
    const polar = testPolar({ now: () => Date.now(), monotonic: () => 0 });
    const options = { ...SETTINGS, autoRefresh: false, fetch: polar.fetch };
    const first = await createLicenseClient(options);
    await first.activate(KEY);
    const again = await createLicenseClient(options);
    expect(again.current().state).toBe("active");
    if (inPage) expect(Object.keys(localStorage).join()).toContain("polar-license/com.acme.runners/");
    expect(polar.requests[1].body.label).toMatch(inPage ? /^Web/ : /./);
  });

  if (inPage) {
    test("a gate", async () => {
      const license = await fakeLicense({ state: "lapsed", features: { export: true } });
      expect(exportButton(license).disabled).toBe(true);
      expect(exportButton(license).textContent).toContain("Go online");
      expect(exportButton(await fakeLicense({ state: "grace", features: { export: true } })).disabled).toBe(false);
    });
  }

  test("replies are those of `fetch`", async () => {
    const response = responseOf(replies.validated({ key: "ÄÖ-€" }));
    expect([response.status, response.ok, response.headers.get("Content-Type")]).toEqual([200, true, "application/json"]);
    expect((await response.json()).key).toBe("ÄÖ-€");
    expect(responseOf(replies.deactivated()).status).toBe(204);
    expect(responseOf(replies.rateLimited(7)).headers.get("retry-after")).toBe("7");
  });
}
