// Tests the package's entries and snippets for frameworks with the real frameworks: React 18 and 19, Vue, Svelte and
// OpenFeature. Each test runs in jsdom and in Chromium, against a local Polar.
//
// POLAR_LICENSE_JS is the folder of the built package. POLAR_LICENSE_CLI is the command line tool.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { JSDOM } from "jsdom";
import { chromium } from "playwright-core";
import { chromiumOptions } from "../chromium.mjs";
import { clientOf, exposeLicense, scripts, shareLicense, startPolar } from "../electron/polar.mjs";
import { Electron } from "../electron/stand-in.mjs";
import { fileInPages } from "../packages.mjs";
import { PATIENCE_MS } from "../patience.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const BUNDLES = {
  "React 18": { entry: "story.jsx", root: join(here, "../react-18") },
  "React 19": { entry: "story.jsx", root: here },
  "Vue, Svelte and OpenFeature": { entry: "others.mjs", root: here },
};

/** For each tested block of the README, a text that only this block contains. */
const BLOCKS = { vue: 'from "vue"', svelte: 'from "svelte/', app: "export default function App" };

const polar = await startPolar(after);
const scratch = join(here, `bundle-${process.pid}.mjs`);
after(() => rmSync(scratch, { force: true }));

// collects channels, in order to close them: React's server renderer opens one when it is loaded and never closes it,
// which would keep this process alive
const channels = [];
globalThis.MessageChannel = class extends MessageChannel {
  constructor() {
    super();
    channels.push(this);
  }
};
after(() => channels.forEach(({ port1 }) => port1.close()));

for (const [name, { entry, root }] of Object.entries(BUNDLES)) {
  const bundle = await bundleFor(entry, root);

  test(`${name} in jsdom`, async () => {
    const { window } = page();
    becomesPage(window);
    writeFileSync(scratch, bundle);
    const { run } = await import(`${pathToFileURL(scratch)}?${encodeURIComponent(name)}`);
    assertSuccess(await run(polar));
    window.close();
  });

  test(`${name} in Chromium`, async () => {
    const server = createServer(({ url }, response) => {
      const isScript = url === "/bundle.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? bundle : "<!doctype html><body></body>");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch(chromiumOptions());
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      assertSuccess(await page.evaluate(async (polar) => (await import("/bundle.js")).run(polar), polar));
    } finally {
      await browser.close();
      server.close();
    }
  });
}

test("a license of a page in jsdom, open and refreshing, does not keep the process alive", async () => {
  const script = join(here, "open-page.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, scripts, JSON.stringify(polar)], {
    timeout: PATIENCE_MS,
  });
  assert.equal(stdout, "active\n");
});

test("the dialog over `window.license` of Electron, in jsdom", async () => {
  const { window } = page();
  becomesPage(window);
  const { showLicenseDialog } = await import(pathToFileURL(join(scripts, "dialog.js")));
  const electron = new Electron();
  const { license } = await clientOf(polar);
  shareLicense(license, electron.ipcMain);
  const { page: renderer } = electron.open((bridge, ipc) => exposeLicense(bridge, ipc));
  const portalUrl = "https://acme.example/portal";
  const closed = showLicenseDialog({ ...renderer.license, portalUrl });
  const { shadowRoot } = window.document.querySelector("polar-license-dialog");
  const shows = async (text) => {
    for (const end = Date.now() + PATIENCE_MS; !shadowRoot.textContent.includes(text); ) {
      assert.ok(Date.now() < end, `no \`${text}\` in \`${shadowRoot.textContent}\``);
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  const enter = (key) => {
    shadowRoot.querySelector("input").value = key;
    shadowRoot.querySelector("form").requestSubmit();
  };
  const press = (name) => {
    const buttons = [...shadowRoot.querySelectorAll("button")];
    buttons.find((button) => !button.hidden && button.textContent === name).click();
  };
  enter("NO-SUCH-KEY-1");
  await shows("This license key is not known.");
  const link = [...shadowRoot.querySelectorAll("a")].find(({ textContent }) => textContent === "Find my key");
  assert.ok(!link.hidden && link.href === portalUrl, "the page where customers find their key");
  enter("DEMO-PLAIN");
  await shows("The license is active.");
  press("Deactivate");
  await shows("Deactivate the license on this device?");
  press("Deactivate");
  await shows("The license was removed from this device.");
  shadowRoot.querySelector("[part=close]").click();
  await closed;
  assert.equal(window.document.querySelector("polar-license-dialog"), null);
  window.close();
});

function page() {
  return new JSDOM("<!doctype html><body></body>", { url: "http://localhost/", pretendToBeVisual: true });
}

/** Makes the globals of a page the globals of this process. */
function becomesPage(window) {
  const names = ["window", "document", "navigator", "localStorage", "customElements", "CustomEvent", "Event", "HTMLElement",
    "HTMLIFrameElement"];
  for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
}

function assertSuccess(results) {
  assert.ok(results.length > 3, `${results.length} tests`);
  const failed = results.filter(({ failure }) => failure !== undefined);
  assert.deepEqual(failed.map(({ name, failure }) => `${name}: ${failure}`), []);
}

/** Bundles a script with the package, and with the React that is installed in `root`. */
async function bundleFor(entry, root) {
  const { exports } = JSON.parse(readFileSync(join(scripts, "package.json"), "utf8"));
  const resolve = (setup) => {
    setup.onResolve({ filter: /^polar-license(\/|$)/ }, ({ path }) => {
      const entry = exports[`.${path.slice("polar-license".length)}`];
      return { path: join(scripts, fileInPages(entry)) };
    });
    // resolves to the packages that the app has installed, also for imports by this package
    setup.onResolve({ filter: /^(react|react-dom|@openfeature)(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === "found" ? undefined : setup.resolve(path, { kind, resolveDir: root, pluginData: "found" }),
    );
    setup.onResolve({ filter: /^readme:/ }, ({ path }) => ({ path, namespace: "readme" }));
    setup.onLoad({ filter: /.*/, namespace: "readme" }, ({ path }) => ({
      contents: snippet(path.slice("readme:".length)),
      loader: "tsx",
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

/** Returns a block of the README, unchanged, as a developer pastes it. Checks that a whole app has at most 15 lines. */
function snippet(name) {
  const blocks = [...readFileSync(join(scripts, "README.md"), "utf8").matchAll(/^```tsx?\n(.*?)^```$/gms)];
  const found = blocks.map(([, text]) => text).filter((text) => text.includes(BLOCKS[name]));
  assert.equal(found.length, 1, `blocks of the README for ${name}`);
  const lines = found[0].split("\n").filter((line) => line.trim() !== "").length;
  assert.ok(lines <= 15, `${name} takes ${lines} lines`);
  return found[0];
}
