// Runs the shared tests in this process, with the package that is installed in `folder`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function inNode(folder, environment) {
  const unhandled = [];
  const note = (error) => void unhandled.push(String(error?.stack ?? error));
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    const { runAll } = await import(pathToFileURL(join(folder, "shared/all.mjs")));
    const wasm = () => readFile(join(folder, "node_modules/polar-license/polar_license.wasm"));
    const { Folder } = await import(pathToFileURL(join(folder, "shared/scenarios/folder.mjs")));
    return await runAll({ ...environment, platform: "Node", wasm, unhandled, Folder });
  } finally {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
}
