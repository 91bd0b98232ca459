//! Reports the error of a function that can fail. The function returns the kind of the error, and stores the error
//! itself if the caller's pointer for it is not NULL.

use crate::codes::OK;
use crate::error::Error;
use crate::guard::guarded;
use crate::pointer;
use std::ptr;

/// Runs `work`. Returns [`OK`], or the kind of the error if `work` fails. If `error` is not NULL, stores the error at
/// `error`, or NULL if `work` succeeds.
pub(crate) fn run(function: &str, error: *mut *mut Error, work: impl FnOnce() -> Result<(), Error>) -> i32 {
    let result = guarded(function, None, || Some(work())).unwrap_or_else(|| Err(Error::panicked(function)));
    match result {
        Ok(()) => {
            pointer::write(error, ptr::null_mut());
            OK
        }
        Err(failure) => {
            let kind = failure.kind().number();
            pointer::pass(error, failure);
            kind
        }
    }
}
