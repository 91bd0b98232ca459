/** @jest-environment jsdom */
// In jest, for code of a page.
const { suite } = require("./shared.cjs");

suite({ test, expect, fakeTimers: () => jest.useFakeTimers(), realTimers: () => jest.useRealTimers(), inPage: true });
