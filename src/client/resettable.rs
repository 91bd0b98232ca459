//! A value that is slow to read and seldom changes, such as the system's root certificates. It is read at its first
//! use, and again after a failure that an outdated value may have caused.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Resettable<T>(Mutex<Option<T>>);

impl<T> Default for Resettable<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Resettable<T> {
    /// Returns the value, which `read` provides if there is none yet.
    pub(crate) fn get<E>(&self, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut value = self.value();
        match &*value {
            Some(value) => Ok(value.clone()),
            None => {
                let found = read()?;
                *value = Some(found.clone());
                Ok(found)
            }
        }
    }

    /// Makes the next `get` read again.
    pub(crate) fn reset(&self) {
        *self.value() = None;
    }

    fn value(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
