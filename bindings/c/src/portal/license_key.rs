//! `polar_license_key` and lists of them: a customer's license keys. The keys themselves cannot be read.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::{Names, POLAR_LICENSE_ABSENT, UNKNOWN};
use crate::guard::guarded;
use crate::{pointer, text};
use polar_license::portal::{KeyStatus, LicenseKey};
use std::ffi::{CString, c_char};
use std::ptr;

/// A license key of the customer's, for this app. Of the key itself only the last six characters can be seen. It
/// belongs to the list or the result that it was taken from; only one of polar_license_session_rotate() is freed with
/// polar_license_key_free(). Does not change; may be read from several threads at once.
pub struct Key {
    key: LicenseKey,
    masked: CString,
    benefit_id: CString,
}

/// License keys of the customer's: of polar_license_session_license_keys() and others, freed with polar_license_keys_free(), or to
/// choose from after a restore, belonging to its result. Does not change; may be read from several threads at once.
pub struct Keys(Vec<Key>);

impl Key {
    pub(crate) fn new(key: LicenseKey) -> Self {
        let (masked, benefit_id) = (text::owned(&key.masked()), text::owned(&key.benefit_id().to_string()));
        Self { key, masked, benefit_id }
    }

    pub(crate) fn inner(&self) -> &LicenseKey {
        &self.key
    }
}

impl Keys {
    pub(crate) fn new(keys: Vec<LicenseKey>) -> Self {
        Self(keys.into_iter().map(Key::new).collect())
    }
}

/// The name of a status, such as "granted"; "unknown" also for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_status_name(status: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_key_status_name", text::fixed(UNKNOWN), || {
        NAMES.find(status, KeyStatus::ALL.iter().map(|status| (status.number(), status.as_str())))
    })
}

/// How many keys there are. 0 for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_keys_count(keys: *const Keys) -> usize {
    guarded("polar_license_keys_count", 0, || pointer::borrow(keys).map_or(0, |keys| keys.0.len()))
}

/// The key at `index`, from 0; the best first. NULL past the last, and for NULL.
///
/// The key belongs to the list and lives until it is freed; do not free it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_keys_at(keys: *const Keys, index: usize) -> *const Key {
    guarded("polar_license_keys_at", ptr::null(), || {
        pointer::borrow(keys).and_then(|keys| keys.0.get(index)).map_or(ptr::null(), ptr::from_ref)
    })
}

/// Frees the list, its keys, and every string borrowed from them. NULL is allowed. Not for one that belongs to a
/// result.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_keys_free(keys: *mut Keys) {
    guarded("polar_license_keys_free", (), || pointer::free(keys));
}

/// The key as it may be shown: `****-` and its last six characters. NULL for NULL.
///
/// The string lives as long as the key. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_masked(key: *const Key) -> *const c_char {
    guarded("polar_license_key_masked", ptr::null(), || text::borrowed(pointer::borrow(key).map(|key| &key.masked)))
}

/// Whether the key can be used: one of POLAR_LICENSE_KEY_STATUS_.... POLAR_LICENSE_KEY_STATUS_UNKNOWN for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_status(key: *const Key) -> i32 {
    guarded("polar_license_key_status", KeyStatus::Unknown.number(), || {
        pointer::borrow(key).map_or(KeyStatus::Unknown, |key| key.key.status()).number()
    })
}

/// The id of the benefit that the key was sold as. NULL for NULL.
///
/// The string lives as long as the key. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_benefit_id(key: *const Key) -> *const c_char {
    guarded("polar_license_key_benefit_id", ptr::null(), || {
        text::borrowed(pointer::borrow(key).map(|key| &key.benefit_id))
    })
}

/// How many devices the key allows. POLAR_LICENSE_ABSENT if it needs no activation, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_limit_activations(key: *const Key) -> i64 {
    number("polar_license_key_limit_activations", key, |key| key.limit_activations().map(i64::from))
}

/// How often the key may be used. POLAR_LICENSE_ABSENT for no limit, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_limit_usage(key: *const Key) -> i64 {
    number("polar_license_key_limit_usage", key, |key| key.limit_usage().map(i64::from))
}

/// How often the key was used. POLAR_LICENSE_ABSENT for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_usage(key: *const Key) -> i64 {
    number("polar_license_key_usage", key, |key| Some(i64::from(key.usage())))
}

/// When the key was issued, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_created_at_ms(key: *const Key) -> i64 {
    number("polar_license_key_created_at_ms", key, |key| Some(key.created_at().unix_ms()))
}

/// When the key expires, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for never, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_expires_at_ms(key: *const Key) -> i64 {
    number("polar_license_key_expires_at_ms", key, |key| key.expires_at().map(|at| at.unix_ms()))
}

/// 1 if it was the key of the license on this device when it was read. 0 otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_is_here(key: *const Key) -> i32 {
    guarded("polar_license_key_is_here", 0, || pointer::borrow(key).is_some_and(|key| key.key.is_here()).into())
}

/// Frees a key of polar_license_session_rotate(), and every string borrowed from it. NULL is allowed. Not for one of a
/// list.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_key_free(key: *mut Key) {
    guarded("polar_license_key_free", (), || pointer::free(key));
}

fn number(function: &str, key: *const Key, read: impl FnOnce(&LicenseKey) -> Option<i64>) -> i64 {
    guarded(function, POLAR_LICENSE_ABSENT, || {
        pointer::borrow(key).and_then(|key| read(&key.key)).unwrap_or(POLAR_LICENSE_ABSENT)
    })
}
