//! The functions of the customer portal that take a license, in a library with the feature `portal`. Every operation
//! takes a request in JSON and returns a reply. The app reads the reply's values with JSON pointers. The operations
//! that most dialogs need have a function of their own. The operations that take a text from the user have one too,
//! because C code would otherwise have to escape this text in JSON. Codes, tokens and addresses are wiped when the
//! reply is freed, and never occur in an error or in the log.
//!
//! ```text
//!  reply          results and their handles
//!  success_page   a page on this computer that a browser opens after a purchase, and that starts a session
//!  progress       the callback for the progress of an operation that waits
//! ```
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

pub(crate) mod progress;

// The header lists its functions in the order of these modules.
pub(crate) mod reply;

pub(crate) mod success_page;

use crate::client::License;
use crate::error::Error;
use crate::{argument, object};
use polar_license::portal::boundary::Request;
use progress::ProgressCallback;
use reply::Reply;
use std::ffi::{c_char, c_void};

/// Runs an operation of the customer portal. `request` is a JSON object: its member `call` is the name of the
/// operation, and its other members are the arguments. An argument such as `session` or `key` is a handle, which
/// polar_license_reply_handle() returns. docs/src/portal-operations.md lists the operations with their arguments and
/// replies.
///
/// `request` must not be NULL; the caller wipes it if it contains secrets. `progress` may be NULL; otherwise it is
/// called with `user_data` before each wait for an event, such as a payment, and can end the operation. `reply` must
/// not be NULL; it gets the reply, to free with polar_license_reply_free(), or NULL on failure. `error` may be NULL;
/// otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from any thread.
/// Blocks on the network and the disk. polar_license_cancel() ends the operation.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE, _NETWORK, _TIMEOUT, _SERVER, _CANCELLED, or
/// - POLAR_LICENSE_ERR_INVALID_ARGUMENT if the request or one of its arguments is not valid.
/// - POLAR_LICENSE_ERR_RATE_LIMITED if too many codes were requested or tried on this device.
///   polar_license_error_retry_after_ms() returns the time to wait.
/// - POLAR_LICENSE_ERR_REFUSED if a license key was refused, the session has ended, or the operation is not possible.
///   If a key was refused, polar_license_error_reason() returns the reason; otherwise it returns
///   POLAR_LICENSE_REASON_UNSET.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_call(
    license: *const License,
    request: *const c_char,
    progress: ProgressCallback,
    user_data: *mut c_void,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_call", "reply", reply, error, || {
        call(license, argument::string("request", request)?, progress, user_data)
    })
}

/// Asks Polar to mail a code to the address with which the license was bought. This helps a customer who lost the key
/// or whose device no longer works. Polar does not say whether it knows the address: show the reply's "/message",
/// which contains the address. If the reply's "/kind" is "choose", several customers have this address: let the user
/// choose one of the reply's "/customers", and call the operation `requestCodeFor` for this customer.
///
/// `email` is the text that the user typed. Everything else is as described for polar_license_portal_call(). Blocks for
/// 15 s at most.
/// Returns POLAR_LICENSE_ERR_STORAGE if the request cannot be counted against the limit of requests. In this case
/// nothing was sent.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_request_code(
    license: *const License,
    email: *const c_char,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_request_code", "reply", reply, error, || {
        let email = argument::string("email", email)?;
        call_once(license, Request::new("requestCode").text("email", email))
    })
}

/// Starts a session with the code from the e-mail. A session lasts an hour. The code is trimmed and converted to
/// capital letters. A text that cannot be a code is refused without a request. The reply is the session:
/// polar_license_reply_handle() returns its handle for the pointer "". Freeing the reply wipes the customer's token, so
/// free the reply when you close the dialog that uses the session.
///
/// Everything else is as described for polar_license_portal_call(). Blocks 15 s at most. If Polar did not answer, the
/// code may be used up: request another code.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_authenticate(
    license: *const License,
    code: *const c_char,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_authenticate", "reply", reply, error, || {
        let code = argument::string("code", code)?;
        call_once(license, Request::new("authenticate").text("code", code))
    })
}

/// Starts a session by accepting an invitation to a team. `invitation` is the token of the invitation, or the link from
/// the invitation's e-mail. An invitation works once. Polar issues the key a moment later: continue with the operation
/// `restoreWhenGranted` of polar_license_portal_call(). The reply is the session, as from
/// polar_license_portal_authenticate().
///
/// Everything else is as described for polar_license_portal_call(). Blocks 10 s at most.
/// Returns POLAR_LICENSE_ERR_REFUSED if the invitation was used or has expired. If the call fails and
/// polar_license_error_maybe_applied() returns 1, Polar may have accepted the invitation. In this case start the
/// session with a code by e-mail.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_claim_seat(
    license: *const License,
    invitation: *const c_char,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_claim_seat", "reply", reply, error, || {
        let invitation = argument::string("invitation", invitation)?;
        call_once(license, Request::new("claimSeat").text("invitation", invitation))
    })
}

/// Activates the customer's license key on this device: the key that is active here, or the only key that can be used.
/// The reply's "/kind" is one of the following. A later version may have more kinds: only "licensed" means that the
/// license is on this device.
/// - "licensed": the license is on this device.
/// - "choose": let the user choose one of "/keys".
/// - "no_seat": the key "/key" is in use on as many devices as it allows. Let the user choose one of "/devices/devices"
///   for polar_license_portal_release(), and then call polar_license_portal_activate().
///
/// Everything else is as described for polar_license_portal_call(). Sends a few requests, and blocks 10 s at most for
/// each. If a key is activated, the activation takes 35 s at most in addition.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_restore(
    license: *const License,
    session: u32,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_restore", "reply", reply, error, || {
        call_once(license, Request::new("restore").number("session", session))
    })
}

