// Tests the lock: its holders, the processes that wait for it, and taking it over. tests/node_files.rs also tests it
// with processes in Rust.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, lutimesSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { compiled } from "./compiled.mjs";
import { watchDisk } from "./disk.mjs";
import { age, namesIn, scratch } from "./scratch.mjs";

const { FileStore, fileName, moveAway, putBack, readLock } = compiled;

const DEAD = "0123456789abcdef";
const place = { appId: "com.acme.app", product: "01".repeat(8), device: "02".repeat(8) };
const name = fileName(place);
const bytes = (text) => Buffer.from(text);

/** Creates two stores for one directory, as two processes would do. Returns them and the paths of the lock's files. */
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

const WINDOWS = process.platform === "win32";
const BUSY = { message: "another process has locked the license file; try again in a few seconds" };

/** Acquires the lock without waiting. */
const lockAtOnce = (store) => store.locked(async () => undefined, 0);

/** Runs `work` as a user without root's privileges. If this process is root, the user does not own its files either. */
async function withoutPrivileges(work) {
  const isRoot = process.getuid() === 0;
  if (isRoot) process.seteuid(65534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid(0);
  }
}

/** Creates the files that a process leaves behind if it is killed while it saves. */
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

test("a lock holder can load, save and remove", async (t) => {
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

test("a concurrent caller does not hold the lock", async (t) => {
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

test("calls that continue after the work do not hold the lock", async (t) => {
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

test("a lock that is not a file is judged by its age", { skip: WINDOWS }, async (t) => {
  const kinds = {
    directory: (path) => mkdirSync(path),
    "filled directory": (path) => mkdirSync(join(path, "x"), { recursive: true }),
    "dangling link": (path) => symlinkSync("nowhere", path),
    pipe: (path) => execFileSync("mkfifo", [path]),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const { directory, one, lock } = stores(t);
    make(lock);
    await assert.rejects(lockAtOnce(one), BUSY, kind);
    lutimesSync(lock, 1e9, 1e9);
    await lockAtOnce(one);
    // This library must not delete the files in such a directory.
    assert.equal(namesIn(directory).length, kind === "filled directory" ? 1 : 0, kind);
  }
});

test("a pipe in place of a held lock blocks nobody", { skip: WINDOWS }, async (t) => {
  const { one, lock } = stores(t);
  await one.locked(async () => {
    unlinkSync(lock);
    execFileSync("mkfifo", [lock]);
    await assert.rejects(one.save(bytes("a"), true), /another process took over the lock/);
  });
  assert.equal(await one.load(), undefined);
});

test("a lock that this user cannot read is taken over", { skip: WINDOWS }, async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 11);
  chmodSync(files.lock, 0);
  if (process.getuid() === 0) {
    chmodSync(join(files.directory, ".."), 0o755);
    chownSync(files.directory, 65534, 65534);
  }
  await withoutPrivileges(() => {
    assert.throws(() => readFileSync(files.lock));
    return lockAtOnce(files.one);
  });
  assert.equal(existsSync(files.lock), false);
});

test("a lock that this user can never take over is reported at once", { skip: WINDOWS }, async (t) => {
  // If a directory has the sticky bit, only a file's owner may remove the file. Only root can set up this case.
  const sticky = [0o1777, /^a lock that this user may not remove was left behind; delete the file ending in `\.lock`/];
  const readOnly = [0o555, /^could not lock the license file: permission denied; let this user read and write/];
  for (const [mode, message] of [sticky, readOnly]) {
    const { directory, one, lock } = stores(t);
    writeFileSync(lock, DEAD);
    age(lock, 11);
    chmodSync(join(directory, ".."), 0o755);
    chmodSync(directory, mode);
    if (mode === 0o555 || process.getuid() === 0) {
      await withoutPrivileges(() => assert.rejects(lockAtOnce(one), (error) => message.test(error.message)));
      assert.deepEqual(namesIn(directory), [`${name}.lock`]);
    }
    chmodSync(directory, 0o700);
  }
});

test("claims of any number of dead processes are overcome", async (t) => {
  for (const claims of [1, 8, 9, 10, 40]) {
    const files = stores(t);
    dieWhileSaving(files, DEAD, 11);
    for (let claim = 1; claim <= claims; claim += 1) {
      writeFileSync(files.side(`${DEAD}.take${claim}`), "");
      age(files.side(`${DEAD}.take${claim}`), 11);
    }
    await lockAtOnce(files.one);
    assert.deepEqual(namesIn(files.directory), [], `after ${claims} claims`);
  }
});

test("a process can take over a lock that it failed to delete", async (t) => {
  const { directory, one, other, lock } = stores(t);
  const disk = await watchDisk(t);
  for (const next of [one, other]) {
    disk.fails = ["unlink .lock", "unlink .lock"];
    await lockAtOnce(one);
    assert.equal(existsSync(lock), true);
    await lockAtOnce(next);
    assert.deepEqual(namesIn(directory), []);
  }
});

test("a deletion that fails once leaves no lock", async (t) => {
  const { directory, one } = stores(t);
  const disk = await watchDisk(t);
  disk.fails = ["unlink .lock"];
  await lockAtOnce(one);
  assert.deepEqual([disk.fails, namesIn(directory)], [[], []]);
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

test("the caller decides how long to wait for a lock", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 2);
  const waits = [];
  const { setTimeout } = globalThis;
  t.after(() => (globalThis.setTimeout = setTimeout));
  globalThis.setTimeout = (done, ms) => {
    waits.push(ms);
    setImmediate(done);
  };
  for (const timeout of [0, 5, 300]) {
    waits.length = 0;
    await assert.rejects(files.one.locked(() => assert.fail("ran"), timeout), BUSY);
    assert.equal(Math.round(waits.reduce((sum, ms) => sum + ms, 0)), timeout);
  }
});

test("a lock that stays is examined once a second", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 11);
  const claim = files.side(`${DEAD}.take1`);
  writeFileSync(claim, "");
  let waited = 0;
  const { setTimeout } = globalThis;
  t.after(() => (globalThis.setTimeout = setTimeout));
  globalThis.setTimeout = (done, ms) => {
    waited += ms;
    if (waited > 100 && existsSync(claim)) unlinkSync(claim);
    setImmediate(done);
  };
  await files.one.locked(async () => undefined);
  assert.ok(waited >= 1000 && waited < 1100, `${waited}`);
});

test("a living holder keeps its lock", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 2);
  await assert.rejects(
    files.one.locked(() => assert.fail("ran")),
    { message: "another process has locked the license file; try again in a few seconds" },
  );
  assert.equal(readFileSync(files.lock, "utf8"), DEAD);
  assert.deepEqual(namesIn(files.directory), [`${name}.${DEAD}.tmp`, `${name}.lock`].sort());
});

