/**
 * The portal of a client, its sessions and checkouts: turns calls into operations of the engine, and what they end with into
 * objects of the app's.
 */

import type { Client } from "../client.js";
import type { Engine } from "../engine.js";
import { LicenseError } from "../error.js";
import type { RunPortal } from "./driver.js";
import { Handle, handleOf } from "./held.js";
import type { Checkout, Portal, PortalSession } from "./portal.js";
import { codeRequest, devices, discreet, licenseKey, licenseKeys, purchase, restored } from "./values.js";

/** What all operations of a client's portal need. */
export interface Parts {
  client: Client;
  run: RunPortal;
  /** Whether it can be seen where a redirect leads to, which browsers hide. */
  seesRedirects: boolean;
}

const HALF_AN_HOUR_MS = 1_800_000;

export function customerPortal(parts: Parts): Portal {
  const { run } = parts;
  const session = ({ value, engine }: { value: number; engine: Engine }): PortalSession =>
    sessionOf(parts, new Handle(engine, value));
  const checkout = ({ value, engine }: { value: { held: number; address: string }; engine: Engine }): Checkout =>
    checkoutOf(run, new Handle(engine, value.held), value.address);

  return Object.freeze<Portal>({
    requestCode: async (email, options) => {
      const given = (): [string] => [text(email, "email")];
      const { value, engine } = await run("codeRequest", given, (to, now, [email]) => to.requestCode(email, ...now), options);
      return codeRequest(value, engine);
    },
    requestCodeFor: async (customer, options) => {
      const given = (): [Handle] => [handleOf(customer, "customer")];
      const { value, engine } = await run("codeRequest", given, (to, now, [who]) => to.requestCodeFor(who, ...now), options);
      return codeRequest(value, engine);
    },
    authenticate: async (code, options) => {
      const given = (): [string] => [text(code, "code")];
      return session(await run("session", given, (to, now, [code]) => to.authenticate(code, ...now), options));
    },
    claimSeat: async (invitation, options) => {
      const given = (): [string] => [text(invitation, "invitation")];
      return session(await run("session", given, (to, _, [invitation]) => to.claimSeat(invitation), options));
    },
    sessionFromToken: async (token) => {
      const given = (): [string] => [text(token, "token")];
      return session(await run("session", given, (to, _, [token]) => to.sessionFromToken(token)));
    },
    checkout: async (link, options) => {
      const given = (): [string] => {
        if (!parts.seesRedirects) throw new LicenseError("invalid_argument", NOT_BY_LINK);
        return [text(link, "link")];
      };
      return checkout(await run("checkout", given, (to, _, [link]) => to.checkout(link), options));
    },
    checkoutFromSecret: async (clientSecret) => {
      const given = (): [string] => [text(clientSecret, "clientSecret")];
      return checkout(await run("checkout", given, (to, _, [secret]) => to.checkoutFromSecret(secret)));
    },
  });
}

const NOT_BY_LINK =
  "a web page cannot see where a checkout link leads; have your backend make the checkout, and give its client secret to " +
  "`checkoutFromSecret`";

function sessionOf({ client, run }: Parts, token: Handle): PortalSession {
  const ofToken = (): [Handle] => [token];
  return Object.freeze<PortalSession>({
    licenseKeys: async (options) => {
      const { value, engine } = await run("keys", ofToken, (to, _, [session]) => to.licenseKeys(session), options);
      return licenseKeys(value, engine);
    },
    usableKeys: async (options) => {
      const { value, engine } = await run("keys", ofToken, (to, now, [session]) => to.usableKeys(session, ...now), options);
      return licenseKeys(value, engine);
    },
    restore: async (options) => {
      const { value, engine } = await run("restored", ofToken, (to, now, [session]) => to.restore(session, ...now), options);
      return restored(value, engine, client.current());
    },
    restoreWhenGranted: async (options) => {
      const { value, engine } = await run(
        "restored",
        ofToken,
        (to, now, [session]) => to.restoreWhenGranted(session, ...now),
        options,
      );
      return restored(value, engine, client.current());
    },
    restorePurchase: async (bought, options) => {
      const given = (): [Handle, Handle] => [token, handleOf(bought, "purchase")];
      const { value, engine } = await run(
        "restored",
        given,
        (to, now, [session, bought]) => to.restorePurchase(session, bought, ...now),
        options,
      );
      return restored(value, engine, client.current());
    },
    activate: async (key, options) => {
      const given = (): [Handle, Handle] => [token, handleOf(key, "key")];
      const { value, engine } = await run("restored", given, (to, _, [session, key]) => to.activateKey(session, key), options);
      return restored(value, engine, client.current());
    },
    devices: async (key, options) => {
      const given = (): [Handle, Handle] => [token, handleOf(key, "key")];
      const { value, engine } = await run("devices", given, (to, _, [session, key]) => to.devices(session, key), options);
      return devices(value, engine);
    },
    release: async (device, options) => {
      const given = (): [Handle] => [handleOf(device, "device")];
      return (await run("released", given, (to, _, [device]) => to.release(device), options)).value;
    },
    rotate: async (key, options) => {
      const given = (): [Handle, Handle] => {
        if (options?.confirmedByUser === true) return [token, handleOf(key, "key")];
        throw new LicenseError("invalid_argument", "`confirmedByUser` must be true: the old key ends on all devices");
      };
      const { value, engine } = await run("key", given, (to, now, [session, key]) => to.rotate(session, key, ...now), options);
      return licenseKey(value, engine);
    },
  });
}

function checkoutOf(run: RunPortal, page: Handle, address: string): Checkout {
  const follow: Checkout["follow"] = async (options) => {
    const given = (): [Handle, number] => [page, duration(options?.withinMs ?? HALF_AN_HOUR_MS, "withinMs")];
    const { value, engine } = await run(
      "purchase",
      given,
      (to, now, [page, withinMs]) => to.follow(page, withinMs, ...now),
      options,
    );
    return purchase(value, engine);
  };
  return discreet({ follow }, { address });
}

/** A text, which no error repeats. */
function text(given: unknown, name: string): string {
  if (typeof given === "string") return given;
  throw new LicenseError("invalid_argument", `\`${name}\` must be a string`);
}

function duration(given: unknown, name: string): number {
  if (typeof given === "number" && given >= 0) return given;
  throw new LicenseError("invalid_argument", `\`${name}\` must be a number of milliseconds`);
}
