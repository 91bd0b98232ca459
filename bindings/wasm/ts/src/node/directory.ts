/** Finds the default directory of records, as `default_directory` does in Rust. Never creates the directory. */

import { userInfo } from "node:os";

import { WINDOWS, within } from "./files.js";

/**
 * Returns the default directory, or `undefined` if the system has none. The default directory is the folder
 * `polar-license` inside one of these directories:
 *
 * | system | directory |
 * |---|---|
 * | macOS | `~/Library/Application Support` |
 * | Windows | `%LOCALAPPDATA%` |
 * | all others | `$XDG_DATA_HOME` if it is an absolute path, else `~/.local/share` |
 *
 * `~` is `$HOME` if that is set and not empty. Otherwise it is the home directory from the system's user database.
 */
export function defaultDirectory(): string | undefined {
  return directoryOn(process.platform, process.env, home);
}

/** @internal */
export function directoryOn(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
  home: () => string | undefined,
): string | undefined {
  const inHome = (...names: string[]): string | undefined => {
    const directory = absolute(home());
    return directory === undefined ? undefined : within(directory, ...names);
  };
  switch (platform) {
    case "darwin":
      return inHome("Library", "Application Support", NAME);
    case "win32": {
      const data = absolute(environment["LOCALAPPDATA"]);
      return data === undefined ? undefined : within(data, NAME);
    }
    default: {
      const data = absolute(environment["XDG_DATA_HOME"]);
      return data === undefined ? inHome(".local", "share", NAME) : within(data, NAME);
    }
  }
}

const NAME = "polar-license";

/**
 * Returns `path` if it is absolute. Unlike `path.isAbsolute`, does not accept `\directory` on Windows, because such a
 * path does not name a drive.
 */
function absolute(path: string | undefined): string | undefined {
  const pattern = WINDOWS ? /^(?:[A-Za-z]:[\\/]|[\\/]{2})/ : /^\//;
  return path !== undefined && pattern.test(path) ? path : undefined;
}

function home(): string | undefined {
  const { HOME } = process.env;
  if (HOME) return HOME;
  try {
    return userInfo().homedir;
  } catch {
    // The user has no entry in the user database.
    return undefined;
  }
}
