// A stand-in for the parts of Electron that the package uses. It behaves as Electron does with `sandbox` and
// `contextIsolation`: messages are cloned and arrive later, errors arrive as texts, closed frames throw, and a page
// sees copies of a preload script's objects.

import { EventEmitter } from "node:events";

const soon = (work) => setImmediate(work);

/** Stands in for Electron's main process. */
export class Electron {
  /** Everything that the main process has sent to a renderer, as JSON. */
  crossed = [];
  ipcMain = new IpcMain();
  #frames = 0;

  /** Opens a window with a page whose preload script is `preload(contextBridge, ipcRenderer)`. */
  open(preload, url = "app://acme/index.html") {
    return new Window(this, preload, url);
  }

  toRenderer(value) {
    const clone = structuredClone(value);
    this.crossed.push(JSON.stringify(clone) ?? "undefined");
    return clone;
  }

  nextFrame() {
    this.#frames += 1;
    return this.#frames;
  }
}

class IpcMain extends EventEmitter {
  handlers = new Map();

  handle(channel, listener) {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, listener);
  }

  removeHandler(channel) {
    this.handlers.delete(channel);
  }
}

class Window {
  destroyed = false;

  constructor(electron, preload, url) {
    this.electron = electron;
    this.preload = preload;
    this.webContents = Object.assign(new EventEmitter(), { isDestroyed: () => this.destroyed });
    this.main = new Frame(this, null, url);
  }

  /** Returns the page's `window`. */
  get page() {
    return this.main.page;
  }

  /** Returns the preload script's channel to the main process. A compromised renderer has this channel too. */
  get ipc() {
    return this.main.ipc;
  }

  iframe(url) {
    return new Frame(this, this.main, url);
  }

  close() {
    this.destroyed = true;
    this.main.gone = true;
    this.webContents.emit("destroyed");
  }
}

class Frame {
  gone = false;

  constructor(window, parent, url) {
    this.window = window;
    const { electron } = window;
    const id = electron.nextFrame();
    const alive = (value) => {
      if (this.gone) throw new Error("Render frame was disposed before WebFrameMain could be accessed");
      return value;
    };
    this.url = url;
    const frame = this;
    // stands in for Electron's `WebFrameMain`
    this.web = {
      get url() {
        return alive(frame.url);
      },
      get parent() {
        return alive(parent?.web ?? null);
      },
      get frameTreeNodeId() {
        return alive(id);
      },
      send(channel, ...args) {
        alive();
        const message = electron.toRenderer(args);
        const { ipc } = frame;
        soon(() => frame.gone || ipc.emit(channel, {}, ...message));
      },
    };
    this.load(url);
  }

  /** Loads a page in place of the previous one. The frame stays the same, but gets new JavaScript worlds. */
  load(url = this.url) {
    this.url = url;
    this.ipc?.end();
    this.ipc = new IpcRenderer(this);
    this.page = {};
    const contextBridge = {
      exposeInMainWorld: (name, api) => {
        if (name in this.page) throw new Error("Cannot bind an API on top of an existing property");
        this.page[name] = across(api);
      },
      // only the text of the function crosses into the page
      executeInMainWorld: ({ func, args = [] }) =>
        across(called(new Function("globalThis", `return (${func});`)(this.page), args)),
    };
    this.window.preload?.(contextBridge, this.ipc);
  }
}

class IpcRenderer extends EventEmitter {
  #frame;
  #ended = false;

  constructor(frame) {
    super();
    this.#frame = frame;
  }

  invoke(channel, ...args) {
    const { window, web } = this.#frame;
    const { ipcMain } = window.electron;
    const message = structuredClone(args);
    return new Promise((resolve, reject) => {
      const text = (error) => `Error invoking remote method '${channel}': ${error}`;
      const fail = (error) => this.#reply(() => reject(new Error(text(error))));
      soon(async () => {
        try {
          const handler = ipcMain.handlers.get(channel);
          if (!handler) throw new Error(`No handler registered for '${channel}'`);
          const result = await handler({ sender: window.webContents, senderFrame: web }, ...message);
          const clone = window.electron.toRenderer(result);
          this.#reply(() => resolve(clone));
        } catch (error) {
          fail(window.electron.toRenderer(String(error)));
        }
      });
    });
  }

  send(channel, ...args) {
    const { window, web } = this.#frame;
    const message = structuredClone(args);
    soon(() => window.electron.ipcMain.emit(channel, { sender: window.webContents, senderFrame: web }, ...message));
  }

  /**
   * Sends a message and returns the answer. The real `sendSync` blocks the page. If there is no listener, it blocks the
   * page until garbage collection.
   */
  sendSync(channel, ...args) {
    const { window, web } = this.#frame;
    const event = { sender: window.webContents, senderFrame: web, returnValue: null };
    window.electron.ipcMain.emit(channel, event, ...structuredClone(args));
    return window.electron.toRenderer(event.returnValue);
  }

  end() {
    this.#ended = true;
    this.removeAllListeners();
  }

  /**
   * Runs `work`, which delivers a reply. Does nothing if the page was closed, because a closed page receives no reply.
   */
  #reply(work) {
    soon(() => this.#ended || this.#frame.gone || work());
  }
}

/**
 * Converts a value for the other world. Functions and promises become proxies, plain objects become copies, and errors
 * become texts.
 */
function across(value) {
  if (typeof value === "symbol") throw new TypeError("An object could not be cloned.");
  if (typeof value === "function") return (...args) => called(value, args);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Promise) return value.then(across, (reason) => Promise.reject(across(reason)));
  if (value instanceof Error) return new Error(value.message);
  if (Array.isArray(value)) return Object.freeze(value.map(across));
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return structuredClone(value);
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, across(member)])));
}

function called(work, args) {
  const given = args.map(across);
  let result;
  try {
    result = work(...given);
  } catch (error) {
    throw new Error(`Uncaught ${error}`);
  }
  return across(result);
}
