// Tests the content of the tarball: every target of `exports` is there, nothing runs at installation, and there are no
// other files than intended.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { fileInPages } from "../packages.mjs";
import { root } from "./installed.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1).replaceAll("\\", "/"));

/** Returns the files to which an export leads, under all conditions. */
function targets(entry) {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets);
}

test("the version is the same as the crates'", () => {
  assert.equal(manifest.version, process.env.POLAR_LICENSE_VERSION);
});

test("the addresses are the repository's, once it has one", () => {
  const { repository, homepage, bugs } = manifest;
  const address = process.env.POLAR_LICENSE_REPOSITORY;
  const expected = address
    ? { repository: { type: "git", url: `git+${address}.git` }, homepage: `${address}#readme`, bugs: { url: `${address}/issues` } }
    : { repository: undefined, homepage: undefined, bugs: undefined };
  assert.deepEqual({ repository, homepage, bugs }, expected);
});

test("no file is duplicated", () => {
  const names = new Map();
  for (const path of files) {
    const hash = createHash("sha256").update(readFileSync(join(root, path))).digest("hex");
    names.set(hash, [...(names.get(hash) ?? []), path]);
  }
  assert.deepEqual([...names.values()].filter((same) => same.length > 1), []);
});

test("nothing runs at installation, and nothing else is installed", () => {
  const own = Object.keys(manifest).filter((name) => /scripts|dependencies|bundle|gypfile|^bin$/i.test(name));
  assert.deepEqual(own, ["peerDependencies", "peerDependenciesMeta"]);
  const peers = Object.keys(manifest.peerDependencies);
  assert.deepEqual(peers.filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true), []);
});

test("the license of each package that a script contains is in the package", () => {
  assert.match(readFileSync(join(root, "LICENSE-uqr"), "utf8"), /Copyright \(c\) Project Nayuki/);
  const maps = files.filter((path) => path.endsWith(".js.map"));
  const sources = maps.flatMap((path) => JSON.parse(readFileSync(join(root, path), "utf8")).sources);
  const packages = new Set(sources.filter((source) => source.startsWith("node_modules/")).map((source) => source.split("/")[1]));
  assert.deepEqual([...packages], ["uqr"]);
});

test("the import maps for pages without a bundler name the files of the entries", () => {
  const example = fileURLToPath(new URL("../../../examples/page/index.html", import.meta.url));
  for (const [page, names] of [[join(root, "README.md"), 3], [example, 1]]) {
    const [, map] = /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(page, "utf8")) ?? [];
    assert.ok(map, `an import map in ${page}`);
    const { imports } = JSON.parse(map);
    assert.equal(Object.keys(imports).length, names, page);
    for (const [name, file] of Object.entries(imports)) {
      const entry = fileInPages(manifest.exports[name.replace("polar-license", ".")]);
      assert.equal(file, entry.replace(".", "./node_modules/polar-license"), name);
    }
  }
});

test("every export leads to an existing file", () => {
  const wanted = [...targets(manifest.exports), manifest.main, manifest.module, manifest.types];
  assert.deepEqual(wanted.filter((path) => !existsSync(join(root, path))), []);
});

test("the condition `types` comes first", () => {
  const wrong = [];
  const look = (name, entry) => {
    if (typeof entry === "string") return;
    if ("types" in entry && Object.keys(entry)[0] !== "types") wrong.push(name);
    for (const [condition, inner] of Object.entries(entry)) look(`${name} ${condition}`, inner);
  };
  for (const [name, entry] of Object.entries(manifest.exports)) look(name, entry);
  assert.deepEqual(wrong, []);
});

test("the package contains only scripts, declarations, the WebAssembly and documents", () => {
  const known = [
    /^(README\.md|SKILL\.md|llms\.txt|CHANGELOG\.md|LICENSE-MIT|LICENSE-APACHE|LICENSE-uqr|package\.json|polar_license\.wasm)$/,
    /^[a-z._-]+\.(js|cjs|js\.map|cjs\.map|d\.ts|d\.cts)$/,
    /^shared\/[A-Z0-9]+\.(js|cjs)(\.map)?$/,
    /^texts\/((dialog|portal)\.)?[a-z]{2}\.json$/,
    /^types\/([a-z]+\/)?[a-z.-]+\.d\.cts$/,
  ];
  assert.deepEqual(files.filter((path) => !known.some((pattern) => pattern.test(path))), []);
  assert.equal(files.filter((path) => path.endsWith(".wasm")).length, 1);
});

test("declarations import only existing files, and all but the entries are CommonJS, which both kinds of modules can import", () => {
  const wrong = [];
  for (const path of files.filter((path) => /\.d\.c?ts$/.test(path))) {
    const text = readFileSync(join(root, path), "utf8");
    if (text.includes("@internal")) wrong.push(`${path} shows what is internal`);
    for (const [, link] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
      const declared = link.replace(/\.cjs$/, ".d.cts");
      const isThere = declared !== link && existsSync(join(root, path, "..", declared));
      // the declaration of the WebAssembly file, which both module formats share, may import `./wasm.js`
      if (!isThere && path !== "polar_license.wasm.d.ts") wrong.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("a debugger finds the source of every script, and none of them twice", () => {
  const scripts = files.filter((path) => /\.c?js$/.test(path));
  assert.ok(scripts.length > 20, `${scripts.length} scripts`);
  for (const path of scripts) {
    assert.match(readFileSync(join(root, path), "utf8"), new RegExp(`//# sourceMappingURL=${path.split("/").at(-1)}\\.map\\s*$`), path);
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, `${path}.map`), "utf8"));
    assert.deepEqual(sources.filter((source) => !/^(src|generated|node_modules\/uqr)\/[a-z0-9/.-]+$/.test(source)), [], path);
    assert.equal(new Set(sources).size, sources.length, path);
    const silent = sources.filter((source, index) => typeof sourcesContent[index] !== "string");
    assert.deepEqual(silent, [], path);
  }
});

test("no source map contains a WebAssembly that its script contains already", () => {
  const found = new Set();
  for (const path of files.filter((path) => path.endsWith(".map"))) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, path), "utf8"));
    sources.forEach((source, index) => {
      if (!source.endsWith("wasm")) return;
      found.add(source);
      // uses `ok`, because `equal` would print the whole source
      assert.ok(sourcesContent[index] === "", `${path} holds ${source}`);
    });
  }
  assert.deepEqual([...found].sort(), ["generated/portal-wasm", "generated/wasm"]);
});

test("placeholders of the template are filled in", () => {
  for (const path of ["README.md", "package.json"]) assert.doesNotMatch(readFileSync(join(root, path), "utf8"), /\{\{/, path);
});

test("the dialog's words are complete in every language, with the same placeholders", () => {
  const words = (language) => JSON.parse(readFileSync(join(root, `texts/dialog.${language}.json`), "utf8"));
  const english = words("en");
  const placeholders = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const languages = files.map((path) => /^texts\/dialog\.(..)\.json$/.exec(path)?.[1]).filter((name) => name && name !== "en");
  assert.deepEqual(languages, ["de"]);
  for (const language of languages) {
    const own = words(language);
    assert.deepEqual(Object.keys(own), Object.keys(english));
    for (const [code, text] of Object.entries(own)) {
      assert.ok(text.trim() !== "" && text !== english[code], `${code}: ${text}`);
      assert.deepEqual(placeholders(text), placeholders(english[code]), code);
    }
  }
});
