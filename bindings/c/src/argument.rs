//! Checks of the caller's arguments: a required pointer must not be NULL, and a string must be UTF-8.

use crate::error::Error;
use crate::pointer;
use polar_license::ErrorKind;
use std::ffi::c_char;

/// Returns the error for an invalid argument.
pub(crate) fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, detail)
}

/// Returns the error for a required argument that is NULL.
pub(crate) fn missing(name: &str) -> Error {
    invalid(format!("`{name}` is NULL"))
}

/// Returns the caller's string, or an error if it is NULL or not UTF-8. `name` is the argument's name in the error.
pub(crate) fn string<'a>(name: &str, value: *const c_char) -> Result<&'a str, Error> {
    optional_string(name, value)?.ok_or_else(|| missing(name))
}

/// Returns the caller's string, or `None` if it is NULL. `name` is the argument's name in the error.
pub(crate) fn optional_string<'a>(name: &str, value: *const c_char) -> Result<Option<&'a str>, Error> {
    let Some(value) = pointer::string(value) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| invalid(format!("`{name}` is not valid UTF-8")))
}

/// Returns the caller's bytes, or an error if `start` is NULL and `length` is not 0. `name` is the argument's name in
/// the error.
pub(crate) fn bytes<'a>(name: &str, start: *const u8, length: usize) -> Result<&'a [u8], Error> {
    pointer::bytes(start, length).ok_or_else(|| missing(name))
}

/// Returns the caller's object, or an error if it is NULL. `name` is the argument's name in the error.
pub(crate) fn object<'a, T>(name: &str, object: *const T) -> Result<&'a T, Error> {
    pointer::borrow(object).ok_or_else(|| missing(name))
}

/// Returns the caller's object as a mutable reference, or an error if it is NULL. `name` is the argument's name in the
/// error.
pub(crate) fn object_mut<'a, T>(name: &str, object: *mut T) -> Result<&'a mut T, Error> {
    pointer::borrow_mut(object).ok_or_else(|| missing(name))
}
