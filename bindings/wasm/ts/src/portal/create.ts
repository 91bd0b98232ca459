/** Creates a client that has the customer portal. */

import { create, type LicenseOptions, type Platform } from "../create.js";
import type { Engine, Engines } from "../engine.js";
import { systemClock, steady } from "../time.js";
import { customerPortal } from "./customer-portal.js";
import { portalDriver } from "./driver.js";
import { inlined } from "./inlined.js";
import type { NodePortalClient } from "./portal.js";

/**
 * Creates the client. `seesRedirects` says whether the program can see the target of a redirect, which browsers hide.
 * In a web page, the operations for other computers reject, so the type of a page's client does not have them.
 * @internal
 */
export async function createWithPortal(
  options: LicenseOptions,
  platform: Platform,
  seesRedirects: boolean,
): Promise<NodePortalClient> {
  let latest: Engine | undefined;
  const engines = async (): Promise<Engines> => {
    const made = await inlined();
    return async (parts, clock) => {
      const engine = await made(parts, clock);
      // the portal is for this device, so it never uses an engine for another computer
      if (!parts.forAnother) latest = engine;
      return engine;
    };
  };
  const client = await create(options, platform, engines);
  const disposal = new AbortController();
  const run = portalDriver({
    client,
    engine: () => latest as Engine,
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    clock: steady(options.clock ?? systemClock),
    texts: options.texts,
    disposal: disposal.signal,
  });
  const portal = customerPortal({ current: () => client.current(), run, seesRedirects });
  const dispose = (): void => {
    disposal.abort();
    client.dispose();
  };
  // runtimes from before 2023 do not have `Symbol.dispose`
  return { ...client, portal: () => portal, dispose, ...(Symbol.dispose && { [Symbol.dispose]: dispose }) } as NodePortalClient;
}
