/** @jest-environment jsdom */
// Runs the shared tests in jest, as code that runs on a page.
const { suite } = require("./shared.cjs");

suite({ test, expect, fakeTimers: () => jest.useFakeTimers(), realTimers: () => jest.useRealTimers(), inPage: true });
