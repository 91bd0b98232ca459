// Provides, in a browser's page, the modules that a sandboxed preload script can require. See electron-program.mjs.
(() => {
  const listeners = new Map();
  const post = (kind, channel, args) => {
    const request = new XMLHttpRequest();
    // blocks the page for `sendSync`, as Electron does
    request.open("POST", "ipc", kind !== "sync");
    const done = new Promise((resolve) => (request.onload = () => resolve(JSON.parse(request.responseText))));
    request.send(JSON.stringify({ kind, channel, args }));
    return kind === "sync" ? JSON.parse(request.responseText) : done;
  };
  const electron = {
    ipcRenderer: {
      invoke: (channel, ...args) => post("invoke", channel, args),
      send: (channel, ...args) => void post("send", channel, args),
      sendSync: (channel, ...args) => post("sync", channel, args),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    },
    contextBridge: {
      exposeInMainWorld: (name, api) => (window[name] = api),
      executeInMainWorld: ({ func, args }) => func(...args),
    },
  };
  // starts after the page's own scripts, which listen
  addEventListener("load", () => {
    new EventSource("events").onmessage = ({ data }) => {
      const { channel, args } = JSON.parse(data);
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
    };
  });
  const require = (name) => {
    if (name !== "electron") throw new Error(`a sandboxed preload script cannot load \`${name}\``);
    return electron;
  };
  const run = (require, module, exports) => {
    /* the preload script */
  };
  const module = { exports: {} };
  run(require, module, module.exports);
})();
