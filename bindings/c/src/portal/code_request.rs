//! `polar_license_code_request`: what became of a request for a code.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::error::Error;
use crate::guard::guarded;
use crate::{argument, pointer, text};
use polar_license::portal::{self, Customer, CustomerChoice};
use std::ffi::{CString, c_char};
use std::ptr;
use zeroize::Zeroizing;

/// If the address is known, a mail is on its way. Nobody can tell: show polar_license_code_request_message().
pub const POLAR_LICENSE_CODE_SENT: i32 = 1;
/// The address belongs to several customers: let the user choose one, and call polar_license_portal_request_code_for().
pub const POLAR_LICENSE_CODE_CHOOSE: i32 = 2;

/// What became of a request for a code: of polar_license_portal_request_code(), or of a purchase. Freed with
/// polar_license_code_request_free(), which wipes the address. Does not change; may be read from several threads at
/// once.
pub struct CodeRequest {
    request: portal::CodeRequest,
    email: Zeroizing<CString>,
    message: Zeroizing<CString>,
    names: Vec<Option<Zeroizing<CString>>>,
}

impl CodeRequest {
    pub(crate) fn new(request: portal::CodeRequest) -> Self {
        let (email, message, customers): (_, _, &[Customer]) = match &request {
            portal::CodeRequest::Sent(sent) => (sent.email(), Zeroizing::new(sent.message()), &[]),
            portal::CodeRequest::Choose(choice) => (choice.email(), Zeroizing::default(), choice.customers()),
        };
        let names = customers.iter().map(|customer| customer.name().map(text::secret)).collect();
        Self { email: text::secret(email), message: text::secret(&message), names, request }
    }

    /// One of the customers to choose from.
    pub(crate) fn choice(&self, customer: usize) -> Result<(&CustomerChoice, &Customer), Error> {
        let missing = || argument::invalid(format!("there is no customer {customer} to choose"));
        match &self.request {
            portal::CodeRequest::Choose(choice) => Ok((choice, choice.customers().get(customer).ok_or_else(missing)?)),
            portal::CodeRequest::Sent(_) => Err(missing()),
        }
    }
}

/// What became of it: POLAR_LICENSE_CODE_SENT or POLAR_LICENSE_CODE_CHOOSE. 0 for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_outcome(request: *const CodeRequest) -> i32 {
    guarded("polar_license_code_request_outcome", 0, || {
        pointer::borrow(request).map_or(0, |this| match this.request {
            portal::CodeRequest::Sent(_) => POLAR_LICENSE_CODE_SENT,
            portal::CodeRequest::Choose(_) => POLAR_LICENSE_CODE_CHOOSE,
        })
    })
}

/// The sentence to show to the user, in English unless the options replace it, with the address in it: a typing error
/// looks like success. For the screen alone; do not log it. Empty if the user has to choose, and for NULL; never NULL.
///
/// The string belongs to the request and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_message(request: *const CodeRequest) -> *const c_char {
    guarded("polar_license_code_request_message", text::fixed(c""), || {
        pointer::borrow(request).map_or(text::fixed(c""), |this| text::borrowed(Some(&this.message)))
    })
}

/// The address that the code was requested for, as Polar got it. Do not log it. NULL for NULL.
///
/// The string belongs to the request and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_email(request: *const CodeRequest) -> *const c_char {
    guarded("polar_license_code_request_email", ptr::null(), || {
        text::borrowed(pointer::borrow(request).map(|this| &*this.email))
    })
}

/// How many customers there are to choose from. 0 if there is nothing to choose, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_customer_count(request: *const CodeRequest) -> usize {
    guarded("polar_license_code_request_customer_count", 0, || {
        pointer::borrow(request).map_or(0, |this| this.names.len())
    })
}

/// The name of the customer at `customer`, from 0. NULL if it has none, past the last, and for NULL.
///
/// The string belongs to the request and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_customer_name(
    request: *const CodeRequest,
    customer: usize,
) -> *const c_char {
    guarded("polar_license_code_request_customer_name", ptr::null(), || {
        let name = pointer::borrow(request).and_then(|this| this.names.get(customer)?.as_deref());
        text::borrowed(name)
    })
}

/// Frees the request and every string borrowed from it. NULL is allowed. Not for one that belongs to a purchase.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_code_request_free(request: *mut CodeRequest) {
    guarded("polar_license_code_request_free", (), || pointer::free(request));
}
