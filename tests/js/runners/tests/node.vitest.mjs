// Runs the shared tests in Vitest, as code that runs in Node.
import { expect, test, vi } from "vitest";
import { suite } from "./shared.mjs";

suite({ test, expect, fakeTimers: () => vi.useFakeTimers(), realTimers: () => vi.useRealTimers(), inPage: false });
