//! Wraps every exported function, so that a panic never reaches the caller. Imports nothing from this crate.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` and returns its result, or returns `fallback` if `work` panics. `function` is the name of the exported
/// function.
pub(crate) fn guarded<T>(function: &str, fallback: T, work: impl FnOnce() -> T) -> T {
    // A panic could leave some state incomplete. State that only the closure uses is dropped together with the closure.
    // All other state is behind locks, which ignore poisoning so that later calls can use the state.
    let result = catch_unwind(AssertUnwindSafe(|| {
        panic_if_asked(function);
        work()
    }));
    result.unwrap_or(fallback)
}

/// Panics if the environment variable `POLAR_LICENSE_TEST_PANIC` is `*` or the name of the exported function.
#[cfg(feature = "test-panic")]
#[expect(clippy::panic, reason = "it is what this feature is for")]
fn panic_if_asked(function: &str) {
    let asked = std::env::var("POLAR_LICENSE_TEST_PANIC").unwrap_or_default();
    if asked == "*" || asked == function {
        panic!("asked to, in {function}");
    }
}

#[cfg(not(feature = "test-panic"))]
fn panic_if_asked(_: &str) {}
