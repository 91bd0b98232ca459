// Measures how long it takes to read the license, with the package that `cargo xtask package npm` has built. Run it by
// `node tests/js/benchmark/reading.mjs`. Prints the nanoseconds for each call, the best of several rounds. Asserts
// nothing.

import { fileURLToPath } from "node:url";

const PRO = "de300000-0000-4000-8000-0000000000b1";
const scripts = process.env.POLAR_LICENSE_JS ?? fileURLToPath(new URL("../../../target/package/npm", import.meta.url));
const { createLicenseClient, memoryStorage } = await import(`${scripts}/index.node.js`);

/** Replies like a Polar that confirms every request. */
const fetch = async (_, { body }) => {
  const { key, organization_id } = JSON.parse(body);
  return Response.json({
    id: "de300000-0000-4000-8000-0000000000c1", organization_id, benefit_id: PRO, key,
    customer_id: "de300000-0000-4000-8000-0000000000d1", customer: {}, user: {},
    display_key: `****-${key.slice(-6)}`, status: "granted", limit_activations: null, usage: 0, limit_usage: null,
    validations: 1, last_validated_at: new Date().toISOString(), expires_at: null, activation: null,
  });
};

const license = await createLicenseClient({
  organizationId: "de300000-0000-4000-8000-000000000001",
  appId: "com.acme.app",
  features: { export: [PRO] },
  storage: memoryStorage(),
  autoRefresh: false,
  fetch,
});
await license.activate("POLAR-1C285B2D-6CE6-4C98-A1BF-BC9DBFE304F0");

const { current, allows, explain } = license;
for (const [name, call, count] of [
  ["allows", () => allows("export"), 200_000],
  ["current", current, 200_000],
  ["explain", () => explain("export"), 10_000],
]) {
  console.log(`${name}: ${best(call, count)} ns`);
}

function best(call, count) {
  const rounds = Array.from({ length: 10 }, () => {
    const start = performance.now();
    for (let number = 0; number < count; number += 1) call();
    return ((performance.now() - start) * 1e6) / count;
  });
  return Math.round(Math.min(...rounds));
}
