// Tests that publint and are-the-types-wrong find no fault in the tarball.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { publint } from "publint";
import { folderOf } from "../packages.mjs";
import { root, tarball } from "./installed.mjs";

test("publint", async () => {
  const { messages } = await publint({ pkgDir: root, strict: true });
  assert.deepEqual(messages, []);
});

test("are-the-types-wrong", () => {
  const attw = join(folderOf("@arethetypeswrong/cli"), "dist/index.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [attw, tarball], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});
