/**
 * The time that tests give other people's programs (browsers, bundlers, emulators) before they count as hanging. Ten
 * minutes, because a shared machine can be slow, and a failure that only the machine caused says nothing.
 */
export const PATIENCE_MS = 600_000;
