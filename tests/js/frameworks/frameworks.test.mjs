// The package's entries and snippets for frameworks, with the real frameworks: React 18 and 19, Vue, Svelte, OpenFeature,
// each in jsdom and in Chromium, against a local Polar.
//
// POLAR_LICENSE_JS is the folder of the built package, POLAR_LICENSE_CLI the command line tool.

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { JSDOM } from "jsdom";
import { chromium } from "playwright-core";
import { startPolar } from "../electron/polar.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const scripts = process.env.POLAR_LICENSE_JS;
if (!scripts) throw new Error("POLAR_LICENSE_JS is not set; run `cargo xtask test js`");

const BUNDLES = {
  "React 18": { entry: "story.jsx", root: join(here, "react-18") },
  "React 19": { entry: "story.jsx", root: here },
  "Vue, Svelte and OpenFeature": { entry: "others.mjs", root: here },
};

const polar = await startPolar(after);
const scratch = join(here, `bundle-${process.pid}.mjs`);
after(() => rmSync(scratch, { force: true }));

for (const [name, { entry, root }] of Object.entries(BUNDLES)) {
  const bundle = await bundled(entry, root);

  test(`${name} in jsdom`, async () => {
    const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/", pretendToBeVisual: true });
    const { document, navigator, HTMLElement, HTMLIFrameElement } = window;
    for (const [name, value] of Object.entries({ window, document, navigator, HTMLElement, HTMLIFrameElement })) {
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    writeFileSync(scratch, bundle);
    const { run } = await import(`${pathToFileURL(scratch)}?${encodeURIComponent(name)}`);
    succeeded(await run(polar));
    window.close();
  });

  test(`${name} in Chromium`, async () => {
    const server = createServer(({ url }, response) => {
      const isScript = url === "/bundle.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? bundle : "<!doctype html><body></body>");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      succeeded(await page.evaluate(async (polar) => (await import("/bundle.js")).run(polar), polar));
    } finally {
      await browser.close();
      server.close();
    }
  });
}

function succeeded(results) {
  assert.ok(results.length > 3, `${results.length} tests`);
  const failed = results.filter(({ failure }) => failure !== undefined);
  assert.deepEqual(failed.map(({ name, failure }) => `${name}: ${failure}`), []);
}

/** One script with the package and with the React that is installed in `root`. */
async function bundled(entry, root) {
  const { exports } = JSON.parse(readFileSync(join(scripts, "package.json"), "utf8"));
  const resolve = (setup) => {
    setup.onResolve({ filter: /^polar-license(\/|$)/ }, ({ path }) => {
      const conditions = exports[`.${path.slice("polar-license".length)}`].import;
      return { path: join(scripts, conditions.browser ?? conditions.default) };
    });
    // of the app, for the package too
    setup.onResolve({ filter: /^(react|react-dom|@openfeature)(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === "found" ? undefined : setup.resolve(path, { kind, resolveDir: root, pluginData: "found" }),
    );
    setup.onResolve({ filter: /^readme:/ }, ({ path }) => ({ path, namespace: "readme" }));
    setup.onLoad({ filter: /.*/, namespace: "readme" }, ({ path }) => ({
      contents: snippet(path.slice("readme:".length)),
      loader: "ts",
      resolveDir: here,
    }));
  };
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    plugins: [{ name: "installed", setup: resolve }],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** The README's block that imports this framework. */
function snippet(framework) {
  const blocks = [...readFileSync(join(scripts, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
  const found = blocks.map(([, text]) => text).filter((text) => text.includes(`from "${framework}`));
  assert.equal(found.length, 1, `blocks of the README for ${framework}`);
  return found[0];
}
