/** The platform of browsers. */

import type { Platform } from "./create.js";
import { webStorage } from "./web-storage.js";

export const web: Platform = {
  storage: () => webStorage(),
  system: () => {
    const agent = globalThis.navigator as { userAgentData?: { platform?: unknown } } | undefined;
    const system = agent?.userAgentData?.platform;
    return typeof system === "string" && system !== "" ? `Web on ${system}` : "Web";
  },
};
