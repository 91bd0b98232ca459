//! What takes a while to read and seldom changes, such as the system's root certificates: read when it is first needed, and
//! again after a failure that may be due to it.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Kept<T>(Mutex<Option<T>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Kept<T> {
    /// What is known, or what `read` finds.
    pub(crate) fn get<E>(&self, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut known = self.known();
        match &*known {
            Some(known) => Ok(known.clone()),
            None => {
                let found = read()?;
                *known = Some(found.clone());
                Ok(found)
            }
        }
    }

    /// Lets the next `get` read again.
    pub(crate) fn forget(&self) {
        *self.known() = None;
    }

    fn known(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
