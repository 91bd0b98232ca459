//! The customer portal, in a library with the feature `portal`: what begins with a license. Codes, tokens and addresses
//! are wiped when the object that has them is freed, and are in no error and no line of the log.
//!
//! ```text
//!  checkout · session · success_page      operations that wait
//!  restored                               how restoring ended
//!  code_request · device · license_key    what is listed
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

/// Has a code mailed to the address of the purchase: for a customer who lost the key, or whose machine is dead. Nobody
/// can tell whether the address is known: show polar_license_code_request_message(), which has the address in it.
///
/// `email` is what the user typed. `request` must not be NULL; it gets the result, to free with
/// polar_license_code_request_free(), or NULL if this fails. `error` may be NULL; otherwise it gets an error to free
/// with polar_license_error_free(), or NULL on success. Callable from any thread; blocks, 15 s at most, for the network
/// and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT for what is no e-mail address;
/// POLAR_LICENSE_ERR_RATE_LIMITED with polar_license_error_retry_after_ms() if too many codes were requested or tried,
/// by whatever process; POLAR_LICENSE_ERR_STORAGE if that cannot be counted: then nothing was sent;
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

/// Has a code mailed for one of several customers with the same address: the one at `customer`, from 0, of a request
/// that ended with POLAR_LICENSE_CODE_CHOOSE.
///
/// `chosen_from` stays the caller's. Everything else is as for polar_license_portal_request_code();
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

/// Begins a session with the code from the mail. It is trimmed and written in capital letters, and refused without a
/// request if it cannot be a code.
///
/// `session` must not be NULL; it gets one to free with polar_license_session_free(), or NULL if this fails. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from
/// any thread; blocks, 15 s at most, for the network and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT for a code that is wrong or has expired; otherwise as
/// polar_license_portal_request_code(). If Polar did not answer, the code may be used up: ask for another one.
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

/// Begins a session by accepting an invitation to a team: its token, or the link in its mail. It works once. The key
/// comes a moment later: go on with polar_license_session_restore_when_granted().
///
/// Ownership, threads and blocking are as for polar_license_portal_authenticate().
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if the invitation was used or has expired;
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT for what is no invitation. With polar_license_error_maybe_applied() it may have
/// been accepted; a code by e-mail does the same then.
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

/// Begins a session with a customer's token that the vendor's backend hands over. Sends nothing. Wipe your own copy of
/// it. For one that a browser brings see polar_license_success_page_wait().
///
/// Ownership is as for polar_license_portal_authenticate(). Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for what cannot be a token.
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

/// Makes a checkout by the vendor's link, "https://buy.polar.sh/polar_cl_...": open polar_license_checkout_address() in
/// a browser, and call polar_license_checkout_follow(). Parameters of the link are kept, except those that name the
/// buyer.
///
/// `checkout` must not be NULL; it gets one to free with polar_license_checkout_free(), or NULL if this fails. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from
/// any thread; blocks, 10 s at most, for the network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT for what is no link; POLAR_LICENSE_ERR_REFUSED if Polar
/// does not know it; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer.
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

/// A checkout that the vendor's backend has made, by its client secret. Sends nothing.
///
/// Ownership is as for polar_license_portal_checkout(). Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for what cannot be a client secret.
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
