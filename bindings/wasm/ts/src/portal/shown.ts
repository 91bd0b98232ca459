/**
 * Converts the engine's replies to objects for the app. The objects are frozen and contain no handles. The members that
 * hold personal data do not appear in logs, copies or JSON.
 */

import { type Handle, HeldReply, standsFor } from "./handle.js";
import type { Reply } from "./run.js";

/**
 * Adds personal members to an object, and freezes the object. Code can read these members by their names, but they do
 * not appear when the object is logged, copied or converted to JSON.
 */
export function discreet<Shown extends object, Personal extends object>(
  shown: Shown,
  personal: Personal,
): Readonly<Shown & Personal> {
  const members = Object.entries(personal).map(([name, value]) => [name, { get: () => value as unknown }]);
  return Object.freeze(Object.defineProperties(shown, Object.fromEntries(members))) as Readonly<Shown & Personal>;
}

/** The names of the personal members. A `message` is personal too if its object has an `email`. */
const PERSONAL = ["email", "name", "label"];

/** Returns the value of a reply, and the handle of that value if it has one. */
export function shown({ holder, release, json }: Reply): { value: unknown; handle: Handle | undefined } {
  const reply = new HeldReply(holder, release);
  let last: Handle | undefined;
  // `JSON.parse` visits inner objects before outer ones, so the last handle is that of the outermost object
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
