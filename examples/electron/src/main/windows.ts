// The windows. All of them show the license of the main process.

import { join } from "node:path";
import { BrowserWindow, shell } from "electron";

export function openWindow(): BrowserWindow {
  // `sandbox` and `contextIsolation` are on by default
  const window = new BrowserWindow({ webPreferences: { preload: join(__dirname, "../preload/index.js") } });
  // Links to your pages, such as the links in `polar-license/dialog`, open in the browser, not in a window of the app.
  window.webContents.setWindowOpenHandler(({ url }) => {
    if (/^(https|mailto):/.test(url)) void shell.openExternal(url);
    return { action: "deny" };
  });
  const server = process.env["ELECTRON_RENDERER_URL"]; // set by `electron-vite dev`
  void (server ? window.loadURL(server) : window.loadFile(join(__dirname, "../renderer/index.html")));
  return window;
}

/** Brings a window to the front, and puts this key into its form. */
export function showKey(key?: string): void {
  const window = BrowserWindow.getAllWindows()[0] ?? openWindow();
  if (window.isMinimized()) window.restore();
  window.focus();
  if (key === undefined) return;
  const send = () => window.webContents.send("key", key);
  if (window.webContents.isLoading()) window.webContents.once("did-finish-load", send);
  else send();
}
