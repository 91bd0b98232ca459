// Runs the shared tests in jest, as code that runs in Node.
const { suite } = require("./shared.cjs");

suite({ test, expect, fakeTimers: () => jest.useFakeTimers(), realTimers: () => jest.useRealTimers(), inPage: false });
