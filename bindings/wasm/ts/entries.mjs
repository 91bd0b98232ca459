/**
 * The scripts of the package: the name of each, and its source without `.ts`. To add one, add a line here and one in
 * `exports` of pkg-template/package.json.
 */

/**
 * Entries that share their common parts, so that a program that loads two of them has one engine and one
 * `LicenseError`.
 */
export const ENTRIES = {
  index: "index",
  "index.node": "index.node",
  node: "node",
  slim: "slim",
  portal: "portal/index",
  "portal.node": "portal/index.node",
  "electron-main": "electron/main",
  tauri: "tauri",
  testing: "testing/index",
};

/** Packages that the app installs. The entries that need them import the app's copies. */
export const PEERS = ["react", "@openfeature/web-sdk", "@tauri-apps/api"];

/** Entries that share nothing, or that must be one file, such as a sandboxed preload script. */
export const ALONE = {
  "electron-preload": "electron/preload",
  react: "react",
  openfeature: "openfeature",
  dialog: "dialog",
  "dialog-portal": "dialog-portal",
};
