// Measures how long one validate takes in Node, with this project's package and with each peer. The packages take turns
// in several rounds. `node validate.mjs POLAR SERVER PACKAGE` prints as JSON how many milliseconds each round took.
// There are two servers: the local Polar, and the server of the peers that do not use Polar. The baseline for each
// server is a plain `fetch` call to it.

import { PEERS } from "./peers.mjs";

const [polar, server, folder] = process.argv.slice(2);
const KEY = "DEMO-TWO-DEVICES";
const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
const PRO = "de300000-0000-4000-8000-0000000000b1";
const ROUNDS = 20;
const WARM_UP = 3;

// lemonsqueezy.js has no option that sets the address of its server
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
  // polar-license sends at most two requests in a second; without this pause, the measured time would include its
  // waiting
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
