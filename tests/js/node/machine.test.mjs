// Tests the identifier of this device, the directory of its files, and the name of its system. tests/node_files.rs
// compares them with the results in Rust.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { compiled } from "./compiled.mjs";
import { mode, namesIn, scratch } from "./scratch.mjs";

const { directoryOn, fileStorage, firstOf, machineGuid, machineSource, osRelease, platformUuid } = compiled;
const { nameUnlessUsable, randomSource, systemName, systemVersion, usable, windowsName } = compiled;

test("placeholders are not identifiers", () => {
  for (const text of [undefined, "", " \n", "uninitialized\n", "0".repeat(32), "00000000-0000-0000", "-"]) {
    assert.equal(usable(text), undefined, text);
  }
  assert.equal(usable("\t4C4C45 44\r\n"), "4C4C45 44");
});

test("the second file is used if the first contains no identifier", async (t) => {
  const directory = scratch(t);
  const [first, second] = ["first", "second"].map((name) => join(directory, name));
  assert.equal(await firstOf(first, second), undefined);
  writeFileSync(second, "second\n");
  assert.equal(await firstOf(first, second), "second");
  for (const nothing of ["", "uninitialized\n", Buffer.from([0xff, 0xfe])]) {
    writeFileSync(first, nothing);
    assert.equal(await firstOf(first, second), "second");
  }
  writeFileSync(first, "first\n");
  assert.equal(await firstOf(first, second), "first");
});

test("the identifier of Windows is read from the output of reg.exe", () => {
  const key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography";
  const guid = "5e5a8ec8-5c9b-4b4d-9e2c-3c1b5f0e7a11";
  assert.equal(machineGuid(`\r\n${key}\r\n    MachineGuid    REG_SZ    ${guid}\r\n\r\n`), guid);
  assert.equal(machineGuid(`\r\n${key}\r\n    MachineGuid    REG_SZ    \r\n\r\n`), undefined);
  assert.equal(machineGuid(`\r\n${key}\r\n    MachineGuidOld    REG_SZ    ${guid}\r\n`), undefined);
  assert.equal(machineGuid("FEHLER: Der Zugriff wurde verweigert.\r\n"), undefined);
});

test("the identifier of macOS is read from the output of ioreg", () => {
  const uuid = "564D1E5A-8EC8-5C9B-4B4D-9E2C3C1B5F0E";
  const printed = (value) =>
    `+-o Mac14,2  <class IOPlatformExpertDevice, id 0x100000258>\n    {\n      "IOPlatformSerialNumber" = "X"\n` +
    `      "IOPlatformUUID" = "${value}"\n    }\n`;
  assert.equal(platformUuid(printed(uuid)), uuid);
  assert.equal(platformUuid(printed(uuid.toLowerCase())), uuid);
  assert.equal(platformUuid(printed("")), undefined);
  assert.equal(platformUuid(""), undefined);
});

test("this machine has one device id, with the storage's directory or without", async (t) => {
  const source = await machineSource();
  const directory = join(scratch(t), "data");
  const device = await fileStorage({ directory }).device();
  assert.equal(device, source ?? readFileSync(join(directory, "device-id"), "utf8"));
  assert.deepEqual(namesIn(directory), source === undefined ? ["device-id"] : []);
});

test("a random identifier is kept, and only its owner can read it", async (t) => {
  const directory = join(scratch(t), "a", "b");
  const id = await randomSource(directory);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(await randomSource(directory), id);
  assert.notEqual(await randomSource(scratch(t)), id);
  assert.deepEqual(readdirSync(directory), ["device-id"]);
  assert.equal(readFileSync(join(directory, "device-id"), "utf8"), id);
  if (process.platform !== "win32") assert.equal(mode(join(directory, "device-id")), 0o600);
});

test("a random identifier of Rust's is used unchanged, and a broken one is replaced", async (t) => {
  const directory = scratch(t);
  const keep = (text) => writeFileSync(join(directory, "device-id"), text);
  keep("0123456789abcdef0123456789ABCDEF\n");
  assert.equal(await randomSource(directory), "0123456789abcdef0123456789ABCDEF");
  for (const broken of ["", "0123", "0".repeat(32), "x".repeat(32)]) {
    keep(broken);
    const id = await randomSource(directory);
    assert.notEqual(id, broken);
    assert.equal(await randomSource(directory), id);
  }
});