test("a process that lost the lock changes nothing", async (t) => {
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

test("one of many simultaneous takeovers succeeds", async (t) => {
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

test("one process at a time takes over a lock", async (t) => {
  const files = stores(t);
  dieWhileSaving(files, DEAD, 11);
  const claim = files.side(`${DEAD}.take1`);
  writeFileSync(claim, "");
  await assert.rejects(files.one.save(bytes("a"), false), BUSY, "another process is taking over");
  assert.equal(readFileSync(files.lock, "utf8"), DEAD);
  age(claim, 11);
  await files.other.save(bytes("a"), false);
  assert.deepEqual(namesIn(files.directory), [name], "that process died");
});

test("a lock with a new holder since it was examined is left alone", async (t) => {
  const { directory, lock, side } = stores(t);
  writeFileSync(lock, DEAD);
  const seen = await readLock(lock);
  writeFileSync(lock, "fedcba9876543210");
  assert.equal(await moveAway(lock, seen, side("1111111111111111.old")), false);
  writeFileSync(lock, DEAD);
  age(lock, 1);
  assert.equal(await moveAway(lock, seen, side("1111111111111111.old")), false, "by its time");
  assert.deepEqual(namesIn(directory), [`${name}.lock`]);
});

test("a fresh lock that was moved by mistake is put back, unless there is another", async (t) => {
  const { lock, side } = stores(t);
  const oldPath = side("1111111111111111.old");
  writeFileSync(oldPath, "fresh");
  const fresh = await readLock(oldPath);
  await putBack(oldPath, lock, fresh);
  assert.deepEqual(await readLock(lock), fresh, "with its time");
  writeFileSync(side("third"), "third");
  renameSync(side("third"), lock);
  await putBack(oldPath, lock, fresh);
  assert.equal(readFileSync(lock, "utf8"), "third");
  // Simulates a file system without hard links, by removing the file that would be linked.
  rmSync(lock);
  rmSync(oldPath);
  await putBack(oldPath, lock, fresh);
  assert.equal(readFileSync(lock, "utf8"), "fresh");
});
