//! `polar_license_success_page`: a page on this computer that a browser goes to after a purchase.
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

/// A page on this computer that a browser goes to after a purchase, and that takes the customer's token from it: for
/// checkouts that the vendor's backend creates. A checkout that was created with a link needs no such page; follow it
/// instead. Polar gives a token to new buyers only, and none if the buyer closes the page: have another way ready.
///
/// It listens on the loopback interface only, and takes no token from anybody who does not know its address. Created by
/// polar_license_success_page_listen(), freed with polar_license_success_page_free(), before the license or after it.
pub struct SuccessPage {
    page: blocking::SuccessPage,
    address: Zeroizing<CString>,
}

/// Listens on this port of 127.0.0.1, or on any that is free for 0.
///
/// `page` must not be NULL; it gets the page, to free with polar_license_success_page_free(), or NULL on failure.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL if the port is taken, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for
/// NULL.
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

/// Returns the success URL of the checkout. Only the vendor's backend should know it: whoever knows it can send a token
/// here. NULL for NULL.
///
/// The string belongs to the page and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_address(page: *const SuccessPage) -> *const c_char {
    guarded("polar_license_success_page_address", ptr::null(), || {
        text::borrowed(pointer::borrow(page).map(|this| &*this.address))
    })
}

/// Waits for the browser, `within_ms` at most, and starts a session with the token that it brings: continue with
/// `restoreWhenGranted` of polar_license_portal_call(). polar_license_cancel() ends it.
///
/// `reply` must not be NULL; it gets the session as from polar_license_portal_authenticate(), to free with
/// polar_license_reply_free(), or NULL on failure. `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL on success. Callable from any thread, by one at a time. Blocks.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_TIMEOUT if no token comes in time: the buyer has closed the page, or is
/// a customer already; POLAR_LICENSE_ERR_CANCELLED, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
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
/// Another thread may be waiting: that goes on, and the memory is freed when it returns. No other call may begin after
/// this one has begun. Free it once. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_success_page_free(page: *mut SuccessPage) {
    guarded("polar_license_success_page_free", (), || drop(pointer::free_shared(page)));
}
