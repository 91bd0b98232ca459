/**
 * Finds the operating system's name and version, for labels that people read. Finds the same name as
 * `src/blocking/machine.rs`. Never uses the name of the host or the user.
 */

import { readFileSync, statSync } from "node:fs";
import { release, version } from "node:os";

/** The maximum number of bytes that are read. No description of a system is nearly as long. */
const READ_LIMIT = 64 * 1024;
const NAME_LIMIT = 40;

/** Returns the system's name in at most 40 characters, such as `Debian GNU/Linux 12`, `macOS 14.5` or `Windows 11`. */
export function systemName(): string {
  return shorten(reportedName() ?? "") || fallbackName();
}

/**
 * Returns the `PRETTY_NAME` of an `os-release(5)` file, without the code name in brackets. If the file has no
 * `PRETTY_NAME`, returns its `NAME`.
 * @internal
 */
export function osRelease(text: string): string | undefined {
  const value = (key: string): string | undefined => {
    const start = `${key}=`;
    const line = text.split("\n").find((line) => line.startsWith(start));
    return line?.slice(start.length).trim().replace(/^"+|"+$/g, "").split(" (", 1)[0];
  };
  return value("PRETTY_NAME") || value("NAME") || undefined;
}

/** Returns the `ProductName` and the `ProductVersion` of a `SystemVersion.plist`. @internal */
export function systemVersion(plist: string): string | undefined {
  const value = (key: string): string | undefined => {
    const found = new RegExp(`<key>${key}</key>\\s*<string>([^]*?)</string>`).exec(plist);
    return found?.[1]?.trim() || undefined;
  };
  const [name, version] = [value("ProductName"), value("ProductVersion")];
  return name === undefined || version === undefined ? name : `${name} ${version}`;
}

/**
 * Returns the name of a version of Windows, without the edition. Windows 11 reports itself as Windows 10 in some
 * places. If the build number shows that it is Windows 11, returns `Windows 11`. @internal
 */
export function windowsName(name: string, build: string): string | undefined {
  const short = /^Windows (?:Server )?\d+/.exec(name)?.[0];
  return short === "Windows 10" && Number(build.split(".")[2]) >= 22_000 ? "Windows 11" : short;
}

function reportedName(): string | undefined {
  switch (process.platform) {
    case "darwin":
      return readName(systemVersion, "/System/Library/CoreServices/SystemVersion.plist");
    case "win32":
      return windowsName(version(), release());
    default:
      return readName(osRelease, "/etc/os-release");
  }
}

function fallbackName(): string {
  const names: Readonly<Record<string, string>> = {
    linux: "Linux",
    darwin: "macOS",
    win32: "Windows",
    android: "Android",
  };
  return names[process.platform] ?? process.platform;
}

function readName(parse: (text: string) => string | undefined, path: string): string | undefined {
  try {
    // Opens only regular files, because opening a pipe would block until another program writes to the pipe.
    if (!statSync(path).isFile()) return undefined;
    const bytes = readFileSync(path).subarray(0, READ_LIMIT);
    return parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function shorten(name: string): string {
  return [...name.replace(/\p{Cc}/gu, "")].slice(0, NAME_LIMIT).join("").trim();
}
