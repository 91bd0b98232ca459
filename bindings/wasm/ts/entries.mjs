/**
 * The scripts of the package. Each line has the name of a script, and the path of its source without `.ts`. To add a
 * script, add a line here and an entry in `exports` of pkg-template/package.json.
 */

/**
 * The entries that are built together. Code that several of them share is written to one file. So a program that loads
 * two of these entries has only one engine and one class `LicenseError`.
 */
export const ENTRIES = {
  index: "index",
  "index.node": "index.node",
  node: "node",
  slim: "slim",
  portal: "portal/index",
  "portal.node": "portal/index.node",
  "electron-main": "electron/main",
  "electron-portal": "electron/portal",
  tauri: "tauri",
  testing: "testing/index",
};

/** Packages that the app installs. An entry point that needs one of them imports the app's copy. */
export const PEERS = ["react", "@openfeature/web-sdk", "@tauri-apps/api"];

/**
 * Entries that must consist of one file, such as a sandboxed preload script, and entries that share nothing with
 * others.
 */
export const ALONE = {
  "electron-preload": "electron/preload",
  react: "react",
  openfeature: "openfeature",
  dialog: "dialog",
  "dialog-portal": "dialog-portal",
  "dialog-offline": "dialog-offline",
};
