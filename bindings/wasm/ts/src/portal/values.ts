/**
 * What the engine says of the portal, as objects of the app's: frozen, with numbers replaced by handles, and with what is
 * personal where no log, copy or JSON shows it.
 */

import { type Engine, errorOf } from "../engine.js";
import type { Decision } from "../types.js";
import type * as compiled from "../wasm-bindgen-portal.js";
import { Handle, standsFor } from "./held.js";
import type { CodeRequest, Devices, Purchase, Restored } from "./portal.js";
import type { Customer, Device, LicenseKey } from "./types.js";

/** An object with members that are there, but that nothing lists. */
export function discreet<Shown extends object, Personal extends object>(
  shown: Shown,
  personal: Personal,
): Readonly<Shown & Personal> {
  const members = Object.entries(personal).map(([name, value]) => [name, { get: () => value as unknown }]);
  return Object.freeze(Object.defineProperties(shown, Object.fromEntries(members))) as Readonly<Shown & Personal>;
}

export function codeRequest(value: compiled.CodeRequestValue, engine: Engine): CodeRequest {
  if (value.kind === "sent") return discreet({ kind: value.kind }, value.shown);
  const customers = value.customers.map(({ held, shown }): Customer => {
    return standsFor(discreet({}, shown), new Handle(engine, held));
  });
  return discreet({ kind: value.kind, customers: Object.freeze(customers) }, { email: value.email });
}

export function purchase({ held, code }: { held: number; code: compiled.CodeRequestValue }, engine: Engine): Purchase {
  return standsFor(Object.freeze({ code: codeRequest(code, engine) }), new Handle(engine, held));
}

export function licenseKey({ held, shown }: compiled.HeldKey, engine: Engine): LicenseKey {
  return standsFor(Object.freeze(shown), new Handle(engine, held));
}

export function licenseKeys(keys: compiled.HeldKey[], engine: Engine): readonly LicenseKey[] {
  return Object.freeze(keys.map((key) => licenseKey(key, engine)));
}

export function devices(value: compiled.DevicesValue, engine: Engine): Devices {
  if (value.kind === "hidden") return Object.freeze({ kind: value.kind, ...value.shown });
  const all = value.devices.map(({ held, shown: { label, ...shown } }): Device => {
    return standsFor(discreet(shown, { label }), new Handle(engine, held));
  });
  return Object.freeze({ kind: value.kind, devices: Object.freeze(all) });
}

/** `current` is the decision that holds. */
export function restored(value: compiled.RestoredValue, engine: Engine, current: Decision): Restored {
  switch (value.kind) {
    case "licensed":
      return Object.freeze({ kind: value.kind, decision: current });
    case "choose":
      return Object.freeze({ kind: value.kind, keys: licenseKeys(value.keys, engine) });
    case "no_seat":
      return Object.freeze({
        kind: value.kind,
        key: licenseKey(value.key, engine),
        devices: devices(value.devices, engine),
        error: errorOf(value.error, current),
      });
  }
}
