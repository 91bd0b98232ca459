// The lock: who is in, who is out, and who takes over. With processes in Rust: tests/node_files.rs.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { compiled } from "./compiled.mjs";
import { age, namesIn, scratch } from "./scratch.mjs";

const { FileStore, fileName, moveAside, putBack, readLock } = compiled;

const DEAD = "0123456789abcdef";
const place = { appId: "com.acme.app", product: "01".repeat(8), device: "02".repeat(8) };
const name = fileName(place);
const bytes = (text) => Buffer.from(text);

/** Two stores, as two processes have them, and the lock's file. */
function stores(t) {
  const directory = join(scratch(t), "data");
  mkdirSync(directory);
  const [one, other] = [new FileStore(directory, place), new FileStore(directory, place)];
  const side = (extension) => join(directory, `${name}.${extension}`);
  return { directory, one, other, lock: side("lock"), side };
}

const text = async (store) => {
  const record = await store.load();
  return record && Buffer.from(record).toString();
};

/** Leaves what a process leaves that dies while saving. */
function dieWhileSaving({ lock, side }, token, secondsAgo) {
  writeFileSync(lock, token);
  writeFileSync(side(`${token}.tmp`), "half a rec");
  age(lock, secondsAgo);
}

async function increment(store) {
  let saved = false;
  while (!saved) {
    const work = async () => {
      const count = Number((await text(store)) ?? 0);
      await store.save(bytes(String(count + 1)), false);
      saved = true;
    };
    await store.locked(work).catch(() => undefined);
  }
}

test("everything happens inside the lock", async (t) => {
  const { directory, one } = stores(t);
  let runs = 0;
  await one.locked(async () => {
    runs += 1;
    assert.equal(await one.load(), undefined);
    await one.save(bytes("a"), false);
    assert.deepEqual(namesIn(directory), [name, `${name}.lock`]);
    await one.remove();
    await one.save(bytes("b"), false);
  });
  assert.deepEqual([runs, await text(one)], [1, "b"]);
  assert.deepEqual(namesIn(directory), [name]);
});

test("locking twice in one chain of calls is an error and not a deadlock", async (t) => {
  const { directory, one } = stores(t);
  await one.locked(async () => {
    const inner = one.locked(() => assert.fail("ran"));
    await assert.rejects(inner, { message: "this call has locked the license file already" });
  });
  assert.deepEqual(namesIn(directory), []);
});

test("who calls meanwhile is not inside", async (t) => {
  const { one } = stores(t);
  let enter, leave;
  const entered = new Promise((resolve) => (enter = resolve));
  const left = new Promise((resolve) => (leave = resolve));
  const order = [];
  const holds = one.locked(async () => {
    enter();
    await left;
    await one.save(bytes("inside"), false);
    order.push("inside");
  });
  await entered;
  const waits = one.save(bytes("outside"), false).then(() => order.push("outside"));
  leave();
  await Promise.all([holds, waits]);
  assert.deepEqual(order, ["inside", "outside"]);
  assert.equal(await text(one), "outside");
});

test("what goes on after the work has ended is not inside", async (t) => {
  const { directory, one } = stores(t);
  let goOn, late;
  await one.locked(async () => {
    late = new Promise((resolve) => (goOn = resolve)).then(() => one.save(bytes("late"), false));
  });
  await one.locked(async () => {
    goOn();
    await one.save(bytes("next"), false);
    assert.equal(await text(one), "next");
  });
  await late;
  assert.equal(await text(one), "late");
  assert.deepEqual(namesIn(directory), [name]);
});

test("work that fails unlocks", async (t) => {
  const { directory, one } = stores(t);
  await assert.rejects(one.locked(() => Promise.reject(new Error("on purpose"))), { message: "on purpose" });
  await one.save(bytes("a"), false);
  assert.deepEqual(namesIn(directory), [name]);
});

test("neither callers of one store nor several stores lose an update", async (t) => {
  const { directory, one, other } = stores(t);
  const times = async (store) => {
    for (let count = 0; count < 25; count += 1) await increment(store);
  };
  await Promise.all([one, one, other, other].map(times));
  assert.equal(await text(one), "100");
  assert.deepEqual(namesIn(directory), [name]);
});

