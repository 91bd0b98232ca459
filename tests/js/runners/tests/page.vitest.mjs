// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { suite } from "./shared.mjs";

suite({ test, expect, fakeTimers: () => vi.useFakeTimers(), realTimers: () => vi.useRealTimers(), inPage: true });
