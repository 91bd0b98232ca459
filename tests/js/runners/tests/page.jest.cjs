/** @jest-environment jsdom */
const { suite } = require("./shared.cjs");

suite({ test, expect, fakeTimers: () => jest.useFakeTimers(), realTimers: () => jest.useRealTimers(), inPage: true });
