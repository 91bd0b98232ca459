/**
 * The scripts of the package, by the names of their sources. A further one is a line here, one in `exports` of
 * pkg-template/package.json, and that is all.
 */

/** Share their common parts, so that a program that loads two of them has one engine and one `LicenseError`. */
export const ENTRIES = ["index", "index.node", "node", "slim"];

/** Hold all they need, for places that load one file and no other. */
export const ALONE = [];
