// Measures one validate in Node with this project's package and with each peer, in interleaved rounds.
// `node validate.mjs POLAR SERVER PACKAGE` prints the milliseconds of every round as JSON. Each server has a baseline of
// its own: `fetch` at the local Polar, and `fetch` at the server of the peers that do not speak to Polar.

import { PEERS } from "./peers.mjs";

const [polar, server, folder] = process.argv.slice(2);
const KEY = "DEMO-TWO-DEVICES";
const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
const PRO = "de300000-0000-4000-8000-0000000000b1";
const ROUNDS = 20;
const WARM_UP = 3;

// lemonsqueezy.js has no option for the address
const send = globalThis.fetch;
globalThis.fetch = (address, options) =>
  send(typeof address === "string" ? address.replace("https://api.lemonsqueezy.com", server) : address, options);

const validates = { "polar-license": await licensed(), "fetch to the peers' server": await peer("fetch", server) };
for (const { name, module } of PEERS) validates[name] = await peer(module, polar);

const times = Object.fromEntries(Object.keys(validates).map((name) => [name, []]));
for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
  for (const [name, validate] of Object.entries(validates)) {
    const start = performance.now();
    if (!(await validate())) throw new Error(`${name} did not validate the license`);
    if (round >= WARM_UP) times[name].push(performance.now() - start);
  }
  // at most two requests of polar-license leave in a second; without this pause, it would be measured waiting
  await new Promise((resolve) => setTimeout(resolve, 600));
}
console.log(JSON.stringify(times));

async function peer(module, url) {
  const { validate } = await import(`./peers/${module}.mjs`);
  return () => validate(url, KEY, ORGANIZATION);
}

async function licensed() {
  const { createLicenseClient, memoryStorage } = await import(`${folder}/index.node.js`);
  const license = await createLicenseClient({
    organizationId: ORGANIZATION,
    appId: "com.acme.app",
    environment: polar,
    features: { export: [PRO] },
    storage: memoryStorage(),
    autoRefresh: false,
  });
  await license.activate(KEY);
  return async () => {
    const { state, problem } = await license.validate();
    return state === "active" && !problem;
  };
}
