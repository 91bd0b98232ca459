//! Reports the progress of an operation to the app while the operation waits.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::{Names, UNKNOWN};
use crate::guard::guarded;
use crate::text;
use polar_license::portal::{Progress, Stage};
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;

/// A callback for the progress of an operation that waits for an event, such as a payment. It is called before each
/// wait. `stage` is the event, one of POLAR_LICENSE_STAGE_.... `waited_ms` is the time for which the operation has
/// waited so far, and `next_in_ms` is the time until Polar is asked again. If the callback returns 0, the operation
/// continues. If it returns another number, the operation fails with POLAR_LICENSE_ERR_CANCELLED. The callback runs on
/// the thread that called the operation, and never after the operation has returned. The library holds no locks during
/// the call. The callback may call this library, but must not free the objects that the operation uses.
pub type ProgressCallback =
    Option<extern "C" fn(user_data: *mut c_void, stage: i32, waited_ms: u64, next_in_ms: u64) -> i32>;

/// Returns the name of a stage, such as "granting", or "unknown" for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_stage_name(stage: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_stage_name", text::fixed(UNKNOWN), || {
        NAMES.find(stage, Stage::ALL.iter().map(|stage| (stage.number(), stage.as_str())))
    })
}

/// Returns the function that the core calls before each wait. The returned function calls `callback`. If `callback` is
/// NULL, the operation just continues.
pub(crate) fn reporter(callback: ProgressCallback, user_data: *mut c_void) -> impl FnMut(Progress) -> ControlFlow<()> {
    let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    move |progress| {
        let Some(callback) = callback else { return ControlFlow::Continue(()) };
        let (waited, next_in) = (milliseconds(progress.waited()), milliseconds(progress.next_in()));
        match callback(user_data, progress.stage().number(), waited, next_in) {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}
