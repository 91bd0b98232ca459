// Tests how processes with the file store take turns in asking Polar. One process at a time has the turn. The files are
// the same as in Rust.

import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { compiled } from "./compiled.mjs";
import { age, namesIn, scratch } from "./scratch.mjs";

const { FileStore, fileName } = compiled;

const place = { appId: "com.acme.app", product: "01".repeat(8), device: "02".repeat(8) };
const asking = `${fileName(place)}.asking.lock`;
const never = new AbortController().signal;
const turnOf = (store, waitMs, signal = never) => store.alone(waitMs, signal, async (turn) => turn);

function stores(t) {
  const directory = join(scratch(t), "data");
  return { directory, one: new FileStore(directory, place), other: new FileStore(directory, place) };
}

/** Resolves once `isSo()` returns `true`. */
async function until(isSo) {
  while (!(await isSo())) await new Promise(setImmediate);
}

test("one process has the turn until its work is done", async (t) => {
  const { directory, one, other } = stores(t);
  const result = await one.alone(0, never, async (turn) => {
    assert.equal(turn, "taken");
    assert.deepEqual(namesIn(directory), [asking]);
    assert.match(readFileSync(join(directory, asking), "utf8"), /^[0-9a-f]{16}$/);
    assert.equal(await turnOf(other, 0), "late");
    assert.equal(await turnOf(one, 30), "late", "nor does another operation of this process get it");
    await one.save(Buffer.from("the answer"), true);
    return "what the work returns";
  });
  assert.equal(result, "what the work returns");
  assert.deepEqual(namesIn(directory), [fileName(place)]);
  assert.equal(await turnOf(other, 0), "taken");
});

test("a waiting process gets the turn when the work is done or has failed", async (t) => {
  const { directory, one, other } = stores(t);
  let fail;
  const holds = one.alone(0, never, () => new Promise((_, reject) => (fail = reject)));
  await until(() => fail);
  const waits = turnOf(other, 60_000);
  fail(new Error("on purpose"));
  await assert.rejects(holds, { message: "on purpose" });
  assert.equal(await waits, "taken");
  assert.deepEqual(namesIn(directory), []);
});

test("a cancelled caller does not wait for its turn", async (t) => {
  const { one, other } = stores(t);
  await one.alone(0, never, async () => {
    const caller = new AbortController();
    const waits = turnOf(other, 600_000, caller.signal);
    caller.abort();
    assert.equal(await waits, "late");
  });
});

test("other processes see a turn as held while its process lives, and no longer", async (t) => {
  const { directory, one, other } = stores(t);
  const path = join(directory, asking);
  t.mock.timers.enable({ apis: ["setInterval"] });
  await one.alone(0, never, async () => {
    const token = readFileSync(path, "utf8");
    age(path, 4);
    const before = statSync(path).mtimeMs;
    t.mock.timers.tick(1_000);
    await until(() => statSync(path).mtimeMs > before + 2_000);
    assert.equal(readFileSync(path, "utf8"), token);
  });
  assert.deepEqual(namesIn(directory), []);
  writeFileSync(path, "0123456789abcdef");
  age(path, 6);
  assert.equal(await turnOf(other, 0), "taken", "its holder died");
  assert.deepEqual(namesIn(directory), []);
});

test("a process that lost its turn does not take it from another", async (t) => {
  const { directory, one } = stores(t);
  const path = join(directory, asking);
  t.mock.timers.enable({ apis: ["setInterval"] });
  await one.alone(0, never, async () => {
    writeFileSync(path, "0123456789abcdef");
    t.mock.timers.tick(3_000);
  });
  assert.equal(readFileSync(path, "utf8"), "0123456789abcdef");
});

test("each process asks for itself if no turn can be taken", async (t) => {
  const { directory, one } = stores(t);
  writeFileSync(directory, "a file");
  assert.equal(await turnOf(one, 60_000), "taken");
});
