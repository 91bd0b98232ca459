/**
 * Replies of the engine as objects of the app's: frozen, without handles, and with what is personal where no log, copy or JSON
 * shows it.
 */

import { type Handle, HeldReply, standsFor } from "./handle.js";
import type { Reply } from "./run.js";

/** An object with members that are there, but that nothing lists. */
export function discreet<Shown extends object, Personal extends object>(
  shown: Shown,
  personal: Personal,
): Readonly<Shown & Personal> {
  const members = Object.entries(personal).map(([name, value]) => [name, { get: () => value as unknown }]);
  return Object.freeze(Object.defineProperties(shown, Object.fromEntries(members))) as Readonly<Shown & Personal>;
}

/** The members that are personal. A message is, in an object with an address. */
const PERSONAL = ["email", "name", "label"];

/** The value of a reply, and its handle if it has one itself. */
export function shown({ holder, release, json }: Reply): { value: unknown; handle: Handle | undefined } {
  const reply = new HeldReply(holder, release);
  let last: Handle | undefined;
  // called for the innermost objects first
  const value: unknown = JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return Object.freeze(value);
    const { handle, ...members } = value as Record<string, unknown>;
    const isPersonal = ([name]: [string, unknown]): boolean => {
      return PERSONAL.includes(name) || (name === "message" && "email" in members);
    };
    const all = Object.entries(members);
    const object = discreet(
      Object.fromEntries(all.filter((member) => !isPersonal(member))),
      Object.fromEntries(all.filter(isPersonal)),
    );
    last = typeof handle === "number" ? reply.handle(handle) : undefined;
    return last ? standsFor(object, last) : object;
  });
  return { value, handle: last };
}
