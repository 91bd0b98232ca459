/**
 * The scripts of the package: the name of each, and its source without `.ts`. A further one is a line here, one in
 * `exports` of pkg-template/package.json, and that is all.
 */

/** Share their common parts, so that a program that loads two of them has one engine and one `LicenseError`. */
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

/** What the app installs, and the entries that are for it load from there. */
export const PEERS = ["react", "@openfeature/web-sdk", "@tauri-apps/api"];

/** Hold all they need, for places that load one file and no other, such as a sandboxed preload script, or share nothing. */
export const ALONE = {
  "electron-preload": "electron/preload",
  react: "react",
  openfeature: "openfeature",
  dialog: "dialog",
  "dialog-portal": "dialog-portal",
};
