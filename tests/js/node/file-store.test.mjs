// Tests the file store alone: what it stores, and its errors.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { compiled } from "./compiled.mjs";
import { watchDisk } from "./disk.mjs";
import { age, mode, namesIn, scratch } from "./scratch.mjs";

const { FileStore, fileName, fileStorage } = compiled;

const place = { appId: "com.acme.app", product: "01".repeat(8), device: "02".repeat(8) };
const name = fileName(place);
const bytes = (text) => Buffer.from(text);
const text = async (store) => {
  const record = await store.load();
  return record && Buffer.from(record).toString();
};
const error = (promise) =>
  promise.then(
    () => assert.fail("it worked"),
    (thrown) => thrown.message,
  );

/** Creates a store in a directory that does not exist yet. */
function newStore(t) {
  const directory = join(scratch(t), "data");
  return { directory, path: join(directory, name), store: new FileStore(directory, place) };
}

test("names are safe and distinguish records", () => {
  const tail = "-0102030405060708-ffffffffffffffff.license";
  const named = (appId) => fileName({ appId, product: "0102030405060708", device: "f".repeat(16) });
  assert.equal(named("com.acme.app"), `com.acme.app${tail}`);
  assert.equal(named("../..\\a b/\0c:d"), `_._.._a_b__c_d${tail}`);
  assert.equal(named(".hidden"), `_hidden${tail}`);
  assert.equal(named("Ä𝄞-_"), `__-_${tail}`);
  assert.equal(named("𝄞".repeat(200)), `${"_".repeat(64)}${tail}`);
});

test("a directory that is not in an object is refused, and the error says what to write", () => {
  const thrown = (options) => {
    try {
      fileStorage(options);
    } catch ({ name, kind, detail }) {
      return `${name} ${kind}: ${detail}`;
    }
    return "it worked";
  };
  const example = "LicenseError invalid_config: `fileStorage` needs an object; write `fileStorage({ directory: \"…\" })`";
  for (const options of ["folder", "", 7, null]) assert.equal(thrown(options), example);
  const type = "LicenseError invalid_config: `directory` of `fileStorage` must be a string";
  for (const directory of [7, new URL("file:///folder"), ["folder"]]) assert.equal(thrown({ directory }), type);
  for (const options of [undefined, {}, { directory: undefined }, { directory: "folder" }]) {
    assert.equal(thrown(options), "it worked");
  }
});

test("a record is kept, replaced and removed", async (t) => {
  const { directory, store } = newStore(t);
  assert.equal(await store.load(), undefined);
  await store.remove();
  assert.equal(existsSync(directory), false, "nothing is made before there is something to keep");
  await store.save(new Uint8Array(70_000).fill(1), true);
  await store.save(new Uint8Array(50_000).fill(2), false);
  assert.deepEqual(await store.load(), new Uint8Array(50_000).fill(2));
  assert.deepEqual(await new FileStore(directory, place).load(), new Uint8Array(50_000).fill(2));
  assert.deepEqual(namesIn(directory), [name]);
  await store.remove();
  assert.equal(await store.load(), undefined);
  await store.remove();
  assert.deepEqual(namesIn(directory), []);
});

// A file system may write a rename before the data of the renamed file. XFS does this, and so does ext4 with
// `noauto_da_alloc`.
test("the data is synced before every rename and only the directory may be relaxed", async (t) => {
  const { directory, store } = newStore(t);
  mkdirSync(directory);
  const disk = await watchDisk(t);
  const [saved, relaxed] = [
    ["write .tmp", "sync .tmp", "rename .tmp .license", "sync data", "unlink .lock"],
    ["write .tmp", "sync .tmp", "rename .tmp .license", "unlink .lock"],
  ];
  const makes = async (work) => {
    disk.steps.length = 0;
    await work;
    return disk.steps.filter((step) => step !== "write .lock");
  };
  if (process.platform === "win32") saved.splice(3, 1);
  assert.deepEqual(await makes(store.save(bytes("a"), true)), saved);
  assert.deepEqual(await makes(store.save(bytes("a"), false)), relaxed);
  await new FileStore(directory, { ...place, device: "03".repeat(8) }).save(bytes("another device's"), false);
  assert.deepEqual(await makes(store.remove()), saved);
});

test("the first save removes what dead processes left without a lock", async (t) => {
  const { directory, store } = newStore(t);
  mkdirSync(directory);
  const dead = "0123456789abcdef";
  const leave = (name, secondsAgo) => {
    writeFileSync(join(directory, name), "half a rec");
    age(join(directory, name), secondsAgo);
  };
  leave(`${name}.${dead}.tmp`, 0);
  for (const extension of ["old", "take1", "take99"]) {
    leave(`${name}.${dead}.${extension}`, 11);
    leave(`${name}.asking.${dead}.${extension}`, 11);
  }
  const stay = [`${name}.${dead}.bak`, `${name}.asking.lock`, `${name}.fedcba9876543210.old`, `${name}.tmp`];
  stay.push(`${name.replace("0202", "0303")}.${dead}.tmp`);
  for (const stays of stay) leave(stays, stays.endsWith("old") ? 9 : 11);
  await store.save(bytes("a"), false);
  assert.deepEqual(namesIn(directory), [...stay, name].sort());
});