/// Activates the key `key` on this device. Call this function after the user has chosen the key, or after a seat of the
/// key was released.
///
/// Everything else is as described for polar_license_portal_restore().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_activate(
    license: *const License,
    session: u32,
    key: u32,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_activate", "reply", reply, error, || {
        call_once(license, Request::new("activate").number("session", session).number("key", key))
    })
}

/// Lists the customer's license keys that belong to this organization and to a benefit that the options accept. The
/// reply's "/keys" begins with the keys that can be used, sorted by expiry with the latest first.
///
/// Everything else is as described for polar_license_portal_call(). Blocks 10 s at most for each hundred keys.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_license_keys(
    license: *const License,
    session: u32,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_license_keys", "reply", reply, error, || {
        call_once(license, Request::new("licenseKeys").number("session", session))
    })
}

/// Lists the devices on which a key is active. If the reply's "/kind" is "listed", the devices are in "/devices". If
/// "/kind" is "hidden", the vendor does not show the devices, or there are none. In this case "/message" is a sentence
/// for the user.
///
/// Everything else is as described for polar_license_portal_call(). Sends a few requests, and blocks 10 s at most for
/// each.
/// Returns POLAR_LICENSE_ERR_REFUSED if the session has ended, or if the key no longer belongs to the customer.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_devices(
    license: *const License,
    session: u32,
    key: u32,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_devices", "reply", reply, error, || {
        call_once(license, Request::new("devices").number("session", session).number("key", key))
    })
}

/// Releases the seat of a device. If the device is this one, does the same as polar_license_deactivate(). Ask the user
/// first.
///
/// The reply's "/deactivated" is one of the following. After "unknown" and "key_unknown", list the keys and the devices
/// again.
/// - "released": the seat is free.
/// - "unknown": Polar has never known the seat, or no longer knows it.
/// - "key_unknown": Polar no longer knows the key.
///
/// Everything else is as described for polar_license_portal_call(). Blocks 35 s at most. If Polar did not answer, list
/// the devices again to see whether the seat was released.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_release(
    license: *const License,
    session: u32,
    device: u32,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_release", "reply", reply, error, || {
        call_once(license, Request::new("release").number("session", session).number("device", device))
    })
}

/// Creates a checkout with the vendor's link, "https://buy.polar.sh/polar_cl_...". Get the address of the checkout from
/// polar_license_reply_address(), open it in a browser, and call polar_license_portal_follow(). The parameters of the
/// link are kept, except the parameters that name the buyer.
///
/// Everything else is as described for polar_license_portal_call(). Blocks 10 s at most. Freeing the reply wipes the
/// address; the purchase goes on in the browser.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_checkout(
    license: *const License,
    link: *const c_char,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_checkout", "reply", reply, error, || {
        let link = argument::string("link", link)?;
        call_once(license, Request::new("checkout").text("link", link))
    })
}

/// Waits until the purchase is paid, `within_ms` at most, and then makes Polar e-mail a code to the buyer. The reply is
/// the purchase. Its "/code" has the same members as a reply of polar_license_portal_request_code(). Continue with
/// polar_license_portal_authenticate() and polar_license_portal_restore_purchase(). The buyer may close the page in the
/// browser while this function waits. This function may be called again after any error.
///
/// Everything else is as described for polar_license_portal_call().
/// Returns POLAR_LICENSE_ERR_TIMEOUT if the purchase was not paid in time; POLAR_LICENSE_ERR_REFUSED if the payment
/// failed or the checkout is older than a day; POLAR_LICENSE_ERR_CANCELLED if `progress` ended the operation.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_follow(
    license: *const License,
    checkout: u32,
    within_ms: u64,
    progress: ProgressCallback,
    user_data: *mut c_void,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_follow", "reply", reply, error, || {
        // The core reads numbers in JSON as signed 64-bit integers. A longer time is replaced by the largest such
        // integer; no wait lasts that long.
        let within_ms = within_ms.min(i64::MAX.unsigned_abs());
        let request = Request::new("follow").number("checkout", checkout).number("withinMs", within_ms);
        call(license, &request.json(), progress, user_data)
    })
}

/// Activates the key of a purchase. If Polar has not yet granted the key, waits up to five minutes for it.
///
/// `progress` may be NULL. Everything else is as described for polar_license_portal_restore().
/// Returns POLAR_LICENSE_ERR_TIMEOUT if the key has still not been granted, and POLAR_LICENSE_ERR_CANCELLED if
/// `progress` ended the operation.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_portal_restore_purchase(
    license: *const License,
    session: u32,
    purchase: u32,
    progress: ProgressCallback,
    user_data: *mut c_void,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_portal_restore_purchase", "reply", reply, error, || {
        let request = Request::new("restorePurchase").number("session", session).number("purchase", purchase);
        call(license, &request.json(), progress, user_data)
    })
}

/// Runs an operation that does not wait for an event and therefore reports no progress.
fn call_once(license: *const License, request: Request) -> Result<Reply, Error> {
    call(license, &request.json(), None, std::ptr::null_mut())
}

fn call(
    license: *const License,
    request: &str,
    progress: ProgressCallback,
    user_data: *mut c_void,
) -> Result<Reply, Error> {
    let (portal, handles) = License::portal(license)?;
    Ok(Reply::new(portal.call(request, &handles, progress::reporter(progress, user_data))?))
}
