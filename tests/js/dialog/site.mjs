// A site on loopback with the built package and a page with an app. The page's policy is as strict as an app's policy
// can be.

import { createServer } from "node:http";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileInPages } from "../packages.mjs";

const NONCE = "once";

/** Returns a policy that forbids inline styles and scripts, evaluating text as code, and creating HTML from text. */
const POLICY = (polar) =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${NONCE}' 'wasm-unsafe-eval'`,
    `style-src 'nonce-${NONCE}'`,
    `connect-src 'self' ${polar}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json" };

/** Serves the site. `root` is the folder of the built package. `polar` is the address that pages may call. */
export async function serve(root, polar) {
  const here = new URL(".", import.meta.url).pathname;
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Acme</title><link rel="icon" href="data:,">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <style nonce="${NONCE}">
      body { margin: 2rem; font: 1rem/1.5 system-ui; background: Canvas; color: CanvasText }
      main { max-width: 40rem }
    </style>
    <main><h1>Acme Studio</h1><p>Everything that you make is kept on this device. Some features need a license.</p>
    <button id="opener">License…</button> <button id="other">Something else</button></main>
    <script nonce="${NONCE}" type="importmap">${JSON.stringify({ imports: imports(root) })}</script>
    <script nonce="${NONCE}" type="module" src="/test/page.mjs"></script>`;
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    if (pathname === "/") {
      response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": POLICY(polar) });
      return void response.end(page);
    }
    const [, folder, ...path] = normalize(pathname).split("/");
    const file = join(folder === "test" ? here : root, ...path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

/** Returns the `imports` of an import map: each entry of the package, with the file that a bundler would use for it. */
function imports(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => exports[name].import);
  const file = (name) => fileInPages(exports[name]).slice(1);
  return Object.fromEntries(names.map((name) => [`polar-license${name.slice(1)}`, `/package${file(name)}`]));
}
