/**
 * Acts for computers that are never online: answers their requests, and releases the seats that they have given up. For
 * each call, a client with the other computer's device id runs an ordinary operation. That client keeps its record in a
 * file beside the record of this computer, so no seat is lost if this process crashes after Polar's answer.
 *
 * If a directory has no record of this device, the store loads the record of another device, so that the app can offer
 * to move that license here. The app must not offer a license that this computer only keeps for another computer. So
 * the files of such records have another extension.
 */

import { onAbort } from "../abort.js";
import { checkedText, Client, deactivationOf, type Finished, textOf } from "../client.js";
import type { ServiceParts } from "../create.js";
import { discreet } from "../discreet.js";
import type { Engine, Now } from "../engine.js";
import { LicenseError, worded } from "../error.js";
import type { CallOptions, Deactivation, OfflineAnswer, OfflineService } from "../license.js";
import type * as compiled from "../wasm-bindgen-portal.js";

const OWN_STORAGE =
  "a client with the app's own storage cannot act for another computer; use `fileStorage` of `polar-license/node`";

/** An operation for the computer that wrote `text`. */
interface Work {
  text: string;
  /** The function that creates an engine for that computer. */
  by: "forRequest" | "forReturn";
  operation(engine: compiled.Engine, now: Now): compiled.Step;
}

/** Creates the operations of a client. When `disposal` is aborted, the operations that are running are cancelled. */
export function offlineService(own: ServiceParts, disposal: AbortSignal): OfflineService {
  const { storage, settings, engines, parts, fetch, clock } = own;

  const run = async ({ text, by, operation }: Work, { signal }: CallOptions): Promise<Finished> => {
    if (!storage.openOther) throw worded(new LicenseError("invalid_config", OWN_STORAGE), settings.texts);
    const forAnother: typeof parts.forAnother = (Engine, seed) =>
      (Engine as typeof compiled.Engine)[by](parts.settings, text, seed, parts.ownPace);
    const make = (): Promise<Engine> => engines({ ...parts, forAnother }, clock);
    const engine = await make();
    const store = storage.openOther({ appId: settings.appId, ...engine.tags() });
    const client = await Client.open(make, engine, { store, outlook: undefined, fetch, clock }, settings);
    const stop = onAbort(disposal, client.dispose);
    try {
      return await client.change((engine, now) => operation(engine as compiled.Engine, now), signal);
    } finally {
      stop();
      client.dispose();
    }
  };

  return {
    async offlineAnswer(request: string, key: string, options: CallOptions = {}): Promise<OfflineAnswer> {
      const text = checkedText(request, "the request");
      const typed = checkedText(key, "the license key");
      const operation: Work["operation"] = (engine, now) => engine.offlineAnswer(text, typed, ...now);
      const finished = await run({ text, by: "forRequest", operation }, options);
      return discreet({ decision: finished.decision }, { text: textOf(finished) });
    },
    async offlineRelease(returned: string, options: CallOptions = {}): Promise<Deactivation> {
      const text = checkedText(returned, "the return");
      const operation: Work["operation"] = (engine, now) => engine.offlineRelease(text, ...now);
      return deactivationOf(await run({ text, by: "forReturn", operation }, options));
    },
  };
}
