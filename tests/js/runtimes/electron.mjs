/**
 * The bundled scripts of the fixture `electron`, with a stand-in for Electron: a window runs the story with the license
 * of the main process. `node electron.mjs MAIN PRELOAD STAND_IN`, run in the fixture's folder.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { story } from "./story.mjs";

const [main, preload, standIn] = process.argv.slice(2);
const { Electron } = await import(pathToFileURL(resolve(standIn)));
const electron = new Electron();
const { start } = load(main, { ipcMain: electron.ipcMain }, createRequire(import.meta.url));

/** Rejects a module that a sandboxed preload script cannot require: any package, and Node's files. */
const nothing = (name) => {
  throw new Error(`a sandboxed preload script cannot load \`${name}\``);
};

/** Returns the license of a window, with `dispose` of the main process's. */
async function open(options) {
  const dispose = await start(options);
  const { page } = electron.open((contextBridge, ipcRenderer) => {
    load(preload, { contextBridge, ipcRenderer }, nothing);
  });
  return { ...page.license, dispose };
}

/** Errors arrive as plain objects. */
const LicenseError = { [Symbol.hasInstance]: ({ name }) => name === "LicenseError" };

console.log(JSON.stringify(await story({ createLicenseClient: open, LicenseError }, JSON.parse(process.env.POLAR))));

/** Loads a CommonJS script that requires `electron`. */
function load(file, parts, others) {
  const module = { exports: {} };
  const find = (name) => (name === "electron" ? parts : others(name));
  new Function("require", "module", "exports", readFileSync(file, "utf8"))(find, module, module.exports);
  return module.exports;
}
