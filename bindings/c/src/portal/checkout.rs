//! `polar_license_checkout` and `polar_license_purchase`: a purchase under way, and one that is paid.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use super::code_request::CodeRequest;
use super::progress::{self, ProgressCallback};
use crate::error::Error;
use crate::guard::guarded;
use crate::{object, pointer, text};
use polar_license::{blocking, portal};
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::time::Duration;
use zeroize::Zeroizing;

/// A purchase under way: made by polar_license_portal_checkout(), freed with polar_license_checkout_free(), before the
/// license or after it. May be used from any thread. polar_license_checkout_follow() is ended by
/// polar_license_cancel().
pub struct Checkout {
    checkout: blocking::Checkout,
    address: Zeroizing<CString>,
}

/// A purchase that is paid: of polar_license_checkout_follow(), freed with polar_license_purchase_free(). Does not
/// change; may be read from several threads at once.
pub struct Purchase {
    purchase: portal::Purchase,
    code: CodeRequest,
}

impl Checkout {
    pub(crate) fn new(checkout: blocking::Checkout) -> Self {
        Self { address: text::secret(checkout.address()), checkout }
    }
}

impl Purchase {
    pub(crate) fn inner(&self) -> &portal::Purchase {
        &self.purchase
    }
}

/// The address to open in a browser. It holds a secret that shows the buyer's data: give it to the browser and to
/// nobody else, and do not log it. NULL for NULL.
///
/// The string belongs to the checkout and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_checkout_address(checkout: *const Checkout) -> *const c_char {
    guarded("polar_license_checkout_address", ptr::null(), || {
        text::borrowed(pointer::borrow(checkout).map(|this| &*this.address))
    })
}

/// Follows the purchase until it is paid, `within_ms` at most, and has a code mailed to the buyer then: go on with
/// polar_license_portal_authenticate() and polar_license_session_restore_purchase(). It does not matter whether the
/// buyer closes the page afterwards. May be called again after any error.
///
/// `progress` may be NULL; otherwise it is called with `user_data` before each wait, and can end it. `purchase` must
/// not be NULL; it gets the purchase, to free with polar_license_purchase_free(), or NULL if this fails. `error` may be
/// NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from any
/// thread; blocks, for `within_ms` and a few requests at most, for the network and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_TIMEOUT if it was not paid in time; POLAR_LICENSE_ERR_REFUSED if the
/// payment failed or the checkout is older than a day; POLAR_LICENSE_ERR_CANCELLED if `progress` ended it; otherwise as
/// polar_license_portal_request_code(), once it is paid.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_checkout_follow(
    checkout: *const Checkout,
    within_ms: u64,
    progress: ProgressCallback,
    user_data: *mut c_void,
    purchase: *mut *mut Purchase,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_checkout_follow", "purchase", purchase, error, || {
        let checkout = object::shared("checkout", checkout)?;
        let reporter = progress::reporter(progress, user_data);
        let purchase = checkout.checkout.follow(Duration::from_millis(within_ms), reporter)?;
        Ok(Purchase { code: CodeRequest::new(purchase.code.clone()), purchase })
    })
}

/// Frees the checkout, and wipes its address. NULL is allowed. The purchase goes on in the browser.
///
/// Another thread may be following it: that goes on, and the memory is wiped and freed when it returns. No other call
/// may begin after this one has begun. Free it once. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_checkout_free(checkout: *mut Checkout) {
    guarded("polar_license_checkout_free", (), || drop(pointer::free_shared(checkout)));
}

/// What became of the code for the buyer's address: where to look for it, or customers to choose from. NULL for NULL.
///
/// The request belongs to the purchase and lives until that is freed; do not free it. Callable from any thread; never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_purchase_code_request(purchase: *const Purchase) -> *const CodeRequest {
    guarded("polar_license_purchase_code_request", ptr::null(), || {
        pointer::borrow(purchase).map_or(ptr::null(), |this| &raw const this.code)
    })
}

/// Frees the purchase and everything borrowed from it. NULL is allowed.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_purchase_free(purchase: *mut Purchase) {
    guarded("polar_license_purchase_free", (), || pointer::free(purchase));
}
