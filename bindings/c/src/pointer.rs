//! The only module that touches raw pointers. Each function here trusts exactly what the header asks of the caller:
//! a pointer is NULL, or is what its type says and stays so during the call. The module is private, so that no Rust
//! code outside this crate can break that.
#![expect(unsafe_code, reason = "the one place where pointers from C become references")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

/// The app's `void *user_data` with its destructor, which is called once, when the last user drops it.
pub(crate) struct UserData {
    data: *mut c_void,
    destructor: Destructor,
}

/// Called once with the user data when it is no longer needed, on any thread. It may call this library. NULL if there
/// is nothing to free.
pub type Destructor = Option<extern "C" fn(user_data: *mut c_void)>;

// SAFETY: the header says that callbacks are called from any thread; what `data` points to is the app's to protect.
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

/// Passes an object to the caller, who returns it to [`free`].
pub(crate) fn into_raw<T>(value: T) -> *mut T {
    alive::count(1);
    Box::into_raw(Box::new(value))
}

/// Passes an object to the caller through an out-parameter; does nothing for NULL.
pub(crate) fn pass<T>(place: *mut *mut T, value: T) {
    if !place.is_null() {
        write(place, into_raw(value));
    }
}

/// Frees what [`into_raw`] returned; does nothing for NULL.
pub(crate) fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        alive::count(-1);
        // SAFETY: not NULL, so it came from `into_raw`, and the caller gives it up.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// An object of the caller's, to be read.
pub(crate) fn borrow<'a, T>(pointer: *const T) -> Option<&'a T> {
    // SAFETY: NULL, or a live object that nobody changes during the call.
    unsafe { pointer.as_ref() }
}

/// An object of the caller's, to be changed.
pub(crate) fn borrow_mut<'a, T>(pointer: *mut T) -> Option<&'a mut T> {
    // SAFETY: NULL, or a live object that no other call uses meanwhile.
    unsafe { pointer.as_mut() }
}

/// Passes one reference to an object to the caller, who returns it to [`free_shared`].
pub(crate) fn shared_into_raw<T>(value: Arc<T>) -> *mut T {
    alive::count(1);
    Arc::into_raw(value).cast_mut()
}

/// Another reference to the caller's object, so that the caller may free theirs while it is in use here.
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

/// Takes the caller's reference back; nothing for NULL.
pub(crate) fn free_shared<T>(pointer: *mut T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    alive::count(-1);
    // SAFETY: not NULL, so it came from `shared_into_raw`, and the caller gives it up.
    Some(unsafe { Arc::from_raw(pointer.cast_const()) })
}

/// How many objects callers have, for tests that look for those that nobody was given.
#[cfg(feature = "fuzz")]
pub mod alive {
    use std::sync::atomic::{AtomicIsize, Ordering};

    static OBJECTS: AtomicIsize = AtomicIsize::new(0);

    pub(crate) fn count(more: isize) {
        OBJECTS.fetch_add(more, Ordering::SeqCst);
    }

    /// Objects that were passed to a caller and not freed.
    pub fn objects() -> isize {
        OBJECTS.load(Ordering::SeqCst)
    }
}

#[cfg(not(feature = "fuzz"))]
mod alive {
    pub(super) fn count(_: isize) {}
}

/// Writes to an out-parameter; does nothing for NULL. What was there before is not read.
pub(crate) fn write<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not NULL, so it is valid for writing a value of this type.
        unsafe { place.write(value) };
    }
}

/// A string of the caller's, without the NUL at its end.
pub(crate) fn string<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so it is a string that ends with NUL and does not change during the call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

/// Bytes of the caller's; empty for a length of 0, whatever the pointer.
pub(crate) fn bytes<'a>(pointer: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    let fits = isize::try_from(length).is_ok();
    // SAFETY: not NULL, so `length` bytes can be read there and do not change during the call.
    (fits && !pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer, length) })
}
