//! `polar_license_reply`: the result of an operation of the customer portal. The app reads it with JSON pointers.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::POLAR_LICENSE_ABSENT;
use crate::guard::guarded;
use crate::{argument, pointer, text};
use polar_license::Timestamp;
use polar_license::portal::boundary;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// The result of an operation of the customer portal. It is JSON, and the app reads its values with JSON pointers (RFC
/// 6901): "/keys/0/displayKey" is a member of the first element of the member "keys", and "" is the whole reply.
/// Sessions, license keys, devices, customers, checkouts and purchases have a handle: a number to pass as an argument
/// to further operations with this license. A handle is valid until its reply is freed. Freeing the reply also wipes
/// the values behind its handles.
///
/// A reply comes from polar_license_portal_call() or another function of the customer portal. Free it with
/// polar_license_reply_free(), before or after you free the license. A reply does not change, and may be read from
/// several threads at once. No function returns a token, a code or a license key.
pub struct Reply {
    reply: boundary::Reply,
    address: Option<Zeroizing<CString>>,
    strings: Mutex<Strings>,
}

/// The strings that the caller has borrowed, by the JSON pointers at which they were read.
#[derive(Default)]
struct Strings {
    texts: BTreeMap<String, Option<Zeroizing<CString>>>,
    documents: BTreeMap<String, Option<Zeroizing<CString>>>,
}

impl Reply {
    pub(crate) fn new(reply: boundary::Reply) -> Self {
        let address = reply.address().map(text::secret);
        Self { reply, address, strings: Mutex::default() }
    }
}

/// Returns the string at a JSON pointer, such as "/message". A time is an RFC 3339 string in UTC. Returns NULL if there
/// is no string at the pointer, or if an argument is NULL. Do not log addresses, names and labels.
///
/// The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_text(reply: *const Reply, pointer: *const c_char) -> *const c_char {
    guarded("polar_license_reply_text", ptr::null(), || {
        string(reply, pointer, |strings| &mut strings.texts, |reply, at| reply.text(at).map(Zeroizing::new))
    })
}

/// Returns the number at a JSON pointer, such as "/keys/0/limitActivations". Returns 1 for true and 0 for false.
/// Returns POLAR_LICENSE_ABSENT if there is neither a number nor a boolean at the pointer, or if an argument is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_number(reply: *const Reply, pointer: *const c_char) -> i64 {
    guarded("polar_license_reply_number", POLAR_LICENSE_ABSENT, || {
        read(reply, pointer, |reply, at| reply.number(at)).unwrap_or(POLAR_LICENSE_ABSENT)
    })
}

/// Returns the time at a JSON pointer, such as "/keys/0/expiresAt", in milliseconds since 1970-01-01 UTC. Returns
/// POLAR_LICENSE_ABSENT if there is no time at the pointer, or if an argument is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_time_ms(reply: *const Reply, pointer: *const c_char) -> i64 {
    guarded("polar_license_reply_time_ms", POLAR_LICENSE_ABSENT, || {
        let time = read(reply, pointer, |reply, at| Timestamp::parse(&reply.text(at)?));
        time.map_or(POLAR_LICENSE_ABSENT, Timestamp::unix_ms)
    })
}

/// Returns the length of the array at a JSON pointer, such as "/keys". Returns 0 if there is no array at the pointer,
/// or if an argument is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_count(reply: *const Reply, pointer: *const c_char) -> usize {
    guarded("polar_license_reply_count", 0, || {
        read(reply, pointer, |reply, at| Some(reply.count(at))).unwrap_or_default()
    })
}

/// Returns the handle of the object at a JSON pointer, such as "/keys/0". The pointer "" names the reply itself, which
/// has a handle if it is a session, a checkout, a purchase or a license key. Returns 0, which is never a handle, if the
/// object has none or an argument is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_handle(reply: *const Reply, pointer: *const c_char) -> u32 {
    guarded("polar_license_reply_handle", 0, || {
        let handle = read(reply, pointer, |reply, at| reply.number(&format!("{at}/handle")));
        handle.and_then(|handle| handle.try_into().ok()).unwrap_or_default()
    })
}

/// Returns the value at a JSON pointer as JSON. Pass the pointer "" to get the whole reply. Returns NULL if there is no
/// value at the pointer, or if an argument is NULL. Do not log the JSON: it can contain personal data.
///
/// The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_json(reply: *const Reply, pointer: *const c_char) -> *const c_char {
    guarded("polar_license_reply_json", ptr::null(), || {
        let copied = |text: &str| Zeroizing::new(text.to_owned());
        string(reply, pointer, |strings| &mut strings.documents, |reply, at| reply.json_at(at).map(copied))
    })
}

/// Returns the address of a checkout, to open in a browser. The address contains a secret that gives access to the
/// buyer's data: pass it only to the browser, and do not log it. Returns NULL if the reply is not a checkout, or if
/// `reply` is NULL.
///
/// The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_address(reply: *const Reply) -> *const c_char {
    guarded("polar_license_reply_address", ptr::null(), || {
        text::borrowed(pointer::borrow(reply).and_then(|this| this.address.as_deref()))
    })
}

/// Frees the reply and every string borrowed from it. Its handles become invalid, and the values behind them are wiped.
/// NULL is allowed.
///
/// Free each reply once, when no thread uses it any longer. An operation that is using one of its handles continues.
/// Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reply_free(reply: *mut Reply) {
    guarded("polar_license_reply_free", (), || pointer::free(reply));
}

/// Reads the value at a JSON pointer. Returns `None` if `reply` or `at` is NULL, or if there is no such value.
fn read<T>(
    reply: *const Reply,
    at: *const c_char,
    read: impl FnOnce(&boundary::Reply, &str) -> Option<T>,
) -> Option<T> {
    read(&pointer::borrow(reply)?.reply, argument::string("pointer", at).ok()?)
}

/// Reads a string and keeps it in the reply, so that the caller can borrow it.
fn string(
    reply: *const Reply,
    at: *const c_char,
    kind: impl FnOnce(&mut Strings) -> &mut BTreeMap<String, Option<Zeroizing<CString>>>,
    read: impl FnOnce(&boundary::Reply, &str) -> Option<Zeroizing<String>>,
) -> *const c_char {
    let (Some(this), Ok(at)) = (pointer::borrow(reply), argument::string("pointer", at)) else { return ptr::null() };
    let mut strings = this.strings.lock().unwrap_or_else(PoisonError::into_inner);
    let stored = kind(&mut strings).entry(at.to_owned());
    text::borrowed(stored.or_insert_with(|| read(&this.reply, at).map(|text| text::secret(&text))).as_deref())
}
