// Assertions about what the package returns.

import { LicenseError } from "polar-license";

import { holds } from "./demand.mjs";

export { equal, holds } from "./demand.mjs";

/** Returns the `LicenseError` with which `promise` rejects. */
export async function rejection(promise, what = "it") {
  const error = await promise.then(
    () => undefined,
    (error) => ({ error }),
  );
  holds(error, `${what} resolved`);
  holds(error.error instanceof LicenseError, `${what} rejected with ${String(error.error?.stack ?? error.error)}`);
  return error.error;
}
