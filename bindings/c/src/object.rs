//! Creates the objects that an operation passes to the caller. If the caller's pointer for the object is NULL, the
//! operation fails before it does anything.

use crate::error::Error;
use crate::{argument, call, pointer};
use std::ptr;
use std::sync::Arc;

/// Creates an object that has one owner. Stores the pointer to the object at `place`, or NULL on failure.
pub(crate) fn make<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<T, Error>,
) -> i32 {
    make_as(function, name, place, error, || Ok(pointer::into_raw(make()?)))
}

/// Runs an operation that may create an object. Stores the pointer to the object at `place`, or NULL if there is no
/// object or the operation fails.
pub(crate) fn make_optional<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<Option<T>, Error>,
) -> i32 {
    make_as(function, name, place, error, || Ok(make()?.map_or(ptr::null_mut(), pointer::into_raw)))
}

/// Creates an object that the caller may free while another thread is inside one of its operations. Stores the pointer
/// to the object at `place`, or NULL on failure.
pub(crate) fn make_shared<T>(
    function: &str,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut Error,
    make: impl FnOnce() -> Result<T, Error>,
) -> i32 {
    make_as(function, name, place, error, || Ok(pointer::shared_into_raw(Arc::new(make()?))))
}

/// Returns another reference to an object that [`make_shared`] created.
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
