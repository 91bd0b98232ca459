//! The storage of the sealed record between runs. A store moves bytes and never interprets them.

use crate::future::{BoxFuture, LocalBoxFuture};
use std::error::Error as StdError;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A place for one record: a file, a keychain entry, a row in the app's own database.
///
/// [`Store::load`], [`Store::save`] and [`Store::remove`] read or change the record as a whole. They may be called from
/// any thread, inside or outside of [`Store::locked`]. If other processes can reach the record, the implementation also
/// overrides [`Store::locked`], and [`Store::locked_within`] if it can limit the wait.
pub trait Store: Send + Sync {
    /// Returns the record last saved, or `None` if there is none.
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Replaces the record. A reader sees either the old or the new record, never a mixture, even after a crash during
    /// the save.
    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError>;

    /// Removes the record. Succeeds if there is none.
    fn remove(&self) -> Result<(), StoreError>;

    /// Runs `work` exactly once while nobody else changes the record, or returns an error without running it. The
    /// default implementation runs it without a lock.
    fn locked(&self, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        work();
        Ok(())
    }

    /// Does the same as [`Store::locked`], but waits for other processes for at most about `timeout`, and then returns
    /// an error. If `timeout` is zero, does not wait at all. Clients call this method. The default calls
    /// [`Store::locked`], which may wait longer.
    fn locked_within(&self, timeout: Duration, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        let _ = timeout;
        self.locked(work)
    }

    /// Waits for the turn to ask Polar. Processes that share the record take turns: they ask Polar one after another,
    /// and each process first reads the answers that the earlier ones have stored. Returns `None` if it is still
    /// another process's turn after `timeout`. Override this method if other processes can reach the store. The default
    /// implementation gives every caller the turn at once.
    fn take_turn(&self, timeout: Duration) -> Option<Box<dyn HeldTurn + '_>> {
        let _ = timeout;
        Some(Box::new(()))
    }

    /// Returns a number that changes whenever any process saves or removes the record, such as a hash of a file's
    /// modification time. Must be cheap, because the automatic refresh calls this method every second. After a change,
    /// it reads the record. The default is `None`, for a store that has no such number.
    fn stamp(&self) -> Option<u64> {
        None
    }
}

/// The interval at which the holder of a turn shows that it is alive.
#[cfg(feature = "blocking")]
pub(crate) const KEEP_EVERY: Duration = Duration::from_secs(1);

/// A process's turn to ask Polar: until it ends, all other processes wait. The turn ends when this value is dropped.
pub trait HeldTurn {
    /// Shows other processes that this process is still running. Called every second until the turn ends.
    fn keep(&self);
}

/// The turn of a store that no other process shares. Nobody waits for it, so its holder does not have to show that it
/// is alive.
impl HeldTurn for () {
    fn keep(&self) {}
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).load()
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        (**self).save(record, durability)
    }

    fn remove(&self) -> Result<(), StoreError> {
        (**self).remove()
    }

    fn locked(&self, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        (**self).locked(work)
    }

    fn locked_within(&self, timeout: Duration, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        (**self).locked_within(timeout, work)
    }

    fn take_turn(&self, timeout: Duration) -> Option<Box<dyn HeldTurn + '_>> {
        (**self).take_turn(timeout)
    }

    fn stamp(&self) -> Option<u64> {
        (**self).stamp()
    }
}

/// A place for one record that is accessed asynchronously and from any thread, for example a server or a database. It
/// is for clients whose futures may move between threads, such as clients on a multi-threaded executor.
///
/// Every method reads or changes the record as a whole. If the future of a method is dropped, the record is either
/// changed completely or not at all.
pub trait AsyncStore: Send + Sync {
    /// Returns the record last saved, or `None` if there is none.
    fn load(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Replaces the record. A reader sees either the old or the new record, never a mixture, even after a crash during
    /// the save.
    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes the record. Succeeds if there is none.
    fn remove(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Loads the record, passes it to `merge`, and makes the change that `merge` returns. A store that other tabs or
    /// processes can reach must override this method, and must let nobody else change the record between the load and
    /// the change. It may call `merge` more than once.
    fn update<'a>(
        &'a self,
        merge: &'a mut (dyn FnMut(Option<&[u8]>) -> Change + Send + 'a),
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let stored = self.load().await?;
            match merge(stored.as_deref()) {
                Change::Keep => Ok(()),
                Change::Put(record, durability) => self.save(&record, durability).await,
                Change::Remove => self.remove().await,
            }
        })
    }
}

