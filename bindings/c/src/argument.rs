//! Checks of the caller's arguments: required pointers are not NULL, and strings are UTF-8.

use crate::error::Error;
use crate::pointer;
use polar_license::ErrorKind;
use std::ffi::c_char;

/// Returns the error for an invalid argument.
pub(crate) fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, detail)
}

/// Returns the error for an argument that is NULL and must not be.
pub(crate) fn missing(name: &str) -> Error {
    invalid(format!("`{name}` is NULL"))
}

/// Returns the string `name`, which must not be NULL.
pub(crate) fn string<'a>(name: &str, value: *const c_char) -> Result<&'a str, Error> {
    optional_string(name, value)?.ok_or_else(|| missing(name))
}

/// Returns the string `name`, which may be NULL.
pub(crate) fn optional_string<'a>(name: &str, value: *const c_char) -> Result<Option<&'a str>, Error> {
    let Some(value) = pointer::string(value) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| invalid(format!("`{name}` is not valid UTF-8")))
}

/// Returns the bytes `name`, which may be NULL if `length` is 0.
pub(crate) fn bytes<'a>(name: &str, start: *const u8, length: usize) -> Result<&'a [u8], Error> {
    pointer::bytes(start, length).ok_or_else(|| missing(name))
}

/// Returns the object `name`, which must not be NULL.
pub(crate) fn object<'a, T>(name: &str, object: *const T) -> Result<&'a T, Error> {
    pointer::borrow(object).ok_or_else(|| missing(name))
}

/// Returns the object `name` for changes. It must not be NULL.
pub(crate) fn object_mut<'a, T>(name: &str, object: *mut T) -> Result<&'a mut T, Error> {
    pointer::borrow_mut(object).ok_or_else(|| missing(name))
}
