//! `polar_license_success_page`: a page on this computer that a browser opens after a purchase.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use super::reply::Reply;
use crate::client::License;
use crate::error::Error;
use crate::guard::guarded;
use crate::{object, pointer, text};
use polar_license::blocking;
use std::ffi::{CString, c_char};
use std::ptr;
use std::time::Duration;
use zeroize::Zeroizing;

/// A page on this computer that a browser opens after a purchase. The browser passes the customer's token to the page.
/// Use a success page for a checkout that the vendor's backend creates. A checkout that was created with a link needs
/// no success page; call polar_license_portal_follow() instead. Offer another way to start a session too, because a
/// token may never arrive: Polar gives one to new buyers only, and the buyer may close the browser's page.
///
/// The page listens on the loopback interface only, and accepts a token only from somebody who knows the page's
/// address. It is created by polar_license_success_page_listen(), and freed with polar_license_success_page_free(),
/// before or after the license is freed.
pub struct SuccessPage {
    page: blocking::SuccessPage,
    address: Zeroizing<CString>,
}

/// Listens on the port `port` of 127.0.0.1. If `port` is 0, listens on any port that is free.
///
/// `page` must not be NULL; it gets the page, to free with polar_license_success_page_free(), or NULL on failure.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL if the port is taken, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if
/// `page` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_listen(
    port: u16,
    page: *mut *mut SuccessPage,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_success_page_listen", "page", page, error, || {
        let page = blocking::SuccessPage::listen(port)?;
        Ok(SuccessPage { address: text::secret(page.address()), page })
    })
}

/// Returns the success URL for the checkout. Only the vendor's backend should know it, because anybody who knows it can
/// send a token to this page. Returns NULL if `page` is NULL.
///
/// The string belongs to the page and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_address(page: *const SuccessPage) -> *const c_char {
    guarded("polar_license_success_page_address", ptr::null(), || {
        text::borrowed(pointer::borrow(page).map(|this| &*this.address))
    })
}

/// Waits until the browser passes a token to the page, `within_ms` at most, and starts a session with this token.
/// Continue with the operation `restoreWhenGranted` of polar_license_portal_call(). polar_license_cancel() ends the
/// wait.
///
/// `reply` must not be NULL; it gets the session, as from polar_license_portal_authenticate(), to free with
/// polar_license_reply_free(), or NULL on failure. `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL on success. Callable from any thread, but only one thread may wait at a time.
/// Blocks.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_TIMEOUT if no token comes in time, for example because the buyer has
/// closed the browser's page or already was a customer; POLAR_LICENSE_ERR_CANCELLED; or
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if `page`, `license` or `reply` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_wait(
    page: *const SuccessPage,
    license: *const License,
    within_ms: u64,
    reply: *mut *mut Reply,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_success_page_wait", "reply", reply, error, || {
        let page = object::shared("page", page)?;
        let (portal, handles) = License::portal(license)?;
        Ok(Reply::new(portal.call_with_page(&page.page, Duration::from_millis(within_ms), &handles)?))
    })
}

/// Frees the page, and stops listening. NULL is allowed.
///
/// If another thread is inside polar_license_success_page_wait(), that call continues, and the memory is freed when it
/// returns. After this function has been called, no other call with this page may begin. Free the page once. Never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_free(page: *mut SuccessPage) {
    guarded("polar_license_success_page_free", (), || drop(pointer::free_shared(page)));
}