test("a removal succeeds even if the directory cannot be synced", async (t) => {
  const { directory, store } = newStore(t);
  const disk = await watchDisk(t);
  await store.save(bytes("a"), true);
  disk.fails = ["sync data"];
  await store.remove();
  assert.equal(await store.load(), undefined);
  await new FileStore(directory, { ...place, device: "03".repeat(8) }).save(bytes("another device's"), false);
  disk.fails = ["sync data"];
  await store.remove();
  assert.equal(await store.load(), undefined);
});

test("a save that fails at any step before the last keeps the old record", async (t) => {
  const { directory, store } = newStore(t);
  const disk = await watchDisk(t);
  await store.save(bytes("old"), true);
  for (const step of ["write .tmp", "sync .tmp", "rename .tmp .license"]) {
    disk.fails = [step];
    assert.match(await error(store.save(bytes("new"), false)), /^could not write the license file: /, step);
    assert.equal(await text(store), "old");
    assert.deepEqual(namesIn(directory), [name]);
  }
  if (process.platform === "win32") return;
  disk.fails = ["sync data"];
  await assert.rejects(store.save(bytes("new"), true), undefined, "it may not be on the disk yet");
});

test("only the owner may read", { skip: process.platform === "win32" }, async (t) => {
  const { directory, path, store } = newStore(t);
  const above = join(directory, "deeper");
  const deeper = new FileStore(join(above, "still"), place);
  await store.locked(async () => {
    await store.save(bytes("a"), true);
    assert.equal(mode(`${path}.lock`), 0o600);
  });
  await deeper.save(bytes("a"), true);
  assert.deepEqual([path, directory, above, join(above, "still")].map(mode), [0o600, 0o700, 0o700, 0o700]);
});

const NOT_ROOT = process.getuid?.() === 0 ? false : "only root gives files to their user";

test("a file that root cannot give to its user is saved, and the console says so", { skip: NOT_ROOT }, async (t) => {
  const { directory, path, store } = newStore(t);
  mkdirSync(directory);
  chownSync(directory, 65534, 65534);
  const warn = t.mock.method(console, "warn", () => undefined);
  await store.save(bytes("a"), true);
  assert.deepEqual([statSync(path).uid, warn.mock.callCount()], [65534, 0]);
  const disk = await watchDisk(t);
  disk.fails = ["chown .tmp"];
  await store.save(bytes("b"), true);
  const said = "polar-license: a file for the license stays root's, and its user cannot read it: EIO";
  assert.deepEqual([await text(store), statSync(path).uid], ["b", 0]);
  assert.deepEqual(warn.mock.calls.map((call) => call.arguments), [[said]]);
});

test("links to directories, and a link in place of the record, do no harm", { skip: process.platform === "win32" }, async (t) => {
  const { directory, path, store } = newStore(t);
  const [real, victim] = ["real", "victim"].map((it) => join(directory, "..", it));
  mkdirSync(real);
  symlinkSync(real, directory);
  writeFileSync(victim, "untouched");
  symlinkSync(victim, path);
  await store.save(bytes("a"), true);
  assert.equal(await text(store), "a");
  assert.equal(readFileSync(victim, "utf8"), "untouched");
});

test("a file too long to be a record is read to the limit", async (t) => {
  const { store } = newStore(t);
  await store.save(new Uint8Array(3_000_000).fill(7), false);
  assert.deepEqual(await store.load(), new Uint8Array(1 << 20).fill(7));
});

test("another device's newest record is offered and never touched", async (t) => {
  const { directory, path, store } = newStore(t);
  const sibling = async (changes, record, seconds) => {
    const other = { ...place, ...changes };
    await new FileStore(directory, other).save(bytes(record), false);
    age(join(directory, fileName(other)), seconds);
    return join(directory, fileName(other));
  };
  const older = await sibling({ device: "04".repeat(8) }, "older", 200);
  const newer = await sibling({ device: "03".repeat(8) }, "newer", 100);
  await sibling({ product: "09".repeat(8) }, "other product", 0);
  await sibling({ appId: "com.acme.app-0101010101010101" }, "other app", 0);
  await sibling({ device: "05".repeat(8) }, "no license\n", 0);
  writeFileSync(`${path}.0.tmp`, "x");
  assert.equal(await text(store), "newer");
  rmSync(newer);
  mkdirSync(newer);
  assert.equal(await text(store), "older", "one that cannot be read is passed over");
  await store.save(bytes("own"), false);
  assert.equal(await text(store), "own");
  await store.remove();
  assert.equal(await text(store), undefined, "what was removed here does not bring up another device's");
  assert.equal(readFileSync(path, "utf8"), "no license\n");
  assert.equal(readFileSync(older, "utf8"), "older");
  rmSync(path);
  await store.remove();
  assert.equal(await text(store), undefined, "what was only offered can be declined");
});

