//! `polar_license_error`: the reason why a call failed.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::{OK, POLAR_LICENSE_ABSENT, REASON_UNSET};
use crate::decision::Decision;
use crate::guard::guarded;
use crate::{pointer, text};
use polar_license::{ErrorKind, NextStep, Reason};
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;

/// The reason why a call failed. A function that fails stores an error through its `error` argument, if the argument is
/// not NULL. Free the error with polar_license_error_free(). An error does not change, and may be read from several
/// threads at once.
pub struct Error {
    error: polar_license::Error,
    decision: Option<Box<Decision>>,
    message: OnceLock<CString>,
    detail: OnceLock<CString>,
    next_url: OnceLock<Option<CString>>,
    json: OnceLock<CString>,
}

impl Error {
    /// Creates an error that this crate itself reports: a mistake that only a C caller can make, or a panic.
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        polar_license::Error::new(kind, detail).into()
    }

    pub(crate) fn panicked(function: &str) -> Self {
        Self::new(ErrorKind::Internal, format!("a defect in this library: {function} panicked"))
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    pub(crate) fn detail(&self) -> &str {
        self.error.detail()
    }
}

impl From<polar_license::Error> for Error {
    fn from(error: polar_license::Error) -> Self {
        let decision = error.decision().cloned().map(|decision| Box::new(Decision::new(decision)));
        Self {
            error,
            decision,
            message: OnceLock::new(),
            detail: OnceLock::new(),
            next_url: OnceLock::new(),
            json: OnceLock::new(),
        }
    }
}

/// Returns the kind of the error, one of POLAR_LICENSE_ERR_.... It is the number that the failed function returned.
/// Returns POLAR_LICENSE_OK if `error` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_kind(error: *const Error) -> i32 {
    guarded("polar_license_error_kind", ErrorKind::Internal.number(), || {
        pointer::borrow(error).map_or(OK, |error| error.kind().number())
    })
}

/// Returns one sentence for the user, which says what happened and what to do. The sentence is in English unless the
/// options provide another one. It contains neither the license key nor personal data. Never returns NULL; returns an
/// empty string if `error` is NULL.
///
/// The string belongs to the error and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_message(error: *const Error) -> *const c_char {
    guarded("polar_license_error_message", text::fixed(c""), || {
        let message = |error: &Error| text::owned(error.error.message());
        pointer::borrow(error)
            .map_or(text::fixed(c""), |error| text::borrowed(Some(error.message.get_or_init(|| message(error)))))
    })
}

/// Returns one line for developers and logs, in English. It says what went wrong and, if that is known, what to do, and
/// contains neither the license key nor personal data. Never returns NULL; returns an empty string if `error` is NULL.
///
/// The string belongs to the error and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_detail(error: *const Error) -> *const c_char {
    guarded("polar_license_error_detail", text::fixed(c""), || {
        let detail = |error: &Error| text::owned(error.detail());
        pointer::borrow(error)
            .map_or(text::fixed(c""), |error| text::borrowed(Some(error.detail.get_or_init(|| detail(error)))))
    })
}

/// Returns the reason why Polar denied the key, or why the options do not accept it: one of POLAR_LICENSE_REASON_....
/// Returns POLAR_LICENSE_REASON_UNSET if the kind of the error is not POLAR_LICENSE_ERR_REFUSED, or if `error` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_reason(error: *const Error) -> i32 {
    guarded("polar_license_error_reason", REASON_UNSET, || {
        let reason = pointer::borrow(error).and_then(|error| error.error.reason());
        reason.map_or(REASON_UNSET, Reason::number)
    })
}

/// Returns what the user can do about the error, one of POLAR_LICENSE_NEXT_.... This can differ from the next step of
/// polar_license_error_decision(), which is about the license on this device. For example, if Polar refuses a key that
/// the user has just entered, the license on this device can still be valid. Returns POLAR_LICENSE_NEXT_NONE if `error`
/// is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_next_step(error: *const Error) -> i32 {
    guarded("polar_license_error_next_step", NextStep::None.number(), || {
        pointer::borrow(error).map_or(NextStep::None, |error| error.error.next_step()).number()
    })
}

/// Returns the address of the vendor's page for the next step. Returns NULL if the options have no page for this step,
/// or if `error` is NULL.
///
/// The string belongs to the error and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_next_url(error: *const Error) -> *const c_char {
    guarded("polar_license_error_next_url", ptr::null(), || {
        let url = |error: &Error| error.error.next_url().map(text::owned);
        text::borrowed(pointer::borrow(error).and_then(|error| error.next_url.get_or_init(|| url(error)).as_ref()))
    })
}

/// Returns how many milliseconds to wait before trying again. Returns POLAR_LICENSE_ABSENT if that is unknown, or if
/// `error` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_retry_after_ms(error: *const Error) -> i64 {
    guarded("polar_license_error_retry_after_ms", POLAR_LICENSE_ABSENT, || {
        let wait = pointer::borrow(error).and_then(|error| error.error.retry_after());
        wait.map_or(POLAR_LICENSE_ABSENT, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Returns 1 if Polar may have carried out the request although no reply arrived: a seat may have been taken, or uses
/// may have been counted. Returns 0 otherwise, or if `error` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_maybe_applied(error: *const Error) -> i32 {
    guarded("polar_license_error_maybe_applied", 0, || {
        pointer::borrow(error).is_some_and(|error| error.error.maybe_applied()).into()
    })
}

/// Returns the decision after the failure. A failed operation leaves an earlier license unchanged, so the decision can
/// still allow access. Returns NULL if nothing was attempted, or if `error` is NULL.
///
/// The decision belongs to the error and lives until polar_license_error_free(); do not free it. Callable from any
/// thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_decision(error: *const Error) -> *const Decision {
    guarded("polar_license_error_decision", ptr::null(), || {
        pointer::borrow(error).and_then(|error| error.decision.as_deref()).map_or(ptr::null(), ptr::from_ref)
    })
}

/// Returns everything about the error as one JSON object: the members of the decision after the failure, and a member
/// `error`. Returns NULL if `error` is NULL.
///
/// The string belongs to the error and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_json(error: *const Error) -> *const c_char {
    guarded("polar_license_error_json", ptr::null(), || {
        let json = |error: &Error| text::owned(&error.error.to_json());
        text::borrowed(pointer::borrow(error).map(|error| error.json.get_or_init(|| json(error))))
    })
}

/// Frees the error and every string and decision borrowed from it. NULL is allowed.
///
/// Free each error once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_free(error: *mut Error) {
    guarded("polar_license_error_free", (), || pointer::free(error));
}
