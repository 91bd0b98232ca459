// The page's server, on loopback. It serves the files of this folder and the built npm package.

import { createServer } from "node:http";
import { readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
};

/** Starts the server. `root` is the folder of the built package, `polar` the address of the local Polar. */
export async function serve(root, polar) {
  const generated = { "/polar.json": JSON.stringify({ url: polar }) };
  const map = JSON.stringify({ imports: imports(root) });
  const server = createServer(({ url }, response) => {
    const path = new URL(url, "http://localhost").pathname.replace(/\/$/, "/index.html");
    const file = path.startsWith("/package/") ? join(root, path.slice("/package".length)) : join(HERE, path);
    const content = generated[path] ?? (statSync(file, { throwIfNoEntry: false })?.isFile() && readFileSync(file));
    if (!content) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(path === "/app.html" ? String(content).replace("{{imports}}", map) : content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

/** Returns the `imports` of an import map: each entry of the package, with the file that a bundler would use for it. */
export function imports(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => exports[name].import);
  const target = ({ import: entry }) => (entry.browser ?? entry.default).slice(1);
  return Object.fromEntries(names.map((name) => [`polar-license${name.slice(1)}`, `/package${target(exports[name])}`]));
}
