// Tests the app of examples/tauri in its window, against the local Polar over HTTP.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { program, startPolar } from "../electron/polar.mjs";
import { AIR_GAPPED, computer, until } from "./app.mjs";

const polar = await startPolar(after);
const mock = new LocalPolar(polar.url);
const KEY = "DEMO-TWO-DEVICES";

const NONE = "No license is active on this device. Enter a license key.";
const ACTIVE = "The license is active.";
const GRACE = "The license is active. It will be confirmed when you are next online.";
const LAPSED = "The license has not been confirmed for too long. Go online once to continue.";
const NOT_INCLUDED = "Your license does not include this feature. Upgrade to use it.";
const EXPORTED = "The report was exported.";

const source = new URL("../../../examples/tauri/src-tauri/src/bin/air-gapped.rs", import.meta.url);
const [, APP_SECRET] = /const APP_SECRET: &str = "(.*)";/.exec(readFileSync(source, "utf8"));

const seats = () => mock.seats(KEY);
const requests = async (endpoint) => (await mock.asked()).filter((name) => name === endpoint);

test("a license from the typed key to the deactivation", async (t) => {
  const { start, setClock } = computer(after, polar);
  const page = await start();

  await t.test("without a license the gate is closed", async () => {
    assert.equal(await page.text("status"), NONE);
    assert.equal(await page.isEnabled("export"), false);
    await page.activate("DEMO-REVOKED");
    await page.shows("error", "This license key is no longer active. Contact the vendor.");
    assert.equal(await page.text("status"), NONE);
    assert.equal(await page.text("why-off"), "");
  });

  await t.test("the gate stays closed for a license of another plan, and the page says why", async () => {
    await page.activate("DEMO-BASIC");
    await page.shows("why-off", NOT_INCLUDED);
    assert.equal(await page.text("status"), ACTIVE);
    assert.equal(await page.isEnabled("export"), false);
  });

  await t.test("a key opens the gate, and the page receives no secret", async () => {
    await page.connect();
    await page.run(`
      window.received = [];
      const { fetch } = window;
      window.fetch = async (...request) => {
        const response = await fetch(...request);
        window.received.push(await response.clone().text());
        return response;
      };
      window.license.onChange((decision) => window.received.push(JSON.stringify(decision)));
    `);
    await page.activate(KEY);
    await page.shows("why-off", "");
    assert.equal(await page.text("status"), ACTIVE);
    assert.equal(await page.isEnabled("export"), true);
    await page.click("export");
    await page.shows("report", EXPORTED);
    assert.equal(await seats(), 1);
    const received = await page.run("return window.received");
    assert.ok(received.some((text) => text.includes('"displayKey":"****-')) && received.length >= 3, received.join("\n"));
    for (const text of received) assert.ok(!text.includes(KEY), text);
  });

  await t.test("the decision is one frozen object until it changes, and methods need no object", async () => {
    const { result } = await page.settle(`
      const { current, allows, explain, validate } = window.license;
      const before = current();
      const same = before === current() && Object.isFrozen(before) && Object.isFrozen(before.features);
      const answer = await validate();
      const why = (feature) => { const { reason, detail } = explain(feature); return [reason, detail]; };
      return {
        same,
        another: before !== current(),
        allows: [allows("export"), allows("exprot")],
        why: [why("export"), why("exprot"), why("toString")],
        state: answer.state,
      };
    `);
    assert.deepEqual(result, {
      same: true,
      another: true,
      allows: [true, false],
      why: [
        [null, "the feature `export` is on"],
        ["unknown", "the configuration names no feature `exprot`; add it, or correct the name"],
        ["unknown", "the configuration names no feature `toString`; add it, or correct the name"],
      ],
      state: "active",
    });
  });

  await t.test("a command that the capability does not allow is refused, and changes nothing", async () => {
    const { error } = await page.settle("await window.license.forget()");
    assert.deepEqual([error.isLicenseError, error.kind], [true, "invalid_argument"]);
    assert.match(error.detail, /polar-license[.|]forget not allowed/);
    const calls = ["offlineReturn()", `offlineAnswer("", "${KEY}")`, 'offlineRelease("")'];
    for (const call of calls) {
      const { error } = await page.settle(`await window.license.${call}`);
      assert.match(error.detail, /polar-license[.|]offline_[a-z]+ not allowed/);
    }
    assert.equal(await page.text("status"), ACTIVE);
    const manifests = new URL("../../../examples/tauri/src-tauri/gen/schemas/acl-manifests.json", import.meta.url);
    const plugin = JSON.parse(readFileSync(fileURLToPath(manifests), "utf8"))["polar-license"];
    const rest = ["allow-consume", "allow-deactivate", "allow-forget", "allow-offline-answer", "allow-offline-release"];
    rest.push("allow-offline-return", "allow-portal");
    const all = Object.keys(plugin.permissions).filter((name) => name.startsWith("allow-"));
    assert.deepEqual(all.filter((name) => !plugin.default_permission.permissions.includes(name)).sort(), rest);
  });

  await t.test("a page can cancel its own call, and errors are LicenseErrors", async () => {
    await mock.fault({ fault: "stall", on: "validate" });
    const { result } = await page.settle(`
      const ends = new AbortController();
      const waiting = window.license.validate({ signal: ends.signal });
      ends.abort();
      return (await waiting).problem.kind;
    `);
    assert.equal(result, "cancelled");
    const { error } = await page.settle(`
      const waiting = window.license.activate("DEMO-PLAIN", { signal: AbortSignal.abort() });
      await waiting;
    `);
    assert.deepEqual([error.isLicenseError, error.kind, error.decision.state], [true, "cancelled", "active"]);
    await mock.clearFaults();
  });

  await t.test("the gate stays open offline for exactly as long as grace lasts", async () => {
    await mock.fault({ fault: "drop_connection" });
    const offline = await page.settle("return (await window.license.validate()).problem.kind");
    assert.equal(offline.result, "network");
    assert.equal(await page.text("status"), ACTIVE);

    // the clock was set, but no timer has fired yet, neither in the page nor on the Rust side
    const now = () => page.run("return [window.license.current().state, window.license.allows('export')]");
    const show = () => page.run("document.dispatchEvent(new Event('visibilitychange'))");
    setClock(2);
    assert.deepEqual(await now(), ["grace", true]);
    await show();
    await page.shows("status", GRACE);
    await page.click("export");
    await page.shows("report", EXPORTED);

    setClock(60);
    assert.deepEqual(await now(), ["lapsed", false]);
    await show();
    await page.shows("status", LAPSED);
    assert.equal(await page.isEnabled("export"), false);
    // the feature must stay closed in Rust, whatever a compromised page does
    const { error } = await page.settle("await window.__TAURI_INTERNALS__.invoke('export')");
    assert.equal(error.message, LAPSED);

    await mock.clearFaults();
    await page.settle("await window.license.refresh()");
    await page.shows("status", ACTIVE);
    setClock(0);
  });

  await t.test("a reloaded page shows the present decision, and follows it", async () => {
    await page.reload();
    assert.equal(await page.text("status"), ACTIVE);
    await page.click("deactivate");
    await page.shows("status", NONE);
    assert.equal(await page.isEnabled("export"), false);
    assert.equal(await seats(), 0);
  });
  await page.quit();
});

