//! The only module with raw pointers. Each function here relies on exactly what the header requires of the caller: a
//! pointer is NULL, or points to an object of its type that stays alive and unchanged during the call. The module is
//! private, so that only this crate can break this rule.
#![expect(unsafe_code, reason = "the one place where pointers from C become references")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

/// The app's `void *user_data` with its destructor. The destructor runs once, when the last owner drops the user data.
pub(crate) struct UserData {
    data: *mut c_void,
    destructor: Destructor,
}

/// A function that frees the user data. It is called once, on any thread, when the data is no longer needed. It may
/// call this library. Pass NULL if there is nothing to free.
pub type Destructor = Option<extern "C" fn(user_data: *mut c_void)>;

// SAFETY: The header says that callbacks may be called from any thread. The app must protect the data behind `data`.
unsafe impl Send for UserData {}
// SAFETY: The same reason as for `Send`.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(data: *mut c_void, destructor: Destructor) -> Self {
        Self { data, destructor }
    }

    pub(crate) fn get(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destructor) = self.destructor {
            destructor(self.data);
        }
    }
}

/// Passes an object to the caller, who must free it through [`free`].
pub(crate) fn into_raw<T>(value: T) -> *mut T {
    alive::count(1);
    Box::into_raw(Box::new(value))
}

/// Passes an object to the caller through an out-parameter. Does nothing if the out-parameter is NULL.
pub(crate) fn pass<T>(place: *mut *mut T, value: T) {
    if !place.is_null() {
        write(place, into_raw(value));
    }
}

/// Frees an object that [`into_raw`] passed to the caller. Does nothing if the pointer is NULL.
pub(crate) fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        alive::count(-1);
        // SAFETY: The pointer is not NULL, so it came from `into_raw`. The caller no longer uses it.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// Returns a reference to the caller's object, or `None` if the pointer is NULL.
pub(crate) fn borrow<'a, T>(pointer: *const T) -> Option<&'a T> {
    // SAFETY: The pointer is NULL, or points to a live object that nobody changes during the call.
    unsafe { pointer.as_ref() }
}

/// Returns a mutable reference to the caller's object, or `None` if the pointer is NULL.
pub(crate) fn borrow_mut<'a, T>(pointer: *mut T) -> Option<&'a mut T> {
    // SAFETY: The pointer is NULL, or points to a live object that no other call uses meanwhile.
    unsafe { pointer.as_mut() }
}

/// Passes one reference to an object to the caller, who must free it through [`free_shared`].
pub(crate) fn shared_into_raw<T>(value: Arc<T>) -> *mut T {
    alive::count(1);
    Arc::into_raw(value).cast_mut()
}

/// Returns another reference to the caller's object, so that the caller may free the object while the library uses it.
/// Returns `None` if the pointer is NULL.
pub(crate) fn share<T>(pointer: *const T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: The pointer is not NULL, so it came from `shared_into_raw`. The caller has not freed it, so it is alive.
    unsafe {
        Arc::increment_strong_count(pointer);
        Some(Arc::from_raw(pointer))
    }
}

/// Takes back a reference that was passed to the caller. Returns `None` if the pointer is NULL.
pub(crate) fn free_shared<T>(pointer: *mut T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    alive::count(-1);
    // SAFETY: The pointer is not NULL, so it came from `shared_into_raw`. The caller no longer uses it.
    Some(unsafe { Arc::from_raw(pointer.cast_const()) })
}

/// Counts the objects that callers own, for tests that look for leaks.
#[cfg(feature = "fuzz")]
pub mod alive {
    use std::sync::atomic::{AtomicIsize, Ordering};

    static OBJECTS: AtomicIsize = AtomicIsize::new(0);

    pub(crate) fn count(more: isize) {
        OBJECTS.fetch_add(more, Ordering::SeqCst);
    }

    /// Returns the number of objects that were passed to a caller and have not been freed yet.
    pub fn objects() -> isize {
        OBJECTS.load(Ordering::SeqCst)
    }
}

#[cfg(not(feature = "fuzz"))]
mod alive {
    pub(super) fn count(_: isize) {}
}

/// Writes to an out-parameter without reading its old value. Does nothing if the out-parameter is NULL.
pub(crate) fn write<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: The pointer is not NULL, so a value of this type can be written to it.
        unsafe { place.write(value) };
    }
}

/// Returns the caller's string without the NUL at its end, or `None` if the pointer is NULL.
pub(crate) fn string<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: The pointer is not NULL, so it points to a string that ends with NUL. Nobody changes the string during
    // the call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

/// Returns the caller's bytes. Returns an empty slice if the length is 0, whatever the pointer is. Otherwise returns
/// `None` if the pointer is NULL or the length is more than memory can hold.
pub(crate) fn bytes<'a>(pointer: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    let fits = isize::try_from(length).is_ok();
    // SAFETY: The pointer is not NULL, so `length` bytes can be read from it, and nobody changes them during the call.
    (fits && !pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer, length) })
}
