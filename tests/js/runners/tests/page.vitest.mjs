// @vitest-environment jsdom
// Runs the shared tests in Vitest, as code that runs on a page.
import { expect, test, vi } from "vitest";
import { suite } from "./shared.mjs";

suite({ test, expect, fakeTimers: () => vi.useFakeTimers(), realTimers: () => vi.useRealTimers(), inPage: true });
