// A site on loopback. It serves the installed package, the tests, and a page for each kind of test.

import { createServer } from "node:http";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** The scripts of the pages, by path. */
const PAGES = {
  // passes unhandled rejections and errors to the tests
  "/shared-tests.html": `
    const unhandled = [];
    addEventListener("unhandledrejection", (event) => unhandled.push(String(event.reason?.stack ?? event.reason)));
    addEventListener("error", (event) => unhandled.push(event.message));
    const { runAll } = await import("/shared/all.mjs");
    const wasm = async () => (await fetch("/node_modules/polar-license/polar_license.wasm")).arrayBuffer();
    globalThis.runAll = (environment) => runAll({ ...environment, platform: "page", wasm, unhandled });`,
  "/app.html": `
    globalThis.polarLicense = await import("polar-license");
    globalThis.isReady = true;`,
  "/slim.html": `
    globalThis.polarLicense = await import("polar-license/slim");
    globalThis.isReady = true;`,
};

/** Serves the folder. If a page is requested with `?csp=POLICY`, it gets that Content-Security-Policy. */
export async function serve(folder) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const script = PAGES[pathname];
    if (script !== undefined) {
      const policy = searchParams.get("csp");
      const headers = { "Content-Type": "text/html", ...(policy && { "Content-Security-Policy": policy }) };
      response.writeHead(200, headers).end(page(folder, script));
      return;
    }
    const file = join(folder, normalize(pathname));
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    // needed by the page that has no origin
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    };
    response.writeHead(200, headers);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/**
 * Returns the HTML of a page with a cookie and a referrer, which requests would carry if the library did not omit them.
 */
function page(folder, script) {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="unsafe-url"><link rel="icon" href="data:,">
    <script>try { document.cookie = "secret=1" } catch {}</script>
    <script type="importmap">${JSON.stringify({ imports: imports(folder) })}</script>
    <script type="module">${script}</script>`;
}

/**
 * Returns an import map's entries: the file for each name, according to the conditions of the package's `exports` that
 * bundlers use.
 */
function imports(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/polar-license/package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => name !== "./package.json");
  return Object.fromEntries(
    names.map((name) => [
      `polar-license${name.slice(1)}`,
      `/node_modules/polar-license${target(exports[name]).slice(1)}`,
    ]),
  );
}

function target(entry) {
  if (typeof entry === "string") return entry;
  const condition = Object.keys(entry).find((name) => ["import", "browser", "default"].includes(name));
  return target(entry[condition]);
}
