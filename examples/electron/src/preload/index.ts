// The functions of the main process that the page can use. The preload script is bundled into one file, because a
// sandboxed one cannot load others.

import { contextBridge, ipcRenderer } from "electron";
import { exposeLicense, type License } from "polar-license/electron-preload";

exposeLicense(contextBridge, ipcRenderer);

const acme = {
  onKey: (show: (key: string) => void): void => void ipcRenderer.on("key", (_event, key: string) => show(key)),
  openWindow: (): void => ipcRenderer.send("open-window"),
};
contextBridge.exposeInMainWorld("acme", acme);

declare global {
  var license: License;
  interface Window {
    acme: typeof acme;
  }
}
