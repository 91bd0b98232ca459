/**
 * Acts for computers that are never online: answers their requests, and releases the seats that they have given up. For
 * each call, a client with the other computer's device id runs an ordinary operation. The record of that client is a
 * file beside the record of this computer, so a crash between Polar's answer and ours loses no seat.
 */

import { onAbort } from "../abort.js";
import { checkedText, Client, deactivationOf, type Finished, textOf } from "../client.js";
import type { ServiceParts } from "../create.js";
import { discreet } from "../discreet.js";
import type { Operation } from "../driver.js";
import type { Engine, Parts } from "../engine.js";
import { LicenseError, worded } from "../error.js";
import type { CallOptions, Deactivation, OfflineAnswer, OfflineService } from "../license.js";

const OWN_STORAGE =
  "a client with the app's own storage cannot act for another computer; use `fileStorage` of `polar-license/node`";

/** Creates the operations of a client. When `disposal` is aborted, the operations that are running are cancelled. */
export function offlineService(own: ServiceParts, disposal: AbortSignal): OfflineService {
  const { storage, settings, engines, parts, fetch, clock } = own;

  /** Runs an operation for the computer that `actsFor` describes. */
  const run = async (
    actsFor: NonNullable<Parts["actsFor"]>,
    operation: Operation,
    { signal }: CallOptions,
  ): Promise<Finished> => {
    if (!storage.holdsOtherDevices) throw worded(new LicenseError("invalid_config", OWN_STORAGE), settings.texts);
    const make = (): Promise<Engine> => engines({ ...parts, actsFor }, clock);
    const engine = await make();
    const store = storage.open({ appId: settings.appId, ...engine.tags() });
    const client = await Client.open(make, engine, { store, outlook: undefined, fetch, clock }, settings);
    const stop = onAbort(disposal, client.dispose);
    try {
      return await client.change(operation, signal);
    } finally {
      stop();
      client.dispose();
    }
  };

  return {
    async offlineAnswer(request: string, key: string, options: CallOptions = {}): Promise<OfflineAnswer> {
      const text = checkedText(request, "the request");
      const typed = checkedText(key, "the license key");
      const answer: Operation = (engine, now) => engine.offlineAnswer(text, typed, ...now);
      const finished = await run({ text, by: "forRequest" }, answer, options);
      return discreet({ decision: finished.decision }, { text: textOf(finished) });
    },
    async offlineRelease(returned: string, options: CallOptions = {}): Promise<Deactivation> {
      const text = checkedText(returned, "the return");
      const release: Operation = (engine, now) => engine.offlineRelease(text, ...now);
      return deactivationOf(await run({ text, by: "forReturn" }, release, options));
    },
  };
}
