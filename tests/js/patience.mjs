/**
 * The time that tests give to other people's programs, such as browsers, bundlers and emulators, before they count as
 * hanging. It is ten minutes, because a shared machine can be slow, and a test that fails for this reason says nothing
 * about the package.
 */
export const PATIENCE_MS = 600_000;
