/**
 * Runs the example for Workers in workerd. The example is bundled by wrangler, and its KV namespace is on this machine.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { tool } from "./project.mjs";
import { control } from "./story.mjs";

const TOKEN = "secret";

export async function worker(app, polar) {
  const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "1" };
  await app.run(tool("wrangler"), ["types"], env);
  await app.run(tool("tsc"), []);
  await app.run(tool("wrangler"), ["deploy", "--dry-run", "--outdir=dist"], env);
  const kv = join(app.home.HOME, "kv");
  const first = await start(app, kv);
  const saw = [{ step: "start", isOffered: await isOffered(first) }];
  assert.equal((await license(first, "NO-SUCH-KEY", "another")).status, 401);
  assert.equal((await license(first, "NO-SUCH-KEY")).status, 400);
  saw.push({ step: "typo", isOffered: await isOffered(first) });
  assert.equal((await license(first, "DEMO-BASIC")).status, 200);
  saw.push({ step: "another plan", isOffered: await isOffered(first) });
  const { status, decision } = await license(first, "DEMO-PLAIN");
  assert.deepEqual([status, decision.state], [200, "active"]);
  saw.push({ step: "activate", isOffered: await isOffered(first) });
  await first.stop();
  await control(polar, "faults", { fault: "drop_connection" });
  const again = await start(app, kv);
  saw.push({ step: "offline", isOffered: await isOffered(again) });
  await again.stop();
  return saw;
}

/** Starts workerd with the bundle that wrangler has built, and with the texts in `kv`. */
async function start(app, kv) {
  const dist = join(app.folder, "dist");
  const miniflare = new Miniflare({
    modules: true,
    modulesRoot: dist,
    scriptPath: join(dist, "index.js"),
    modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
    compatibilityDate: "2026-04-01",
    bindings: { INSTALLATION: "acme-eu-1", ADMIN_TOKEN: TOKEN },
    kvNamespaces: ["LICENSE"],
    kvPersist: kv,
    // off, because this data would be downloaded
    cf: false,
  });
  const url = await miniflare.ready;
  return { url, stop: () => miniflare.dispose() };
}

async function isOffered({ url }) {
  const response = await fetch(url);
  const text = await response.text();
  assert.ok([200, 402].includes(response.status) && text !== "", `${response.status} ${text}`);
  return response.status === 200;
}

async function license({ url }, key, token = TOKEN) {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL("license", url), { method: "PUT", body: key, headers });
  const text = await response.text();
  return { status: response.status, decision: response.ok ? JSON.parse(text) : undefined };
}
