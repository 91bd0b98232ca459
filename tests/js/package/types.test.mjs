// Tests that the declarations compile strictly, without `skipLibCheck`, in every kind of program, with the oldest
// supported compiler and with the newest. The TypeScript blocks of the README must compile too.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { folderOf } from "../packages.mjs";
import { folder, root } from "./installed.mjs";

mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
for (const name of ["@types/node", "@types/react", "csstype", "@openfeature", "undici-types"]) {
  symlinkSync(folderOf(name), join(folder, "node_modules", name), "junction");
}

const inRepository = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The folders of the compilers: the oldest that is supported, and the one that builds the package. */
const COMPILERS = {
  "TypeScript 5": folderOf("typescript"),
  "TypeScript 7": folderOf("typescript", inRepository("bindings/wasm/ts/types.mjs")),
};
const STRICT = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, target: "es2022" };

/** The end of an app in Node: a client with the customer portal can act for other computers there. */
const IN_NODE = `
export const inNode = async (options: Parameters<typeof withPortal>[0]): Promise<OfflineService> => {
  const client: NodePortalClient = await withPortal(options);
  console.log(client.portal());
  return client;
};
`;

/** The end of an app whose compiler does not know that it runs in Node, for example because it is a page. */
const IN_PAGE = `
export const inPage = async (options: Parameters<typeof withPortal>[0]): Promise<PortalClient> => {
  const client = await withPortal(options);
  // @ts-expect-error a client of a page cannot act for other computers
  await client.offlineAnswer("", "");
  return client;
};
export const inBundledNode = async (options: Parameters<typeof withPortal>[0]): Promise<OfflineService> =>
  (await withPortal(options)) as NodePortalClient;
`;

/** The kinds of program. Each says how modules are resolved, what the platform declares, and how its app ends. */
const PROGRAMS = {
  "ES module in Node": { file: "app.mts", own: IN_NODE, module: "nodenext", lib: ["es2022"], types: ["node"] },
  "CommonJS in Node": { file: "app.cts", own: IN_NODE, module: "nodenext", lib: ["es2022"], types: ["node"] },
  "page with a bundler": {
    file: "app.mts",
    own: IN_PAGE,
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom"],
    types: [],
  },
};

