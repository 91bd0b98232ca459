// Tests the entry for Tauri with the answers of a plugin whose version is another. tests/js/tauri tests the entry with
// the real plugin in a window.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { folderOf } from "../packages.mjs";
import { folder, run } from "./installed.mjs";

test("a deactivation without its outcome is an error", () => {
  symlinkSync(folderOf("@tauri-apps"), join(folder, "node_modules/@tauri-apps"), "junction");
  const script = `
    globalThis.window = globalThis;
    globalThis.document = { addEventListener: () => undefined };
    const decision = { state: "unlicensed", allowed: false, features: {}, problem: null };
    const outlook = { at: 1, phases: [{ wall: 0, after: 0, decision, explanations: {}, unknown: { detail: "" } }] };
    const reply = { outlook, decision, error: null, deactivated: null };
    window.__TAURI_INTERNALS__ = {
      transformCallback: () => 1,
      invoke: async (command) => (command.endsWith("|connect") ? outlook : reply),
    };
    const { connectLicense, LicenseError } = await import("polar-license/tauri");
    const license = await connectLicense();
    const error = await license.deactivate().catch((error) => error);
    console.log(error instanceof LicenseError, error.kind, error.decision?.state);
  `;
  assert.equal(run("tauri.mjs", script), "true internal unlicensed\n");
});
