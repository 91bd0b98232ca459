// Measures how long it takes to read the license in Node. The subjects take turns in several rounds. `node reads.mjs
// PACKAGE` prints, as JSON, how many nanoseconds one call took in each round. The subject `clocks` only reads both
// clocks, which is the least that a read could cost.

const PRO = "de300000-0000-4000-8000-0000000000b1";
const ROUNDS = 15;
const { createLicenseClient, memoryStorage } = await import(`${process.argv[2]}/index.node.js`);

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
const clocks = () => Date.now() + performance.now();
const reads = [
  { name: "clocks", call: clocks, count: 200_000 },
  { name: "allows", call: () => allows("export"), count: 200_000 },
  { name: "current", call: current, count: 200_000 },
  { name: "explain", call: () => explain("export"), count: 10_000 },
];
const times = Object.fromEntries(reads.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { name, call, count } of reads) {
    const start = performance.now();
    for (let number = 0; number < count; number += 1) call();
    times[name].push(((performance.now() - start) * 1e6) / count);
  }
}
console.log(JSON.stringify(times));
