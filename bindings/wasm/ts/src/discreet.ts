/** Objects with members that must not appear in logs. */

/**
 * Adds personal or secret members to an object, and freezes the object. Code can read these members by their names, but
 * they do not appear when the object is logged, copied or converted to JSON.
 */
export function discreet<Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Readonly<Shown & Hidden> {
  const members = Object.entries(hidden).map(([name, value]) => [name, { get: () => value as unknown }]);
  return Object.freeze(Object.defineProperties(shown, Object.fromEntries(members))) as Readonly<Shown & Hidden>;
}
