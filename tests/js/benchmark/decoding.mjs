// Measures how long it takes to decode the engine that a script contains, as the package's text and as base64, with the
// package that `cargo xtask package npm` has built. Run it by `node tests/js/benchmark/decoding.mjs`. Every round is a
// new process of Node, and a new browser of Chromium, because a page decodes the engine once, with code that has not
// run before. Prints medians, and the median of the rounds' ratios. Asserts nothing.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

import { encode } from "../../../bindings/wasm/ts/ascii.mjs";
import { chromiumOptions } from "../chromium.mjs";

const ROUNDS = 21;

const repository = new URL("../../../", import.meta.url);
const scripts = process.env.POLAR_LICENSE_JS ?? fileURLToPath(new URL("target/package/npm", repository));
const wasm = readFileSync(`${scripts}/polar_license.wasm`);
const decoder = await build({
  entryPoints: [fileURLToPath(new URL("bindings/wasm/ts/src/ascii.ts", repository))],
  bundle: true,
  format: "iife",
  globalName: "ascii",
  minify: true,
  write: false,
});

/** Scripts that decode the engine and leave the time, in ms, in `took`. */
const WAYS = {
  text: `${decoder.outputFiles[0].text}; const encoded = ${JSON.stringify(encode(wasm))};
    const start = performance.now(); const bytes = ascii.decode(encoded); var took = performance.now() - start;`,
  base64: `const encoded = "${wasm.toString("base64")}"; const start = performance.now();
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    var took = performance.now() - start;`,
};

const inNode = (script) => Number(execFileSync(process.execPath, ["-"], { input: `${script}; console.log(took)` }));

async function inChromium(script) {
  const browser = await chromium.launch(chromiumOptions());
  const page = await browser.newPage();
  await page.addScriptTag({ content: script });
  const took = await page.evaluate("took");
  await browser.close();
  return took;
}

for (const [platform, run] of Object.entries({ Node: inNode, Chromium: inChromium })) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = await run(WAYS.text);
    rounds.push({ text, base64: await run(WAYS.base64) });
  }
  const [text, base64, ratio] = [({ text }) => text, ({ base64 }) => base64, ({ text, base64 }) => text / base64].map(
    (of) => median(rounds.map(of)).toFixed(2),
  );
  console.log(`${platform}: text ${text} ms, base64 ${base64} ms, ratio ${ratio}`);
}

function median(numbers) {
  return numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}
