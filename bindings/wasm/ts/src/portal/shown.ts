/**
 * Converts the engine's replies to objects for the app. The objects are frozen and contain no handles. The members that
 * hold personal data do not appear in logs, copies or JSON.
 */

import { discreet } from "../discreet.js";
import { type Handle, HeldReply, standsFor } from "./handle.js";
import type { Reply } from "./run.js";

/** The names of the fields with personal data. In an object with an `email`, the `message` is personal too. */
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
