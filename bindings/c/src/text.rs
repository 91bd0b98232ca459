//! Strings for C, borrowed from the object that holds them. Imports nothing from this crate.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use zeroize::Zeroizing;

/// Copies a string for C without its NUL characters, because a NUL ends a C string.
pub(crate) fn owned(text: &str) -> CString {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    CString::new(bytes).unwrap_or_default()
}

/// Copies a secret string for C. The copy is wiped when it is dropped. Its memory is allocated at full length, because
/// growing could leave a part of the secret in the old memory.
pub(crate) fn secret(text: &str) -> Zeroizing<CString> {
    let kept = || text.bytes().filter(|byte| *byte != 0);
    let mut bytes = Vec::with_capacity(kept().count().saturating_add(1));
    bytes.extend(kept());
    Zeroizing::new(CString::new(bytes).unwrap_or_default())
}

/// Returns the pointer to a string, or NULL if `text` is `None`.
pub(crate) fn borrowed(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// Returns the pointer to a string that lives as long as the program.
pub(crate) const fn fixed(text: &'static CStr) -> *const c_char {
    text.as_ptr()
}