const APP = `
import { createLicenseClient, LicenseError, type Decision, type License, type LicenseClient, memoryStorage } from "polar-license";
import type { OfflineAnswer, OfflineService } from "polar-license";
import { createLicenseClient as forNode, type NodeLicenseClient } from "polar-license/node";
import { type LicenseFailure } from "polar-license/electron-preload";
import { createLicenseClient as withPortal, type NodePortalClient, type PortalClient, type PortalSession } from "polar-license/portal";
import { createLicenseClient as slim } from "polar-license/slim";
import wasm from "polar-license/wasm";
import { fakeLicense, type PolarReply, replies, responseOf, testClock, testPolar } from "polar-license/testing";

export async function main(url: string): Promise<Decision> {
  const options = { organizationId: "", appId: "", features: { export: [""] }, storage: memoryStorage(), fetch };
  const license: LicenseClient<"export"> = await createLicenseClient(options);
  const same: LicenseClient = await slim({ ...options, wasm: url });
  await slim({ ...options, wasm });
  const stop: () => void = same.onChange(({ state, reason }) => console.log(state, reason));
  try {
    await license.activate("", { replacePrevious: true, signal: new AbortController().signal });
  } catch (error) {
    if (error instanceof LicenseError && error.kind === "refused") console.log(error.reason.length, error.decision?.message);
    if (error instanceof LicenseError && error.kind === "network") error.reason satisfies null;
    const failure = error as LicenseFailure;
    if (failure.kind === "refused") console.log(failure.reason.length);
  }
  // a feature that the settings name
  if (license.allows("export") || license.explain("export").allowed) console.log(license.explain("export").message);
  // @ts-expect-error the settings name no such feature
  license.allows("exprot");
  const decision = license.current();
  switch (decision.state) {
    case "denied":
      console.log(decision.reason.length, decision.displayKey.length);
      break;
    case "active":
    case "grace":
      decision.allowed satisfies true;
      decision.reason satisfies null;
      console.log(decision.graceEndsAt.length, decision.notice);
      break;
    case "trial":
      console.log(decision.trialEndsAt.length);
      break;
    case "unlicensed":
      decision.displayKey satisfies null;
      break;
    default:
      decision.allowed satisfies false;
  }
  // @ts-expect-error the decision is read-only, because all its readers share it
  decision.features["export"] = true;
  stop();
  same[Symbol.dispose]();
  // an object that a test can use in place of a client, and that components accept
  const { current, onChange, allows, covers, explain, activate, validate, refresh, consume, deactivate, forget } = license;
  const { startTrial, offlineRequest, offlineImport, offlineReturn } = license;
  const reading = { current, onChange, allows, covers, explain };
  const changing = { activate, validate, refresh, consume, deactivate, forget, startTrial };
  const fake: License = { ...reading, ...changing, offlineRequest, offlineImport, offlineReturn };
  const names: License<"export"> = fake;
  const any: License = license;
  console.log(names === any);
  const offlineText: string = await license.offlineRequest({ signal: new AbortController().signal });
  if ((await license.offlineImport("")).airGapped) console.log((await license.offlineReturn()).text?.length);
  // @ts-expect-error a client of a page cannot act for other computers
  await license.offlineAnswer(offlineText, "");
  // @ts-expect-error a client of a page cannot act for other computers
  await license.offlineRelease("");
  const inNode: NodeLicenseClient<"export"> = await forNode({ ...options, airGapDays: 90 });
  const service: OfflineService = inNode;
  const answer: OfflineAnswer = await service.offlineAnswer(offlineText, "");
  console.log(answer.decision.state, answer.text.length, (await service.offlineRelease("")).deactivated);
  const portal = (await withPortal(options)).portal();
  const request = await portal.requestCode("", { signal: new AbortController().signal });
  if (request.kind === "sent") console.log(request.email.length, request.message.length);
  else for (const customer of request.customers) console.log(customer.name?.length, await portal.requestCodeFor(customer));
  const session: PortalSession = await portal.authenticate("");
  const restored = await session.restore();
  if (restored.kind === "licensed") restored.decision satisfies Decision;
  if (restored.kind === "choose") console.log(restored.keys.map((key) => key.displayKey));
  if (restored.kind === "no_seat" && restored.devices.kind === "listed") {
    const [device] = restored.devices.devices;
    if (device && !device.isThis) console.log(device.label, await session.release(device), restored.error.reason);
  }
  const keys = [...(await session.licenseKeys()), ...(await session.usableKeys())];
  if (keys[0]) await session.rotate(keys[0], { confirmedByUser: true });
  // @ts-expect-error the option that confirms the user's consent is missing
  if (keys[0]) await session.rotate(keys[0], {});
  const checkout = await portal.checkout("");
  const purchase = await checkout.follow({ onProgress: ({ stage, waitedMs }) => console.log(stage === "open", waitedMs) });
  await session.restorePurchase(purchase);
  const clock = testClock("2027-01-01");
  const polar = testPolar(clock, { limitUsage: 3, expiresAt: null });
  const made: LicenseClient<"export"> = await fakeLicense({ state: "grace", features: { export: true }, clock, polar });
  const reply: PolarReply = replies.denied("expired");
  polar.answer = ({ operation }) => (operation === "validate" ? reply : undefined);
  console.log(made.current().state, responseOf(reply).status);
  // @ts-expect-error the settings name no such feature
  made.allows("exprot");
  // @ts-expect-error there is no such state
  await fakeLicense({ state: "fine" });
  // @ts-expect-error there is no such state
  if (license.current().state === "fine") return license.validate();
  return license.refresh();
}
`;