test("an app that was closed during an activation has its seat at the next start", async () => {
  const { start } = computer(after, polar);
  const page = await start();
  const before = (await requests("activate")).length;
  await mock.fault({ fault: "delay", ms: 1_500, on: "activate", times: 1 });
  await page.activate(KEY);
  await until(async () => (await requests("activate")).length > before, "the request");
  await page.quit();
  assert.equal(await seats(), 1);

  const again = await start();
  assert.equal(await again.text("status"), ACTIVE);
  assert.equal(await again.isEnabled("export"), true);
  assert.equal((await requests("activate")).length, before + 1);
  await again.click("deactivate");
  await again.shows("status", NONE);
  assert.equal(await seats(), 0);
  await again.quit();
});

test("a customer with a code moves the license from a dead machine, and the page receives no secret", async () => {
  const email = "iona.larkspur@example.com";
  const key = await mock.bought(email, { limit_activations: 1 });
  const other = computer(after, polar);
  const laptop = await other.start();
  await laptop.activate(key);
  await laptop.shows("status", ACTIVE);
  await laptop.quit();

  const { start } = computer(after, polar);
  const page = await start();
  await page.connect();
  await page.click("find-key");
  const shown = () => page.run('return document.querySelector("polar-license-dialog")?.shadowRoot?.textContent');
  await until(async () => (await shown())?.includes("Find my key"), "the dialog");
  await page.run('document.querySelector("polar-license-dialog").close()');
  await page.run(`
    window.received = [];
    const { fetch } = window;
    window.fetch = async (...request) => {
      const response = await fetch(...request);
      window.received.push(await response.clone().text());
      return response;
    };
  `);
  const sent = await page.settle(`return await window.license.portal().requestCode("${email}")`);
  assert.equal(sent.result?.kind, "sent", JSON.stringify(sent));
  const code = await mock.nextCode();
  const full = await page.settle(`
    window.session = await window.license.portal().authenticate("${code}");
    window.full = await window.session.restore();
    const { kind, devices, error } = window.full;
    return { kind, devices: devices.devices.length, isError: error instanceof window.LicenseError, reason: error.reason };
  `);
  assert.deepEqual(full.result, { kind: "no_seat", devices: 1, isError: true, reason: "activation_limit" });
  const moved = await page.settle(`
    const { key, devices } = window.full;
    const released = await window.session.release(devices.devices[0]);
    const { kind, decision } = await window.session.activate(key);
    return { released, kind, state: decision.state, same: decision === window.license.current() };
  `);
  assert.deepEqual(moved.result, { released: "released", kind: "licensed", state: "active", same: true });
  await page.shows("status", ACTIVE);
  const received = await page.run("return window.received");
  assert.ok(received.some((text) => text.includes("no_seat")), received.join("\n"));
  const asked = await mock.exchanges();
  const tokens = asked.flatMap(({ headers }) => (headers.authorization ? [headers.authorization.replace("Bearer ", "")] : []));
  assert.ok(tokens.length > 0);
  for (const secret of [key, ...tokens]) assert.ok(!received.some((text) => text.includes(secret)));

  const { error } = await page.settle("await window.session.activate({ ...window.full.key })");
  assert.deepEqual([error.isLicenseError, error.kind], [true, "invalid_argument"]);

  const link = "polar_cl_DEMO";
  const bought = await page.settle(`
    const ends = new AbortController();
    const checkout = await window.license.portal().checkout("${link}");
    const stages = [];
    const onProgress = ({ stage }) => { stages.push(stage); ends.abort(); };
    const failed = await checkout.follow({ signal: ends.signal, onProgress }).catch((error) => error);
    return { address: checkout.address, stages, kind: failed.kind };
  `);
  assert.deepEqual([bought.result.stages, bought.result.kind], [["open"], "cancelled"]);
  assert.ok(bought.result.address.startsWith(`${polar.url}/checkout/`));
  await page.quit();
});

