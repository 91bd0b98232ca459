//! The only module with raw pointers. Each function here relies on exactly what the header requires of the caller: a
//! pointer is NULL, or points to an object of its type that stays alive and unchanged during the call. The module is
//! private, so that no Rust code outside this crate can break that.
#![expect(unsafe_code, reason = "the one place where pointers from C become references")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

/// The app's `void *user_data` with its destructor, which runs once, when the last owner drops it.
pub(crate) struct UserData {
    data: *mut c_void,
    destructor: Destructor,
}

/// Frees the user data. Called once when the data is no longer needed, on any thread. It may call this library. NULL if
/// there is nothing to free.
pub type Destructor = Option<extern "C" fn(user_data: *mut c_void)>;

// SAFETY: the header says that callbacks are called from any thread; the app must protect the data behind `data`.
unsafe impl Send for UserData {}
// SAFETY: as above.
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

/// Passes an object to the caller, who must give it back to [`free`].
pub(crate) fn into_raw<T>(value: T) -> *mut T {
    alive::count(1);
    Box::into_raw(Box::new(value))
}

/// Passes an object to the caller through an out-parameter. Does nothing for NULL.
pub(crate) fn pass<T>(place: *mut *mut T, value: T) {
    if !place.is_null() {
        write(place, into_raw(value));
    }
}

/// Frees an object of [`into_raw`]. Does nothing for NULL.
pub(crate) fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        alive::count(-1);
        // SAFETY: not NULL, so it came from `into_raw`, and the caller gives it up.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// Returns the caller's object for reading.
pub(crate) fn borrow<'a, T>(pointer: *const T) -> Option<&'a T> {
    // SAFETY: NULL, or a live object that nobody changes during the call.
    unsafe { pointer.as_ref() }
}

/// Returns the caller's object for changes.
pub(crate) fn borrow_mut<'a, T>(pointer: *mut T) -> Option<&'a mut T> {
    // SAFETY: NULL, or a live object that no other call uses meanwhile.
    unsafe { pointer.as_mut() }
}

/// Passes one reference to an object to the caller, who must give it back to [`free_shared`].
pub(crate) fn shared_into_raw<T>(value: Arc<T>) -> *mut T {
    alive::count(1);
    Arc::into_raw(value).cast_mut()
}

/// Returns another reference to the caller's object, so that the caller may free theirs while this one is in use.
pub(crate) fn share<T>(pointer: *const T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, so it came from `shared_into_raw` and was not freed: the caller's reference is alive.
    unsafe {
        Arc::increment_strong_count(pointer);
        Some(Arc::from_raw(pointer))
    }
}

/// Takes the caller's reference back. Returns `None` for NULL.
pub(crate) fn free_shared<T>(pointer: *mut T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    alive::count(-1);
    // SAFETY: not NULL, so it came from `shared_into_raw`, and the caller gives it up.
    Some(unsafe { Arc::from_raw(pointer.cast_const()) })
}

/// A count of the objects that callers own, for tests that look for leaks.
#[cfg(feature = "fuzz")]
pub mod alive {
    use std::sync::atomic::{AtomicIsize, Ordering};

    static OBJECTS: AtomicIsize = AtomicIsize::new(0);

    pub(crate) fn count(more: isize) {
        OBJECTS.fetch_add(more, Ordering::SeqCst);
    }

    /// Returns the number of objects that were passed to a caller and not freed.
    pub fn objects() -> isize {
        OBJECTS.load(Ordering::SeqCst)
    }
}

#[cfg(not(feature = "fuzz"))]
mod alive {
    pub(super) fn count(_: isize) {}
}

/// Writes to an out-parameter, whose old value is not read. Does nothing for NULL.
pub(crate) fn write<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not NULL, so it is valid for writing a value of this type.
        unsafe { place.write(value) };
    }
}

/// Returns the caller's string, without the NUL at its end.
pub(crate) fn string<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so it is a string that ends with NUL and does not change during the call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

/// Returns the caller's bytes. Returns an empty slice for a length of 0, whatever the pointer is.
pub(crate) fn bytes<'a>(pointer: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    let fits = isize::try_from(length).is_ok();
    // SAFETY: not NULL, so `length` bytes can be read there and do not change during the call.
    (fits && !pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer, length) })
}
