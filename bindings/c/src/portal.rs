//! The functions of the customer portal that take a license, in a library with the feature `portal`. Codes, tokens and
//! addresses are wiped when the object that holds them is freed, and never occur in an error or in the log.
//!
//! ```text
//!  checkout · session · success_page      operations that wait
//!  restored                               how restoring ended
//!  code_request · device · license_key    the objects in lists
//!  progress                               waiting with a callback
//! ```
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

pub(crate) mod progress;

// in the order of the header
pub(crate) mod code_request;
pub(crate) mod session;

pub(crate) mod restored;

pub(crate) mod license_key;

pub(crate) mod device;

pub(crate) mod checkout;

pub(crate) mod success_page;

use crate::client::License;
use crate::error::Error;
use crate::{argument, object};
use checkout::Checkout;
use code_request::CodeRequest;
use session::Session;
use std::ffi::c_char;

/// Makes Polar e-mail a code to the address of the purchase: for a customer who lost the key, or whose device is dead.
/// Polar does not tell whether it knows the address: show polar_license_code_request_message(), which contains the
/// address.
///
/// `email` is the text that the user typed. `request` must not be NULL; it gets the result, to free with
/// polar_license_code_request_free(), or NULL on failure. `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL on success. Callable from any thread. Blocks on the network and the disk, 15 s
/// at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `email` is not an e-mail address;
/// POLAR_LICENSE_ERR_RATE_LIMITED with polar_license_error_retry_after_ms() if too many codes were requested or tried,
/// by this or another process; POLAR_LICENSE_ERR_STORAGE if the try cannot be counted, in which case nothing was sent;
/// POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER or _CANCELLED if Polar did not answer.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_request_code(
    license: *const License,
    email: *const c_char,
    request: *mut *mut CodeRequest,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_request_code", "request", request, error, || {
        let portal = License::portal(license)?;
        Ok(CodeRequest::new(portal.request_code(argument::string("email", email)?)?))
    })
}

/// Makes Polar e-mail a code to one of several customers with the same address: the one at `customer`, which counts
/// from 0, of a request that ended with POLAR_LICENSE_CODE_CHOOSE.
///
/// `chosen_from` remains the caller's. Everything else is as for polar_license_portal_request_code(). Returns
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if there is no such customer.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_request_code_for(
    license: *const License,
    chosen_from: *const CodeRequest,
    customer: usize,
    request: *mut *mut CodeRequest,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_request_code_for", "request", request, error, || {
        let portal = License::portal(license)?;
        let (choice, customer) = argument::object("chosen_from", chosen_from)?.choice(customer)?;
        Ok(CodeRequest::new(portal.request_code_for(choice, customer)?))
    })
}

/// Starts a session with the code from the e-mail. The code is trimmed and converted to capital letters. A text that
/// cannot be a code is refused without a request.
///
/// `session` must not be NULL; it gets a session to free with polar_license_session_free(), or NULL on failure. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from
/// any thread. Blocks on the network and the disk, 15 s at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if the code is wrong or has expired; otherwise as
/// polar_license_portal_request_code(). If Polar did not answer, the code may be used up: request another one.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_authenticate(
    license: *const License,
    code: *const c_char,
    session: *mut *mut Session,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_portal_authenticate", "session", session, error, || {
        let portal = License::portal(license)?;
        Ok(Session::new(portal.authenticate(argument::string("code", code)?)?))
    })
}

/// Starts a session by accepting an invitation to a team. `invitation` is its token, or the link in its e-mail, and
/// works once. The key arrives a moment later: continue with polar_license_session_restore_when_granted().
///
/// Ownership, threads and blocking are as for polar_license_portal_authenticate().
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if the invitation was used or has expired;
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if `invitation` is not an invitation. With polar_license_error_maybe_applied() it
/// may have been accepted; then a code by e-mail starts the session.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_claim_seat(
    license: *const License,
    invitation: *const c_char,
    session: *mut *mut Session,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_portal_claim_seat", "session", session, error, || {
        let portal = License::portal(license)?;
        Ok(Session::new(portal.claim_seat(argument::string("invitation", invitation)?)?))
    })
}

/// Starts a session with a customer's token from the vendor's backend. Sends nothing. Wipe your own copy of the token.
/// For a token from a browser see polar_license_success_page_wait().
///
/// Ownership is as for polar_license_portal_authenticate(). Callable from any thread. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `token` cannot be a token.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_session_from_token(
    license: *const License,
    token: *const c_char,
    session: *mut *mut Session,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_portal_session_from_token", "session", session, error, || {
        let portal = License::portal(license)?;
        Ok(Session::new(portal.session_from_token(argument::string("token", token)?)?))
    })
}

/// Creates a checkout with the vendor's link, "https://buy.polar.sh/polar_cl_...". Open
/// polar_license_checkout_address() in a browser, and call polar_license_checkout_follow(). Keeps the link's
/// parameters, except those that name the buyer.
///
/// `checkout` must not be NULL; it gets a checkout to free with polar_license_checkout_free(), or NULL on failure.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread. Blocks on the network, 10 s at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `link` is not such a link; POLAR_LICENSE_ERR_REFUSED
/// if Polar does not know it; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did
/// not answer.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_checkout(
    license: *const License,
    link: *const c_char,
    checkout: *mut *mut Checkout,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_portal_checkout", "checkout", checkout, error, || {
        let portal = License::portal(license)?;
        Ok(Checkout::new(portal.checkout(argument::string("link", link)?)?))
    })
}

/// Creates a checkout object for a checkout of the vendor's backend, by its client secret. Sends nothing.
///
/// Ownership is as for polar_license_portal_checkout(). Callable from any thread. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `client_secret` cannot be a client secret.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_checkout_from_secret(
    license: *const License,
    client_secret: *const c_char,
    checkout: *mut *mut Checkout,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_portal_checkout_from_secret", "checkout", checkout, error, || {
        let portal = License::portal(license)?;
        Ok(Checkout::new(portal.checkout_from_secret(argument::string("client_secret", client_secret)?)?))
    })
}
