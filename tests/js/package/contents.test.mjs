// What is in the tarball: all that `exports` names, nothing that runs at installation, nothing that was not meant to be.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "./installed.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1).replaceAll("\\", "/"));

/** The files that an export leads to, in whatever way it is asked for. */
function targets(entry) {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets);
}

test("the version is that of the crates", () => {
  assert.equal(manifest.version, process.env.POLAR_LICENSE_VERSION);
});

test("nothing runs at installation, and nothing else is installed", () => {
  const own = Object.keys(manifest).filter((name) => /scripts|dependencies|bundle|gypfile|^bin$/i.test(name));
  assert.deepEqual(own, ["peerDependencies", "peerDependenciesMeta"]);
  const peers = Object.keys(manifest.peerDependencies);
  assert.deepEqual(peers.filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true), []);
});

test("every export leads to a file that is there", () => {
  const wanted = [...targets(manifest.exports), manifest.main, manifest.module, manifest.types];
  assert.deepEqual(wanted.filter((path) => !existsSync(join(root, path))), []);
});

test("conditions say types first", () => {
  const wrong = [];
  const look = (name, entry) => {
    if (typeof entry === "string") return;
    if ("types" in entry && Object.keys(entry)[0] !== "types") wrong.push(name);
    for (const [condition, inner] of Object.entries(entry)) look(`${name} ${condition}`, inner);
  };
  for (const [name, entry] of Object.entries(manifest.exports)) look(name, entry);
  assert.deepEqual(wrong, []);
});

test("there is nothing but scripts, their declarations, the WebAssembly and what people read", () => {
  const known = [
    /^(README\.md|LICENSE-MIT|LICENSE-APACHE|package\.json|polar_license\.wasm)$/,
    /^[a-z._-]+\.(js|cjs|d\.ts|d\.cts)$/,
    /^shared\/[A-Z0-9]+\.(js|cjs)$/,
    /^texts\/[a-z]{2}\.json$/,
    /^types\/([a-z]+\/)?[a-z.-]+\.d\.(ts|cts)$/,
  ];
  assert.deepEqual(files.filter((path) => !known.some((pattern) => pattern.test(path))), []);
  assert.equal(files.filter((path) => path.endsWith(".wasm")).length, 1);
});

test("declarations name only what is there, in their own module format", () => {
  const wrong = [];
  for (const path of files.filter((path) => /\.d\.c?ts$/.test(path))) {
    const text = readFileSync(join(root, path), "utf8");
    if (text.includes("@internal")) wrong.push(`${path} shows what is internal`);
    for (const [, link] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
      const declared = link.replace(/\.(c?)js$/, ".d.$1ts");
      const own = path.endsWith(".d.cts") ? link.endsWith(".cjs") : link.endsWith(".js");
      if (!own || !existsSync(join(root, path, "..", declared))) wrong.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("placeholders of the template are filled in", () => {
  for (const path of ["README.md", "package.json"]) assert.doesNotMatch(readFileSync(join(root, path), "utf8"), /\{\{/, path);
});
