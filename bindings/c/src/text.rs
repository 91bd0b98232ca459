//! Texts in, checked; texts out, borrowed from the object that holds them.

use crate::error::Error;
use crate::pointer;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// The argument `name`, which must be there and be UTF-8.
pub(crate) fn required<'a>(name: &str, text: *const c_char) -> Result<&'a str, Error> {
    optional(name, text)?.ok_or_else(|| Error::argument(format!("`{name}` is NULL")))
}

/// The argument `name`, which may be NULL but must be UTF-8.
pub(crate) fn optional<'a>(name: &str, text: *const c_char) -> Result<Option<&'a str>, Error> {
    let Some(text) = pointer::text(text) else { return Ok(None) };
    text.to_str().map(Some).map_err(|_| Error::argument(format!("`{name}` is not valid UTF-8")))
}

/// For C, where a NUL ends a text: one inside is left out.
pub(crate) fn owned(text: &str) -> CString {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
    CString::new(bytes).unwrap_or_default()
}

/// The pointer to hand out; NULL where there is none.
pub(crate) fn borrowed(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// The pointer to a text that lives as long as the program.
pub(crate) const fn fixed(text: &'static CStr) -> *const c_char {
    text.as_ptr()
}
