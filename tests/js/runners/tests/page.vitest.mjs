// @vitest-environment jsdom
// In Vitest, for code of a page.
import { expect, test, vi } from "vitest";
import { suite } from "./shared.mjs";

suite({ test, expect, fakeTimers: () => vi.useFakeTimers(), realTimers: () => vi.useRealTimers(), inPage: true });
