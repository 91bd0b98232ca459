// Selects Vitest's tests.
export default { test: { include: ["tests/*.vitest.mjs"] } };
