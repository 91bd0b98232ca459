// The main process, which holds the license. It opens the window before it asks Polar about the license.

import { app, BrowserWindow, ipcMain } from "electron";
import { shareLicense } from "polar-license/electron-main";
import { openLicense } from "./license";
import { followLinks } from "./links";
import { openWindow, showKey } from "./windows";

if (app.requestSingleInstanceLock()) {
  const opened = app.whenReady().then(open);
  followLinks((key) => opened.then(() => showKey(key)));
  void opened.then((license) => license.refresh());
  app.on("activate", () => BrowserWindow.getAllWindows().length > 0 || void opened.then(openWindow)); // macOS
  app.on("window-all-closed", () => process.platform === "darwin" || app.quit());
} else {
  app.quit(); // this is a second instance; the first one, which is still running, follows the link
}

async function open() {
  const license = await openLicense();
  shareLicense(license, ipcMain); // before a window is opened
  ipcMain.on("open-window", () => openWindow());
  openWindow();
  return license;
}