test("a full disk loses nothing", { skip: process.platform === "win32" }, async (t) => {
  const { directory, store } = newStore(t);
  await store.save(bytes("old"), true);
  // If files may have one block, a lock can be written. If they may have none, nothing can be written.
  for (const blocks of ["1", "0"]) {
    const child = fileURLToPath(new URL("child.mjs", import.meta.url));
    const parameters = [process.execPath, child, "save", directory, place.device, "n".repeat(50_000)];
    // Without this trap, the system may end a process with a signal when its file grows too large.
    const shell = `trap '' XFSZ; ulimit -f "$0" && exec "$@"`;
    const { status, stderr } = spawnSync("sh", ["-c", shell, blocks, ...parameters], { encoding: "utf8" });
    assert.match(stderr, /^could not (?:write|lock) the license file: no space left; free some and try again$/m);
    assert.equal(status, 1);
    assert.equal(await text(store), "old");
    assert.deepEqual(namesIn(directory), [name]);
  }
});

test("a directory without permission is an error", { skip: process.platform === "win32" }, async (t) => {
  const { directory, store } = newStore(t);
  await store.save(bytes("old"), true);
  chmodSync(join(directory, ".."), 0o755);
  chmodSync(directory, 0o555);
  const isRoot = process.getuid?.() === 0;
  // Gives up root's privileges, since root may write everywhere.
  if (isRoot) process.seteuid(65534);
  const output = await error(store.save(bytes("new"), true));
  if (isRoot) process.seteuid(0);
  chmodSync(directory, 0o700);
  const expected =
    "could not lock the license file: permission denied; let this user read and write the license directory, or " +
    "choose another one";
  assert.equal(output, expected);
  assert.equal(await text(store), "old");
});

test("errors name the obstacle", async (t) => {
  const { directory, path, store } = newStore(t);
  writeFileSync(directory, "a file");
  const inTheWay =
    "could not make the license directory: a file is where the license directory should be; move it away, or choose " +
    "another directory";
  assert.equal(await error(store.save(bytes("a"), true)), inTheWay);
  assert.equal(await error(new FileStore(join(directory, "deeper"), place).save(bytes("a"), true)), inTheWay);
  await assert.rejects(store.locked(() => assert.fail("ran")), { message: inTheWay });
  rmSync(directory);

  mkdirSync(path, { recursive: true });
  const expected = "something else is where the license file should be; move it away";
  assert.equal(await error(store.load()), `could not read the license file: ${expected}`);
  assert.match(await error(store.save(bytes("a"), true)), /^could not write the license file: /);
  assert.match(await error(store.remove()), /^could not remove the license file: /);
  assert.deepEqual(namesIn(directory), [name], "no other file stays behind");
  rmdirSync(path);

  if (process.platform === "win32") return;
  execFileSync("mkfifo", [path]);
  // A call must not wait until another program writes to a pipe.
  assert.equal(await error(store.load()), `could not read the license file: ${expected}`);
});

test("errors and stores name no path", async (t) => {
  const { directory, store } = newStore(t);
  writeFileSync(directory, "a file");
  const thrown = await store.save(bytes("a"), true).catch((it) => it);
  const { message, cause, ...rest } = thrown;
  for (const output of [message, inspect(cause), inspect(rest), inspect(store, { depth: 9, showHidden: true })]) {
    assert.doesNotMatch(output, /polar-license-test/);
  }
  assert.doesNotMatch(inspect(fileStorage({ directory }), { depth: 9 }), /polar-license-test/);
});

test("without a directory, storage fails with a reason", async (t) => {
  const saved = { HOME: process.env.HOME, XDG_DATA_HOME: process.env.XDG_DATA_HOME };
  t.after(() => Object.assign(process.env, saved));
  // Relative paths are ignored, because their meaning depends on the directory in which the app was started.
  Object.assign(process.env, { HOME: "somewhere", XDG_DATA_HOME: "" });
  const store = fileStorage().open(place);
  let runs = 0;
  await store.locked(async () => void (runs += 1));
  assert.equal(runs, 1);
  for (const promise of [store.load(), store.save(bytes("a"), true), store.remove()]) {
    assert.match(await error(promise), /^this system names no directory .*; set HOME, or give/);
  }
});