test("a random identifier that cannot be kept is an error that names no path", async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(directory, "device-id"));
  for (const place of [directory, join(directory, "file", "data")]) {
    const thrown = await randomSource(place).catch((error) => error);
    assert.match(thrown.message, /^could not keep an identifier for this device: [^/]*; move it away/);
  }
  assert.deepEqual(namesIn(directory), ["device-id", "file"], "no temporary file stays");
});

test("a late process uses the existing identifier", async (t) => {
  const directory = scratch(t);
  const [kept, late] = ["device-id", "late.tmp"].map((name) => join(directory, name));
  writeFileSync(kept, "1".repeat(32));
  writeFileSync(late, "2".repeat(32));
  await nameUnlessUsable(late, kept);
  assert.equal(readFileSync(kept, "utf8"), "1".repeat(32));
  writeFileSync(kept, "broken");
  await nameUnlessUsable(late, kept);
  assert.equal(readFileSync(kept, "utf8"), "2".repeat(32));
});

test("all processes that start at once agree on an identifier", async (t) => {
  for (let round = 0; round < 50; round += 1) {
    const directory = scratch(t);
    const ids = await Promise.all([1, 2, 3, 4].map(() => randomSource(directory)));
    assert.equal(new Set(ids).size, 1);
  }
});

test("data is kept where each system keeps it", { skip: process.platform === "win32" }, () => {
  const home = () => "/home/u";
  const nowhere = () => undefined;
  assert.equal(directoryOn("linux", {}, home), "/home/u/.local/share/polar-license");
  assert.equal(directoryOn("linux", { XDG_DATA_HOME: "/data" }, nowhere), "/data/polar-license");
  assert.equal(directoryOn("linux", { XDG_DATA_HOME: "/data/" }, home), "/data/polar-license");
  assert.equal(directoryOn("linux", { XDG_DATA_HOME: "/link/../data" }, home), "/link/../data/polar-license");
  assert.equal(directoryOn("freebsd", { XDG_DATA_HOME: "data" }, home), "/home/u/.local/share/polar-license");
  assert.equal(directoryOn("linux", { XDG_DATA_HOME: "" }, home), "/home/u/.local/share/polar-license");
  assert.equal(directoryOn("linux", {}, nowhere), undefined);
  assert.equal(directoryOn("linux", {}, () => ""), undefined);
  const mac = "/home/u/Library/Application Support/polar-license";
  assert.equal(directoryOn("darwin", { XDG_DATA_HOME: "/data" }, home), mac);
  assert.equal(directoryOn("win32", { LOCALAPPDATA: "/local" }, home), "/local/polar-license");
  assert.equal(directoryOn("win32", {}, home), undefined);
});

test("the name of Linux is its pretty name without the code name", () => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n';
  assert.equal(osRelease(debian), "Debian GNU/Linux 12");
  assert.equal(osRelease('NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.2 LTS"\r\n'), "Ubuntu 24.04.2 LTS");
  assert.equal(osRelease("# x\nNAME=Fedora\nVERSION_ID=43\n"), "Fedora");
  assert.equal(osRelease('NAME=""\nVERSION_ID=1'), undefined);
  assert.equal(osRelease("CPE_NAME=x\nNAME"), undefined);
});

test("the version of macOS is read from its plist", () => {
  const plist =
    "<dict>\n\t<key>ProductName</key>\n\t<string>macOS</string>\n\t<key>ProductVersion</key>\n" +
    "\t\t<string>14.5</string>\n</dict>";
  assert.equal(systemVersion(plist), "macOS 14.5");
  assert.equal(systemVersion("<key>ProductName</key><string>macOS</string>"), "macOS");
  assert.equal(systemVersion("<key>ProductName</key><integer>1</integer>"), undefined);
  assert.equal(systemVersion(""), undefined);
});

test("the name of Windows has no edition", () => {
  assert.equal(windowsName("Windows 10 Pro", "10.0.19045"), "Windows 10");
  assert.equal(windowsName("Windows 10 Pro", "10.0.22631"), "Windows 11");
  assert.equal(windowsName("Windows 11 Home", "10.0.26100"), "Windows 11");
  assert.equal(windowsName("Windows Server 2022 Datacenter", "10.0.20348"), "Windows Server 2022");
  assert.equal(windowsName("", "10.0.22631"), undefined);
});

test("this system has a name", () => {
  assert.match(systemName(), /^.{1,40}$/u);
});