test("a dead holder's lock is taken over and its half-written record removed", async (t) => {
  for (const seconds of [11, 1_000_000, -60, -1_000_000]) {
    const files = stores(t);
    await files.one.save(bytes("old"), true);
    dieWhileSaving(files, DEAD, seconds);
    assert.equal(await text(files.one), "old");
    await files.one.save(bytes("new"), true);
    assert.equal(await text(files.other), "new");
    assert.deepEqual(namesIn(files.directory), [name], `${seconds} s`);
  }
});

test("a lock whose holder died before writing its token is taken over", async (t) => {
  const { directory, one, lock } = stores(t);
  writeFileSync(lock, "");
  age(lock, 11);
  await one.save(bytes("b"), false);
  assert.deepEqual(namesIn(directory), [name]);
});

test("a token is not trusted as a path", async (t) => {
  const { directory, one, lock, side } = stores(t);
  mkdirSync(side("x"));
  writeFileSync(join(directory, "victim.tmp"), "untouched");
  writeFileSync(lock, "x/../victim");
  age(lock, 11);
  await one.save(bytes("b"), false);
  assert.equal(readFileSync(join(directory, "victim.tmp"), "utf8"), "untouched");
});

test("a living holder keeps its lock", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 2);
  await assert.rejects(
    files.one.locked(() => assert.fail("ran")),
    /^Error: another process has locked the license file; try again, .* ending in `\.lock` in the license directory$/,
  );
  assert.equal(readFileSync(files.lock, "utf8"), DEAD);
  assert.deepEqual(namesIn(files.directory), [`${name}.${DEAD}.tmp`, `${name}.lock`].sort());
});

test("who lost the lock changes nothing", async (t) => {
  const { directory, one, lock } = stores(t);
  await one.save(bytes("old"), true);
  const message = "another process took over the lock of the license file; try again";
  await one.locked(async () => {
    writeFileSync(lock, "fedcba9876543210");
    await assert.rejects(one.save(bytes("new"), true), { message });
    await assert.rejects(one.remove(), { message });
  });
  assert.equal(await text(one), "old");
  assert.equal(readFileSync(lock, "utf8"), "fedcba9876543210", "it is somebody else's to delete");
  assert.equal(namesIn(directory).length, 2);
});

test("of many who take over at once one wins", async (t) => {
  for (let round = 0; round < 50; round += 1) {
    const files = stores(t);
    dieWhileSaving(files, DEAD, 11);
    let inside = 0;
    const takes = async () => {
      await new FileStore(files.directory, place).locked(async () => {
        assert.equal((inside += 1), 1, "two at once");
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    };
    await Promise.all([takes(), takes(), takes(), takes()]);
    assert.deepEqual(namesIn(files.directory), []);
  }
});

test("one taker at a time", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 11);
  const claim = files.side(`${DEAD}.take1`);
  writeFileSync(claim, "");
  await assert.rejects(files.one.save(bytes("a"), false), /another process has locked/, "somebody else is at it");
  assert.equal(readFileSync(files.lock, "utf8"), DEAD);
  age(claim, 11);
  await files.other.save(bytes("a"), false);
  assert.deepEqual(namesIn(files.directory), [name], "who was at it died");
});

test("a lock that changed hands since it was judged is left alone", async (t) => {
  const { directory, lock, side } = stores(t);
  writeFileSync(lock, DEAD);
  const seen = await readLock(lock);
  writeFileSync(lock, "fedcba9876543210");
  assert.equal(await moveAside(lock, seen, side("1111111111111111.old")), false);
  writeFileSync(lock, DEAD);
  age(lock, 1);
  assert.equal(await moveAside(lock, seen, side("1111111111111111.old")), false, "by its time");
  assert.deepEqual(namesIn(directory), [`${name}.lock`]);
});

test("a fresh lock taken by mistake is put back unless there is another", async (t) => {
  const { lock, side } = stores(t);
  const aside = side("1111111111111111.old");
  writeFileSync(aside, "fresh");
  const fresh = await readLock(aside);
  await putBack(aside, lock, fresh);
  assert.deepEqual(await readLock(lock), fresh, "with its time");
  writeFileSync(side("third"), "third");
  renameSync(side("third"), lock);
  await putBack(aside, lock, fresh);
  assert.equal(readFileSync(lock, "utf8"), "third");
  // As on a file system without hard links: there is nothing to link.
  rmSync(lock);
  rmSync(aside);
  await putBack(aside, lock, fresh);
  assert.equal(readFileSync(lock, "utf8"), "fresh");
});
