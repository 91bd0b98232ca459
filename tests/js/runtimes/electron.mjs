/**
 * Runs the bundled scripts of the fixture `electron` with a stand-in for Electron. A window runs the story with the
 * license of the main process. Run `node electron.mjs MAIN PRELOAD STAND_IN` in the fixture's folder.
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

/** Throws for each module that a sandboxed preload script cannot require, such as a package or Node's `fs`. */
const nothing = (name) => {
  throw new Error(`a sandboxed preload script cannot load \`${name}\``);
};

/** Returns the license of a window. Its `dispose` closes the license in the main process. */
async function open(options) {
  const dispose = await start(options);
  const { page } = electron.open((contextBridge, ipcRenderer) => {
    load(preload, { contextBridge, ipcRenderer }, nothing);
  });
  return { ...page.license, dispose };
}

/** Recognizes errors by their name, because they arrive as plain objects. */
const LicenseError = { [Symbol.hasInstance]: ({ name }) => name === "LicenseError" };

console.log(JSON.stringify(await story({ createLicenseClient: open, LicenseError }, JSON.parse(process.env.POLAR))));

/** Loads a CommonJS script that requires `electron`. */
function load(file, parts, others) {
  const module = { exports: {} };
  const find = (name) => (name === "electron" ? parts : others(name));
  new Function("require", "module", "exports", readFileSync(file, "utf8"))(find, module, module.exports);
  return module.exports;
}
