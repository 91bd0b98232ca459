//! What every exported function is wrapped in: a panic becomes a value, an error becomes a status and an object.

use crate::error::Error;
use crate::number::POLAR_LICENSE_OK;
use crate::pointer;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Runs `work`; `fallback` where it panics. `function` is the name of the exported function.
pub(crate) fn guarded<T>(function: &str, fallback: T, work: impl FnOnce() -> T) -> T {
    // what a panic could leave half done is either dropped with the closure or behind a lock that is taken anyway
    let result = catch_unwind(AssertUnwindSafe(|| {
        panic_if_asked(function);
        work()
    }));
    result.unwrap_or(fallback)
}

/// Runs `work` and says how it ended: the status, and with it an object at `error`, or NULL there where all is well.
pub(crate) fn status(function: &str, error: *mut *mut Error, work: impl FnOnce() -> Result<(), Error>) -> i32 {
    let result = guarded(function, None, || Some(work())).unwrap_or_else(|| Err(Error::panicked(function)));
    match result {
        Ok(()) => {
            pointer::put(error, ptr::null_mut());
            POLAR_LICENSE_OK
        }
        Err(failure) => {
            let status = failure.status();
            if !error.is_null() {
                pointer::put(error, pointer::give(failure));
            }
            status
        }
    }
}

/// `POLAR_LICENSE_TEST_PANIC` names the exported function that panics, or `*` for all of them.
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