test("a window gets a license without a network, and gives it back", async () => {
  const { home, start } = computer(after, polar, AIR_GAPPED);
  const page = await start();
  await page.connect();
  const before = (await mock.asked()).length;
  const asked = await page.settle(`
    const [request, again] = [await window.license.offlineRequest(), await window.license.offlineRequest()];
    return { request, same: request === again };
  `);
  const { request, same } = asked.result ?? assert.fail(asked.error.detail);
  assert.ok(same && /^REQUEST1-[0-9A-Z-]+$/.test(request), request);
  assert.equal((await mock.asked()).length, before);

  const other = commandOf(join(home, "other"), "another computer");
  const answer = other("answer", request, KEY);
  const sent = (await mock.asked()).length;
  const damaged = await page.settle(`await window.license.offlineImport("${answer}0")`);
  assert.deepEqual([damaged.error.isLicenseError, damaged.error.kind], [true, "invalid_argument"]);
  const imported = await page.settle(`
    const { state, airGapped } = await window.license.offlineImport("${answer}");
    return { state, airGapped, allows: window.license.allows("export") };
  `);
  assert.deepEqual(imported.result, { state: "active", airGapped: true, allows: true });
  await page.shows("status", ACTIVE);
  assert.equal(await seats(), 1);

  const back = await page.settle(`
    const { text } = await window.license.offlineReturn();
    const again = await window.license.offlineReturn();
    return { text, same: again.text === text, shown: JSON.stringify(again), copied: Object.keys({ ...again }) };
  `);
  const { text, shown, copied } = back.result ?? assert.fail(back.error.detail);
  assert.ok(back.result.same && text.startsWith("RETURN1-"), text);
  assert.ok(!shown.includes("RETURN1"), "the text contains the key, so it is not shown");
  assert.deepEqual(copied, ["decision"]);
  await page.shows("status", NONE);
  assert.equal((await mock.asked()).length, sent, "the window has asked Polar for nothing");
  assert.equal(await seats(), 1);
  assert.match(other("return", text), /^returned: the seat is free again/);
  assert.equal(await seats(), 0);
  await page.quit();
});

