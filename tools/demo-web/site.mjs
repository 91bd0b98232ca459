// A plain file server on loopback. It serves the files of a folder under a path, as GitHub Pages serves a project, and
// nothing else.

import { createServer } from "node:http";
import { readFileSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Starts the server. `path` begins and ends with a slash. */
export async function serve(folder, path) {
  const server = createServer(({ method, url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const within = normalize(pathname.replace(/\/$/, "/index.html")).slice(path.length);
    const file = method === "GET" && pathname.startsWith(path) && join(folder, within);
    if (!file || !statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}${path}`, stop };
}
