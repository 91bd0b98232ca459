// Which tests are Vitest's.
export default { test: { include: ["tests/*.vitest.mjs"] } };