/// A place for one record that is accessed asynchronously and from one thread, for example a browser database or a
/// plugin of the app's shell. It is for clients that stay on their thread, such as clients in a web page.
///
/// Every method reads or changes the record as a whole. If the future of a method is dropped, the record is either
/// changed completely or not at all.
pub trait LocalAsyncStore {
    /// Returns the record last saved, or `None` if there is none.
    fn load(&self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Replaces the record. A reader sees either the old or the new record, never a mixture, even after a crash during
    /// the save.
    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> LocalBoxFuture<'a, Result<(), StoreError>>;

    /// Removes the record. Succeeds if there is none.
    fn remove(&self) -> LocalBoxFuture<'_, Result<(), StoreError>>;

    /// Loads the record, passes it to `merge`, and makes the change that `merge` returns. A store that other tabs or
    /// processes can reach must override this method, and must let nobody else change the record between the load and
    /// the change. It may call `merge` more than once.
    fn update<'a>(
        &'a self,
        merge: &'a mut (dyn FnMut(Option<&[u8]>) -> Change + 'a),
    ) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let stored = self.load().await?;
            match merge(stored.as_deref()) {
                Change::Keep => Ok(()),
                Change::Put(record, durability) => self.save(&record, durability).await,
                Change::Remove => self.remove().await,
            }
        })
    }
}

/// Implements one of the traits of asynchronous stores for pointers to a store, and for [`MemoryStore`].
macro_rules! implement_async_store {
    ($AsyncStore:ident $(+ $Send:ident)?, $Future:ident, $Pointer:ident) => {
        impl<S: $AsyncStore + ?Sized> $AsyncStore for $Pointer<S> {
            fn load(&self) -> $Future<'_, Result<Option<Vec<u8>>, StoreError>> {
                (**self).load()
            }

            fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> $Future<'a, Result<(), StoreError>> {
                (**self).save(record, durability)
            }

            fn remove(&self) -> $Future<'_, Result<(), StoreError>> {
                (**self).remove()
            }

            fn update<'a>(
                &'a self,
                merge: &'a mut (dyn FnMut(Option<&[u8]>) -> Change + 'a $(+ $Send)?),
            ) -> $Future<'a, Result<(), StoreError>> {
                (**self).update(merge)
            }
        }

        impl $AsyncStore for MemoryStore {
            fn load(&self) -> $Future<'_, Result<Option<Vec<u8>>, StoreError>> {
                Box::pin(async { Store::load(self) })
            }

            fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> $Future<'a, Result<(), StoreError>> {
                Box::pin(async move { Store::save(self, record, durability) })
            }

            fn remove(&self) -> $Future<'_, Result<(), StoreError>> {
                Box::pin(async { Store::remove(self) })
            }
        }
    };
}

implement_async_store!(AsyncStore + Send, BoxFuture, Arc);
implement_async_store!(LocalAsyncStore, LocalBoxFuture, Rc);

/// A change to the stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Leave the record unchanged.
    Keep,
    /// Replace the record.
    Put(Vec<u8>, Durability),
    /// Remove the record.
    Remove,
}

/// Whether a save must reach the disk before it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The record must be on the disk before the call returns, because it contains a new answer from Polar, or a seat.
    Synced,
    /// The save may be lost in a power cut. That does no harm, because only a time in the record has changed.
    Relaxed,
}

/// The reason why a store failed.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// Creates an error. `message` says what failed and, if possible, what to do; it must not contain the record.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// Creates an error that has another error as its cause.
    pub fn with_source(message: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A store in memory, for tests and for apps that must leave nothing on the disk. The record is lost when the store is
/// dropped, so the license must be activated again at every start.
#[derive(Default)]
pub struct MemoryStore(Mutex<Option<Vec<u8>>>);

impl MemoryStore {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn record(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl Store for MemoryStore {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.record().clone())
    }

    fn save(&self, record: &[u8], _: Durability) -> Result<(), StoreError> {
        *self.record() = Some(record.to_vec());
        Ok(())
    }

    fn remove(&self) -> Result<(), StoreError> {
        *self.record() = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_futures_of_an_async_store_may_move_between_threads() {
        fn moves<T: Send>(future: T) -> T {
            future
        }
        let store: Arc<dyn AsyncStore> = Arc::new(MemoryStore::new());
        let mut save = |stored: Option<&[u8]>| match stored {
            None => Change::Put(b"record".to_vec(), Durability::Synced),
            Some(_) => Change::Keep,
        };
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let updated = moves(store.update(&mut save)).as_mut().poll(&mut context);
        assert!(matches!(updated, std::task::Poll::Ready(Ok(()))), "{updated:?}");
        let loaded = moves(store.load()).as_mut().poll(&mut context);
        assert!(matches!(loaded, std::task::Poll::Ready(Ok(Some(record))) if record == b"record"));
    }
}