/** An app for a platform without `fetch`, `AbortSignal` and `console`. The app itself provides them. */
const BARE_APP = `
import { createLicenseClient, type Decision, type Fetch, type License, memoryStorage } from "polar-license";
import type { MainIpc } from "polar-license/electron-main";
import { portalOf } from "polar-license/electron-portal";
import type { Bridge } from "polar-license/electron-preload";
import { fileStorage } from "polar-license/node";
import { createLicenseClient as slim } from "polar-license/slim";
import { fakeLicense, replies, responseOf } from "polar-license/testing";
import wasm from "polar-license/wasm";

export async function main(send: Fetch, signal: object, ipc: MainIpc, bridge: Bridge): Promise<Decision> {
  const license: License = await createLicenseClient({ organizationId: "", appId: "", fetch: send, storage: memoryStorage() });
  await slim({ organizationId: "", appId: "", wasm, storage: fileStorage() });
  const fetch: Fetch = async () => responseOf(replies.denied("expired"));
  await fakeLicense({ state: "grace" });
  await portalOf(license).requestCode("", { signal });
  return ipc === undefined || bridge === undefined ? license.current() : license.validate({ signal });
}
`;

/** A script for pages only, because elements need the types of a document. */
const PAGE = `
import type { License, LicenseClient, OfflineService } from "polar-license";
import { type DialogTexts, type LicenseSource, showLicenseDialog } from "polar-license/dialog";
import { offlinePages } from "polar-license/dialog-offline";

export async function main(license: License, texts: DialogTexts): Promise<void> {
  const source: LicenseSource = () => Promise.resolve(license);
  await showLicenseDialog(source, { key: "KEY", features: { export: "Export" }, texts: { ...texts, "dialog.buy": "Buy" } });
  const dialog = document.createElement("polar-license-dialog");
  dialog.license = license;
  dialog.addEventListener("activated", ({ detail }) => console.log(detail.state));
  dialog.addEventListener("deactivated", ({ detail }) => detail.deactivated.length);
  dialog.addEventListener("link", (event) => (event.detail.length > 0 ? event.preventDefault() : undefined));
  dialog.addEventListener("keydown", ({ key }) => key === "Escape" && dialog.close());
  dialog.addEventListener("returned", ({ detail }) => console.log(detail.state));
  dialog.offline = offlinePages();
  dialog.show();
  // @ts-expect-error there is no such code
  dialog.texts = { "dialog.by": "Buy" };
}

export const offline = (client: LicenseClient, license: License & OfflineService): void => {
  offlinePages(license);
  // @ts-expect-error a web page cannot act for other computers
  offlinePages(client);
};
`;

/** The element in JSX, where React uses the names of the element's properties. */
const ELEMENT = `
import type { License } from "polar-license";
import type { DialogPages } from "polar-license/dialog";
import { offlinePages } from "polar-license/dialog-offline";
import "polar-license/react";

export const Dialog = ({ license, portal }: { license: License; portal: DialogPages }) =>
  <polar-license-dialog license={license} portal={portal} offline={offlinePages()} features={{ export: "Export" }} open />;

// @ts-expect-error a license is not an object with pages
export const Mistaken = ({ license }: { license: License }) => <polar-license-dialog portal={license} />;
`;

/** An app that has declared its license. From then on the provider accepts only that license. */
const REGISTERED = `
import { createLicenseClient } from "polar-license/portal";
import type { License } from "polar-license";
import { LicenseProvider, useLicense } from "polar-license/react";

const settings = { organizationId: "de300000-0000-4000-8000-000000000001", appId: "com.acme.app" };
const open = () => createLicenseClient({ ...settings, features: { export: ["de300000-0000-4000-8000-0000000000b1"] } });

declare module "polar-license/react" {
  interface Register {
    license: typeof open;
  }
}

export const App = () => <LicenseProvider license={open} />;
export const Below = () => useLicense().license?.portal() && null;
// @ts-expect-error the license has no portal, which components below the provider could call
export const Other = ({ license }: { license: License<"export"> }) => <LicenseProvider license={license} />;
`;

