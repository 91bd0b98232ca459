//! `polar_license_error`: why a call did not do what was asked.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::guarded;
use crate::decision::Decision;
use crate::number::{
    POLAR_LICENSE_ABSENT, POLAR_LICENSE_ERR_INTERNAL, POLAR_LICENSE_ERR_INVALID_ARGUMENT, POLAR_LICENSE_OK,
    POLAR_LICENSE_REASON_UNSET, of_kind, of_reason,
};
use crate::{pointer, text};
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;

/// Why a call did not do what was asked. Made where a function is given a place for it, and freed with
/// polar_license_error_free(). Does not change; may be read from several threads at once.
pub struct Error {
    source: Source,
    decision: Option<Box<Decision>>,
    message: OnceLock<CString>,
    json: OnceLock<CString>,
}

/// Where it comes from.
enum Source {
    Core(polar_license::Error),
    /// What only a caller from C can do wrong, or a panic.
    Here {
        status: i32,
        kind: &'static str,
        message: String,
    },
}

impl Error {
    /// The caller passed something that cannot be right.
    pub(crate) fn argument(message: String) -> Self {
        Self::here(POLAR_LICENSE_ERR_INVALID_ARGUMENT, "invalid_argument", message)
    }

    pub(crate) fn panicked(function: &str) -> Self {
        Self::internal(&format!("a defect in this library: {function} panicked"))
    }

    pub(crate) fn internal(message: &str) -> Self {
        Self::here(POLAR_LICENSE_ERR_INTERNAL, "internal", message.to_owned())
    }

    pub(crate) fn status(&self) -> i32 {
        match &self.source {
            Source::Core(error) => of_kind(error.kind()),
            Source::Here { status, .. } => *status,
        }
    }

    pub(crate) fn message(&self) -> String {
        match &self.source {
            Source::Core(error) => error.to_string(),
            Source::Here { message, .. } => message.clone(),
        }
    }

    fn here(status: i32, kind: &'static str, message: String) -> Self {
        Self::new(Source::Here { status, kind, message }, None)
    }

    fn new(source: Source, decision: Option<Box<Decision>>) -> Self {
        Self { source, decision, message: OnceLock::new(), json: OnceLock::new() }
    }

    fn core(&self) -> Option<&polar_license::Error> {
        match &self.source {
            Source::Core(error) => Some(error),
            Source::Here { .. } => None,
        }
    }

    /// The same members as the core's.
    fn to_json(&self) -> String {
        match &self.source {
            Source::Core(error) => error.to_json(),
            // these messages are this crate's own, with argument names in them and nothing that needs escaping
            Source::Here { kind, message, .. } => format!(
                r#"{{"error":{{"kind":"{kind}","reason":null,"message":"{message}","retryAfterMs":null,"maybeApplied":false}}}}"#
            ),
        }
    }
}

impl From<polar_license::Error> for Error {
    fn from(error: polar_license::Error) -> Self {
        let decision = error.decision().cloned().map(|decision| Box::new(Decision::new(decision)));
        Self::new(Source::Core(error), decision)
    }
}

/// The same number that the failed function returned; POLAR_LICENSE_OK for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_status(error: *const Error) -> i32 {
    guarded("polar_license_error_status", POLAR_LICENSE_ERR_INTERNAL, || {
        pointer::look(error).map_or(POLAR_LICENSE_OK, Error::status)
    })
}

/// One line for people, in English, without the license key and without personal data: what went wrong and, where that
/// is known, what to do. Empty for NULL; never NULL.
///
/// The text belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_message(error: *const Error) -> *const c_char {
    guarded("polar_license_error_message", text::fixed(c""), || {
        let message = |error: &Error| text::owned(&error.message());
        pointer::look(error)
            .map_or(text::fixed(c""), |error| text::borrowed(Some(error.message.get_or_init(|| message(error)))))
    })
}

/// Why Polar or the options said no, where the status is POLAR_LICENSE_ERR_REFUSED: one of POLAR_LICENSE_REASON_....
/// POLAR_LICENSE_REASON_UNSET otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_reason(error: *const Error) -> i32 {
    guarded("polar_license_error_reason", POLAR_LICENSE_REASON_UNSET, || {
        of_reason(pointer::look(error).and_then(Error::core).and_then(polar_license::Error::reason))
    })
}

/// How many milliseconds to wait before trying again; POLAR_LICENSE_ABSENT where that is not known, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_retry_after_ms(error: *const Error) -> i64 {
    guarded("polar_license_error_retry_after_ms", POLAR_LICENSE_ABSENT, || {
        let wait = pointer::look(error).and_then(Error::core).and_then(polar_license::Error::retry_after);
        wait.map_or(POLAR_LICENSE_ABSENT, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// 1 if Polar may have done what was asked although no answer came back: a seat may be taken, usage may be counted.
/// 0 otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_maybe_applied(error: *const Error) -> i32 {
    guarded("polar_license_error_maybe_applied", 0, || {
        pointer::look(error).and_then(Error::core).is_some_and(polar_license::Error::maybe_applied).into()
    })
}

/// The decision that holds after the failure: a failed operation leaves a license already held as it was. NULL where
/// nothing was tried, and for NULL.
///
/// The decision belongs to the error and lives until polar_license_error_free(); do not free it. Callable from any
/// thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_decision(error: *const Error) -> *const Decision {
    guarded("polar_license_error_decision", ptr::null(), || {
        pointer::look(error).and_then(|error| error.decision.as_deref()).map_or(ptr::null(), ptr::from_ref)
    })
}

/// Everything about the error as one JSON object: the decision that holds, with a member `error` added. NULL for NULL.
///
/// The text belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_json(error: *const Error) -> *const c_char {
    guarded("polar_license_error_json", ptr::null(), || {
        text::borrowed(pointer::look(error).map(|error| error.json.get_or_init(|| text::owned(&error.to_json()))))
    })
}

/// Frees the error and every text and decision borrowed from it. NULL is fine.
///
/// Each error is freed once, when no thread uses it any more. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_error_free(error: *mut Error) {
    guarded("polar_license_error_free", (), || pointer::take(error));
}
