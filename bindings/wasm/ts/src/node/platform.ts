/** The platform for Node, and for runtimes that behave like Node: Electron's main process, Bun and Deno. */

import type { Platform } from "../create.js";
import { fileStorage } from "./file-storage.js";
import { machineSource } from "./machine.js";
import { offlineService } from "./offline-service.js";
import { systemName } from "./system-name.js";

export const node: Platform = {
  storage: () => fileStorage(),
  system: systemName,
  device: async () => (await machineSource()) ?? "",
  offlineService,
};
