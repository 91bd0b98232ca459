/**
 * Runs an Electron app without Electron: `node electron-program.mjs APP [ARGUMENT...]`, where APP is an app.asar or a
 * folder. The app's main process runs here, with a stand-in for Electron's API. The windows are pages for a browser.
 * This program serves the pages with their preload scripts, and exchanges their messages over HTTP. Prints the address
 * of the first window. Connects to no other machine.
 *
 * The variable `AHEAD_MS` moves the clock ahead. If `RUNS_ALREADY` is set, another instance of the app is running.
 */

import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Module, { createRequire, syncBuiltinESMExports } from "node:module";
import { dirname, extname, join, normalize } from "node:path";

const require = createRequire(import.meta.url);
require("asar-node").register();
// makes the modules that were imported above read archives too
syncBuiltinESMExports();

const [path, ...argv] = process.argv.slice(2);
require("./ahead.cjs");
process.argv = ["acme", ...argv];

const PAGE = readFileSync(join(import.meta.dirname, "electron-page.js"), "utf8");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const windows = [];
let isReady = false;
const app = new EventEmitter();
const ready = new Promise((resolve) => setImmediate(resolve)).then(() => (isReady = true));
Object.assign(app, {
  whenReady: () => ready,
  requestSingleInstanceLock: () => !process.env.RUNS_ALREADY,
  setAsDefaultProtocolClient: () => true,
  quit: () => process.exit(0),
});

const handlers = new Map();
const ipcMain = new EventEmitter();
ipcMain.handle = (channel, listener) => {
  if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
  handlers.set(channel, listener);
};
ipcMain.removeHandler = (channel) => handlers.delete(channel);

class BrowserWindow {
  static getAllWindows = () => windows;
  #events = [];

  constructor({ webPreferences }) {
    if (!isReady) throw new Error("Cannot create BrowserWindow before app is ready");
    this.preload = readFileSync(webPreferences.preload, "utf8");
    this.id = windows.push(this);
    this.webContents = Object.assign(new EventEmitter(), {
      isDestroyed: () => false,
      isLoading: () => this.#events.length === 0,
      send: (channel, ...args) => this.send(channel, args),
      setWindowOpenHandler: (handler) => (this.onOpen = handler),
    });
  }

  async loadFile(file) {
    this.folder = dirname(file);
    if (this.id === 1) console.log(JSON.stringify({ window: `${await address}/1/index.html` }));
  }

  isMinimized = () => false;
  focus = () => undefined;

  /** Returns Electron's event for a message of the page. */
  event() {
    const send = (channel, ...args) => this.send(channel, args);
    const senderFrame = { url: `app://acme/${this.id}`, parent: null, frameTreeNodeId: this.id, send };
    return { sender: this.webContents, senderFrame, returnValue: null };
  }

  /** Sends a message to the page. Drops it if there is no page yet, as Electron does. */
  send(channel, args) {
    for (const response of this.#events) response.write(`data: ${JSON.stringify({ channel, args })}\n\n`);
  }

  connect(response) {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    this.#events = [response];
    this.webContents.emit("did-finish-load");
  }
}

const platformFetch = globalThis.fetch;
// apps must not call this `fetch`, because in Electron it does not use the system's proxy
globalThis.fetch = () => Promise.reject(new Error("this is not `net.fetch`"));

const net = {
  async fetch(url, init) {
    if (!isReady) throw new Error("Session can only be received when app is ready");
    if (new URL(url).hostname !== "127.0.0.1") throw new Error("net::ERR_INTERNET_DISCONNECTED");
    const response = await platformFetch(url, init).catch((error) => {
      throw init.signal.aborted ? error : new Error("net::ERR_EMPTY_RESPONSE");
    });
    if (response.status >= 300 && response.status < 400) throw new Error("Redirect was cancelled");
    return response;
  },
};

/** The addresses that the app has opened outside of itself. */
const opened = [];
const shell = { openExternal: async (url) => void opened.push(url) };

const electron = { app, BrowserWindow, ipcMain, net, shell };
const { _load } = Module;
Module._load = (name, ...rest) => (name === "electron" ? electron : _load(name, ...rest));

const server = createServer(async (request, response) => {
  const [, id, ...names] = new URL(request.url, "http://app").pathname.split("/");
  const window = windows[Number(id) - 1];
  const name = names.join("/");
  if (id === "windows") return response.end(JSON.stringify(windows.map((each) => `/${each.id}/index.html`)));
  if (id === "opened") return response.end(JSON.stringify(opened));
  if (id === "emit") return response.end(String(app.emit(...(await body(request)))));
  // for example, a browser requests an icon, which does not exist
  if (!window) return response.writeHead(404).end();
  if (name === "open") return response.end(JSON.stringify(window.onOpen(await body(request))));
  if (name === "events") return window.connect(response);
  if (name === "preload.js") return response.setHeader("Content-Type", TYPES[".js"]).end(page(window.preload));
  if (name === "ipc") return response.end(JSON.stringify((await message(window, await body(request))) ?? null));
  const file = join(window.folder, normalize(`/${name}`));
  response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
  const text = readFileSync(file, "utf8");
  // puts the preload script before all scripts of the page
  response.end(name === "index.html" ? text.replace("<head>", '<head><script src="preload.js"></script>') : text);
});
const address = new Promise((resolve) => {
  server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
});

const { main } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
require(join(path, main));

function page(preload) {
  return PAGE.replace("/* the preload script */", () => preload);
}

async function message(window, { kind, channel, args }) {
  const event = window.event();
  if (kind === "invoke") return handlers.get(channel)(event, ...args);
  ipcMain.emit(channel, event, ...args);
  return event.returnValue;
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
