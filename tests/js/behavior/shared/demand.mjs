// Assertions for tests. A failure names the expected and the actual value.

export function equal(actual, expected, what) {
  const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value) ?? String(value));
  if (is !== wanted) throw new Error(`${what}: expected ${wanted}, got ${is}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}
