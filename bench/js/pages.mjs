// Measures how long a page on a phone takes until its first decision, with this project's package and with each peer
// that uses Polar. The packages take turns in several rounds. The page has stored a license earlier.
//
// `node pages.mjs CACHE POLAR PACKAGE` prints, as JSON, the milliseconds in each round from the moment when the page
// begins to load its script until the decision. If CACHE is `cold`, the page downloads all of its files. If CACHE is
// `warm`, the files are in the browser's cache.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { chromium } from "playwright-core";

import { chromiumOptions } from "../../tests/js/chromium.mjs";
import { PEERS } from "./peers.mjs";

const [cache, polar, packed] = process.argv.slice(2);
const folder = resolve(packed);
const KEY = "DEMO-PLAIN";
const ORGANIZATION = "de300000-0000-4000-8000-000000000001";
const PRO = "de300000-0000-4000-8000-0000000000b1";
const ROUNDS = 9;

/** A slow network. It has 1.6 Mbit/s and a latency of 150 ms. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 100_000 };
/** A slow phone. Its processor is this many times slower than this machine's. */
const SLOWER = 4;

const ours = (entry, more) => `
  import { createLicenseClient } from "${entry}";
  const license = await createLicenseClient({
    organizationId: "${ORGANIZATION}", appId: "com.acme.app", environment: "${polar}",
    features: { export: ["${PRO}"] }, ${more}
  });
  if (license.current().allowed) decided();
  else globalThis.prepared = license.activate("${KEY}");`;

const peer = (module) => `
  import { validate } from "./peers/${module}.mjs";
  if (await validate("${polar}", "${KEY}", "${ORGANIZATION}")) decided();`;

const pages = {
  "polar-license/slim": ours(join(folder, "slim.js"), `wasm: "/polar_license.wasm"`),
  "polar-license": ours(join(folder, "index.js"), ""),
};
for (const { name, module } of PEERS) if (module !== "lemonsqueezy") pages[name] = peer(module);

const files = { "/polar_license.wasm": file("application/wasm", readFileSync(join(folder, "polar_license.wasm"))) };
for (const [number, page] of Object.values(pages).entries()) {
  const script = `/${number}.js`;
  files[script] = file("text/javascript", await bundled(script, page));
  files[`/${number}`] = file("text/html", `<!doctype html><title>A page</title><script type="module" src="${script}"></script>`);
}

const server = createServer((request, response) => {
  const found = files[request.url];
  if (!found) return response.writeHead(404).end();
  const caching = found.type === "text/html" ? "no-store" : "max-age=31536000, immutable";
  response.writeHead(200, { "content-type": found.type, "content-encoding": "br", "cache-control": caching });
  response.end(found.bytes);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch(chromiumOptions());
const loads = {};
for (const [number, name] of Object.keys(pages).entries()) loads[name] = await prepared(number);

const times = {};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, load] of Object.entries(loads)) (times[name] ??= []).push(await load());
}
console.log(JSON.stringify(times));
await browser.close();
server.close();

function file(type, bytes) {
  return { type, bytes: brotliCompressSync(bytes) };
}

async function bundled(script, page) {
  const decided = `
    globalThis.decided = () => {
      globalThis.took = performance.now() - performance.getEntriesByName(new URL("${script}", location).href)[0].startTime;
    };`;
  const { outputFiles } = await build({
    stdin: { contents: page, resolveDir: import.meta.dirname },
    banner: { js: decided },
    bundle: true,
    format: "esm",
    logLevel: "error",
    minify: true,
    write: false,
  });
  return outputFiles[0].contents;
}

/** Opens a page in a new browser context, and stores a license there. Returns a function that loads the page again. */
async function prepared(number) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const phone = await context.newCDPSession(page);
  const address = `http://127.0.0.1:${server.address().port}/${number}`;
  const load = async () => {
    await page.goto(address, { waitUntil: "networkidle" });
    await page.waitForFunction("globalThis.took");
    return page.evaluate("took");
  };
  await page.goto(address, { waitUntil: "networkidle" });
  await page.evaluate("globalThis.prepared");
  // a page with ./slim stores the license that it will show the next time it is loaded
  await load();
  await phone.send("Network.enable");
  await phone.send("Network.emulateNetworkConditions", NETWORK);
  await phone.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  return async () => {
    if (cache === "cold") await phone.send("Network.clearBrowserCache");
    return load();
  };
}
