// The customer portal in a window of an Electron app, whose main process holds the license.

import { shareLicense } from "polar-license/electron-main";
import { portalOf } from "polar-license/electron-portal";
import { exposeLicense } from "polar-license/electron-preload";

/** Returns the client of a main process, with the portal of a window. `Electron` stands in for Electron. */
export function inWindow(Electron, client) {
  const electron = new Electron();
  shareLicense(client, electron.ipcMain, { portal: client.portal() });
  const portal = portalOf(electron.open(exposeLicense).page.license);
  return { ...client, portal: () => portal };
}