test("a window answers the request of another computer, and releases its seat", async () => {
  const { home, start } = computer(after, polar, AIR_GAPPED);
  const page = await start();
  await page.connect();
  const other = commandOf(join(home, "other"), "a computer in a laboratory");
  const request = other("request");
  const refused = await page.settle(`await window.license.offlineAnswer("${request}", "DEMO-REVOKED")`);
  assert.deepEqual([refused.error.kind, refused.error.reason], ["refused", "inactive"]);
  const wrong = await page.settle(`await window.license.offlineAnswer("${request}0", "${KEY}")`);
  assert.equal(wrong.error.kind, "invalid_argument");
  const own = await page.settle(`
    const answer = await window.license.offlineAnswer("${request}", "${KEY}");
    const { decision, text } = answer;
    const own = window.license.current().state;
    return { state: decision.state, own, text, shown: JSON.stringify(answer) };
  `);
  const { state, text, shown } = own.result ?? assert.fail(own.error.detail);
  assert.deepEqual([state, own.result.own, await seats()], ["active", "unlicensed", 1]);
  assert.ok(text.startsWith("ANSWER1-") && !shown.includes("ANSWER1"));
  assert.match(other("import", text), /^active: /);
  await page.shows("status", NONE);

  const returned = other("return");
  const released = await page.settle(`
    const { state, deactivated } = await window.license.offlineRelease("${returned}");
    return { state, deactivated };
  `);
  assert.deepEqual(released.result, { state: "unlicensed", deactivated: "released" });
  assert.equal(await seats(), 0);
  await page.quit();
});

/** Returns a function that runs the command on another computer of the same customer, with the app's settings. */
function commandOf(folder, device) {
  const settings = ["--organization", polar.organization, "--app", "com.acme.app", "--environment", polar.url];
  const secret = ["--app-secret", APP_SECRET, "--air-gap-days", "365"];
  const own = ["--device-id", device, "--data-dir", folder];
  return (operation, ...texts) => {
    const options = [...settings, ...secret, ...own];
    return execFileSync(program, [operation, ...texts, ...options], { encoding: "utf8" }).trim();
  };
}
