//! Licenses for computers that are never online: request, answer, import, return and release.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::client::{License, shared};
use crate::decision::Decision;
use crate::error::Error;
use crate::guard::guarded;
use crate::{argument, call, object, pointer, text};
use std::ffi::{CString, c_char};
use std::ptr;
use zeroize::Zeroizing;

/// A text that a user carries from one computer to another: a request, an answer or a return. It is one line of
/// letters, digits and hyphens. Answers and returns contain the license key: do not log them, and keep them as safe as
/// the key.
///
/// A text comes from polar_license_offline_request(), polar_license_offline_answer() or polar_license_offline_return().
/// Free it with polar_license_offline_text_free(), before or after you free the license. A text does not change, and
/// may be read from several threads at once.
pub struct OfflineText(Zeroizing<CString>);

impl OfflineText {
    fn new(text: String) -> Self {
        Self(text::secret(&Zeroizing::new(text)))
    }
}

/// Returns the text as a string, or NULL if `text` is NULL.
///
/// The string belongs to the text and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_text_string(text: *const OfflineText) -> *const c_char {
    guarded("polar_license_offline_text_string", ptr::null(), || {
        text::borrowed(pointer::borrow(text).map(|text| &*text.0))
    })
}

/// Wipes the text, and frees it with its string. NULL is allowed.
///
/// Free each text once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_text_free(text: *mut OfflineText) {
    guarded("polar_license_offline_text_free", (), || pointer::free(text));
}

/// Creates a request for a license, on a computer that is never online. The request does not contain the license key.
/// On any computer with a network and the same options, polar_license_offline_answer() turns the request and the key
/// into an answer. As long as no answer was imported, every call returns the same request, for as long as a license would
/// be valid. Requires polar_license_options_set_air_gap_days().
///
/// `request` must not be NULL; it gets the text, to free with polar_license_offline_text_free(), or NULL on failure.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread. Blocks on the disk, and on another operation that is running, 10 s at most; never on the
/// network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days;
/// POLAR_LICENSE_ERR_STORAGE if the request cannot be stored, so its answer could not be imported;
/// POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_request(
    license: *const License,
    request: *mut *mut OfflineText,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_offline_request", "request", request, error, || {
        Ok(OfflineText::new(shared(license)?.client.offline_request()?))
    })
}

/// Answers the request of a computer that is never online: activates the key for that computer, and creates the text to
/// import there. A seat that the computer already has is used again. The license of this computer does not change. This
/// computer remembers the seats of the other one in a record beside its own, so `license` must not have a store of the
/// app. Both computers need the same options.
///
/// `request` and `key` are the texts that the user typed or pasted; they are copied. `answer` must not be NULL; it gets
/// the text, to free with polar_license_offline_text_free(), or NULL on failure. `decision` may be NULL; otherwise it
/// gets the decision for the other computer, to free with polar_license_decision_free(), or NULL on failure. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. The decision of
/// the error is that of the other computer, too. Callable from any thread. Blocks on the network and the disk, 35 s at
/// most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `request` is not a request that this app can answer,
/// or if `key` cannot be a license key, in which case nothing was sent, and polar_license_error_message() tells the
/// user what to do; POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days, or if `license` has a store of
/// the app; or an error that polar_license_activate() returns. If polar_license_error_maybe_applied() returns 1, a seat
/// may have been taken: call this function again with the same request, because the seat is remembered.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_answer(
    license: *const License,
    request: *const c_char,
    key: *const c_char,
    answer: *mut *mut OfflineText,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    object::make("polar_license_offline_answer", "answer", answer, error, || {
        let license = shared(license)?;
        let (request, key) = (argument::string("request", request)?, argument::string("key", key)?);
        let answered = license.client.offline_answer(request, key)?;
        pointer::pass(decision, Decision::new(answered.decision));
        Ok(OfflineText::new(answered.text))
    })
}

/// Imports the answer to the latest request of this computer, which is never online. The license is active at once,
/// until polar_license_decision_offline_ends_at_ms(). If the same answer is imported again, nothing changes.
///
/// `answer` is the text that the user typed or pasted; it is copied. `decision` and `error` may be NULL. On success,
/// `decision` gets a decision to free with polar_license_decision_free(), and `error` gets NULL. On failure, `error`
/// gets an error to free with polar_license_error_free(), and `decision` gets NULL. Callable from any thread. Blocks on
/// the disk, and on another operation that is running, 10 s at most; never on the network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `answer` is damaged, belongs to another device or
/// product, or answers an older request; POLAR_LICENSE_ERR_REFUSED if the options do not accept the license;
/// POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days; POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED. After
/// any of these errors, the license on this device is unchanged, and polar_license_error_message() tells the user what
/// to do. Returns POLAR_LICENSE_ERR_STORAGE if the license cannot be stored; it then works until the app ends.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_import(
    license: *const License,
    answer: *const c_char,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    call::run("polar_license_offline_import", error, || {
        let license = shared(license)?;
        let imported = license.client.offline_import(argument::string("answer", answer)?)?;
        pointer::pass(decision, Decision::new(imported));
        Ok(())
    })
}

/// Removes the license from this computer, which is never online, and creates a text that gives up its seat. The seat
/// is free when any computer with a network has called polar_license_offline_release() with the text. If the text is
/// lost, call this function again, or remove the device in Polar's customer portal.
///
/// `returned` must not be NULL; it gets the text, to free with polar_license_offline_text_free(), or NULL on failure.
/// It also gets NULL if the license took no seat, so there is nothing to release. `decision` may be NULL; otherwise it
/// gets the decision after the license was removed, to free with polar_license_decision_free(), or NULL on failure.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread. Blocks on the disk, and on another operation that is running, 10 s at most; never on the
/// network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license on this device, and no seat to give
/// up; POLAR_LICENSE_ERR_STORAGE if the license cannot be removed, in which case it is unchanged;
/// POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_return(
    license: *const License,
    returned: *mut *mut OfflineText,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    object::make_optional("polar_license_offline_return", "returned", returned, error, || {
        let given_up = shared(license)?.client.offline_return()?;
        pointer::pass(decision, Decision::new(given_up.decision));
        Ok(given_up.text.map(OfflineText::new))
    })
}

/// Releases the seats that a computer without a network has given up with polar_license_offline_return(). The license
/// of this computer does not change. `license` must not have a store of the app.
///
/// `returned` is the text that the user typed or pasted; it is copied. `deactivated`, `decision` and `error` may be
/// NULL. On success, `deactivated` gets the outcome for the seats, one of POLAR_LICENSE_DEACTIVATED_...; `decision`
/// gets the decision of the other computer, to free with polar_license_decision_free(); and `error` gets NULL. On
/// failure, `error` gets an error to free with polar_license_error_free(), and `decision` gets NULL. Callable from any
/// thread. Blocks on the network and the disk, 35 s at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `returned` is not a return that this app can read,
/// or POLAR_LICENSE_ERR_STORAGE if the record of the other computer cannot be written: in both cases nothing was sent;
/// POLAR_LICENSE_ERR_INVALID_CONFIG if `license` has a store of the app; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER,
/// _RATE_LIMITED or _CANCELLED if Polar did not answer, in which case the same call can be repeated.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_offline_release(
    license: *const License,
    returned: *const c_char,
    deactivated: *mut i32,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    call::run("polar_license_offline_release", error, || {
        let license = shared(license)?;
        let released = license.client.offline_release(argument::string("returned", returned)?)?;
        pointer::write(deactivated, released.deactivated.number());
        pointer::pass(decision, Decision::new(released.decision));
        Ok(())
    })
}
