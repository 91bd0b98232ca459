// What tests demand. A failure says what was expected and what was got.

import { LicenseError } from "polar-license";

export function equal(actual, expected, what) {
  const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value) ?? String(value));
  if (is !== wanted) throw new Error(`${what}: expected ${wanted}, got ${is}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** The typed error that `promise` rejects with. */
export async function rejection(promise, what = "it") {
  const error = await promise.then(
    () => undefined,
    (error) => ({ error }),
  );
  holds(error, `${what} resolved`);
  holds(error.error instanceof LicenseError, `${what} rejected with ${String(error.error?.stack ?? error.error)}`);
  return error.error;
}
