//! Objects that an operation creates for the caller. If the caller gives no place for the object, the operation does
//! nothing.

use crate::error::Error;
use crate::{argument, call, pointer};
use std::ptr;
use std::sync::Arc;

/// Creates an object with one owner and stores it at `place`. Stores NULL there on failure.
#[cfg(feature = "portal")]
pub(crate) fn make<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<T, Error>,
) -> i32 {
    make_as(function, name, place, error, || Ok(pointer::into_raw(make()?)))
}

/// Creates an object that may be freed while another thread is inside one of its operations.
pub(crate) fn make_shared<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<T, Error>,
) -> i32 {
    make_as(function, name, place, error, || Ok(pointer::shared_into_raw(Arc::new(make()?))))
}

/// Returns another reference to an object of [`make_shared`].
pub(crate) fn shared<T>(name: &str, object: *const T) -> Result<Arc<T>, Error> {
    pointer::share(object).ok_or_else(|| argument::missing(name))
}

fn make_as<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<*mut T, Error>,
) -> i32 {
    pointer::write(place, ptr::null_mut());
    call::run(function, error, || {
        if place.is_null() {
            return Err(argument::missing(name));
        }
        pointer::write(place, make()?);
        Ok(())
    })
}
