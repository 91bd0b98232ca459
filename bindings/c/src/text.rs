//! Strings for C, borrowed from the object that holds them. Imports nothing of this crate.

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use zeroize::Zeroizing;

/// For C, where a NUL ends a string: one inside is left out.
pub(crate) fn owned(text: &str) -> CString {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    CString::new(bytes).unwrap_or_default()
}

/// The same for what nobody may see, wiped when it is dropped: the copy is made at once in its full length, so that no
/// other one is left behind.
pub(crate) fn secret(text: &str) -> Zeroizing<CString> {
    let kept = || text.bytes().filter(|byte| *byte != 0);
    let mut bytes = Vec::with_capacity(kept().count().saturating_add(1));
    bytes.extend(kept());
    Zeroizing::new(CString::new(bytes).unwrap_or_default())
}

/// The pointer to return; NULL if there is no string.
pub(crate) fn borrowed(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// The pointer to a string that lives as long as the program.
pub(crate) const fn fixed(text: &'static CStr) -> *const c_char {
    text.as_ptr()
}