/** Types for imported addresses in bundlers, and for the parts of other packages that the READMEs use. */
const AMBIENT = `
  declare module "vue" {
    export function shallowRef<Value>(value: Value): { value: Value };
    export function onScopeDispose(end: () => void): void;
  }
  declare module "svelte/store" {
    type Start<Value> = (set: (value: Value) => void) => void | (() => void);
    export function readable<Value>(value: Value, start: Start<Value>): { subscribe(run: (value: Value) => void): () => void };
  }
  declare module "*?url" { const address: string; export default address; }
  declare module "electron-updater" {
    type Found = { version: string; releaseDate: string };
    export const autoUpdater: {
      autoDownload: boolean;
      on(event: "update-available", listener: (update: Found) => void): unknown;
      checkForUpdates(): Promise<unknown>;
      downloadUpdate(): Promise<string[]>;
    };
  }
  declare module "electron" {
    export const app: { whenReady(): Promise<void> };
    export const net: { fetch: typeof fetch };
    export const shell: { openExternal(url: string): Promise<void> };
    export class BrowserWindow {
      constructor(options: { webPreferences: { preload: string } });
      loadFile(path: string): Promise<void>;
      loadURL(url: string): Promise<void>;
      webContents: { setWindowOpenHandler(handler: (details: { url: string }) => { action: "allow" | "deny" }): void };
    }
    export const ipcMain: import("polar-license/electron-main").MainIpc;
    export const ipcRenderer: import("polar-license/electron-preload").RendererIpc;
    export const contextBridge: import("polar-license/electron-preload").Bridge;
  }
`;

/** Compiles the files. Returns the compiler's output. */
function compile(compiler, files, options) {
  const config = join(folder, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }));
  const tsc = join(COMPILERS[compiler], "bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", config], { cwd: folder, encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

for (const compiler of Object.keys(COMPILERS)) {
  for (const [kind, program] of Object.entries(PROGRAMS)) {
    test(`${kind}, ${compiler}`, () => {
      const { file, own, ...options } = program;
      writeFileSync(join(folder, file), APP + own);
      writeFileSync(join(folder, "page.mts"), PAGE);
      const files = options.lib.includes("dom") ? [file, "page.mts"] : [file];
      assert.equal(compile(compiler, files, options), "");
    });
  }
}

for (const compiler of Object.keys(COMPILERS)) {
  test(`a platform without declarations, ${compiler}`, () => {
    writeFileSync(join(folder, "bare.mts"), BARE_APP);
    assert.equal(compile(compiler, ["bare.mts"], { module: "nodenext", lib: ["es2022"], types: [] }), "");
  });
}

test("the dialog's element has types in React", () => {
  writeFileSync(join(folder, "element.tsx"), ELEMENT);
  const lib = ["es2022", "dom"];
  const program = { module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", lib, types: [] };
  assert.equal(compile("TypeScript 7", ["element.tsx"], program), "");
});

test("the provider in React accepts only the license that the app has declared", () => {
  writeFileSync(join(folder, "registered.tsx"), REGISTERED);
  const lib = ["es2022", "dom"];
  const program = { module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", lib, types: [] };
  assert.equal(compile("TypeScript 7", ["registered.tsx"], program), "");
});

test("every block of the READMEs compiles", () => {
  writeFileSync(join(folder, "ambient.d.ts"), AMBIENT);
  const lib = ["es2022", "dom"];
  const program = { module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", lib, types: ["node"] };
  const files = ["ambient.d.ts"];
  const declaring = [];
  const pages = [
    [join(root, "README.md"), 12],
    [inRepository("README.md"), 1],
    [inRepository("docs/src/air-gap.md"), 2],
    [inRepository("docs/src/guides/electron.md"), 4],
    [inRepository("docs/src/guides/web.md"), 2],
    [inRepository("docs/src/states.md"), 1],
    [inRepository("docs/src/updates.md"), 1],
  ];
  for (const [name, least] of pages) {
    const blocks = [...readFileSync(name, "utf8").matchAll(/^```(tsx?)\n(.*?)^```$/gms)];
    assert.ok(blocks.length >= least, `${blocks.length} blocks in ${name}`);
    for (const [, language, text] of blocks) {
      const file = `block-${files.length + declaring.length}.${language === "tsx" ? "tsx" : "mts"}`;
      // kept apart, because a declaration by one app would apply to the files of all apps
      (text.includes("declare module") ? declaring : files).push(file);
      writeFileSync(join(folder, file), text);
    }
  }
  assert.equal(compile("TypeScript 7", files, program), "");
  assert.ok(declaring.length > 0, "a block that declares the license of its app");
  for (const file of declaring) assert.equal(compile("TypeScript 7", ["ambient.d.ts", file], program), "");
});
