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
    /// Returns the value. If there is none yet, calls `read` to get it.
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

    /// Forgets the value, so that the next call of [`get`](Self::get) reads it again.
    pub(crate) fn reset(&self) {
        *self.value() = None;
    }

    fn value(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
