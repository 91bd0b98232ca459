//! The only module that touches raw pointers. Each function here trusts exactly what the header asks of the caller:
//! a pointer is NULL, or is what it says it is and stays so during the call. The module is private, so that no Rust code
//! outside this crate can break that.
#![expect(unsafe_code, reason = "the one place where pointers from C become references")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

/// The app's `void *user_data` with the function that ends its life, called once, when the last user lets go.
pub(crate) struct UserData {
    data: *mut c_void,
    destructor: Destructor,
}

/// Called once with the user data when it is needed no more, on whichever thread that happens. It may call this library.
/// NULL where nothing is to be done.
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

/// Hands an object to the caller, who frees it with [`take`].
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes back what [`give`] handed out; nothing for NULL.
pub(crate) fn take<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: not NULL, so it came from `give`, and the caller gives it up.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// Looks at an object of the caller's.
pub(crate) fn look<'a, T>(pointer: *const T) -> Option<&'a T> {
    // SAFETY: NULL, or a live object that nobody changes during the call.
    unsafe { pointer.as_ref() }
}

/// Changes an object of the caller's.
pub(crate) fn change<'a, T>(pointer: *mut T) -> Option<&'a mut T> {
    // SAFETY: NULL, or a live object that no other call uses meanwhile.
    unsafe { pointer.as_mut() }
}

/// Hands one share of an object to the caller, who gives it back with [`take_shared`].
pub(crate) fn give_shared<T>(value: Arc<T>) -> *mut T {
    Arc::into_raw(value).cast_mut()
}

/// A share of our own of the caller's object, so that it may be freed while we work with it.
pub(crate) fn share<T>(pointer: *const T) -> Option<Arc<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, so it came from `give_shared` and was not given back: the caller's share is alive.
    unsafe {
        Arc::increment_strong_count(pointer);
        Some(Arc::from_raw(pointer))
    }
}

/// Takes back the caller's share; nothing for NULL.
pub(crate) fn take_shared<T>(pointer: *mut T) -> Option<Arc<T>> {
    // SAFETY: not NULL, so it came from `give_shared`, and the caller gives it up.
    (!pointer.is_null()).then(|| unsafe { Arc::from_raw(pointer.cast_const()) })
}

/// Writes a result where the caller wants it; nowhere for NULL. What was there before is not looked at.
pub(crate) fn put<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not NULL, so it is a place of this type that the caller lets us write to.
        unsafe { place.write(value) };
    }
}

/// A text of the caller's, without the NUL at its end.
pub(crate) fn text<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so it is a text that ends with NUL and does not change during the call.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

/// Bytes of the caller's; none for a length of 0, whatever the pointer.
pub(crate) fn bytes<'a>(pointer: *const u8, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    let fits = isize::try_from(length).is_ok();
    // SAFETY: not NULL, so `length` bytes can be read there and do not change during the call.
    (fits && !pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer, length) })
}
