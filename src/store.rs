//! Where the sealed record is kept between runs. A store moves bytes; it never looks into them.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A place for one record: a file, a keychain entry, a row in the app's own database.
///
/// The three methods move whole records. They may be called from any thread, inside [`Store::locked`] and outside. An implementation that other processes
/// can reach as well also overrides [`Store::locked`].
pub trait Store: Send + Sync {
    /// The record last saved, or `None` where there is none.
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Replaces the record. A reader, and a crash at any instant, sees the old or the new one, never a mixture.
    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError>;

    /// Removes the record; fine where there is none.
    fn remove(&self) -> Result<(), StoreError>;

    /// Runs `work` exactly once while nobody else changes the record, or returns an error without running it.
    /// The default just runs it.
    fn locked(&self, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        work();
        Ok(())
    }
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
}

/// A future that stays on its thread, as all do in a web page.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A place for one record that answers later: a database of the browser, a plugin of the app's shell, a server.
///
/// Every method moves whole records. One whose future is dropped may have been carried out or not, but never by half.
pub trait AsyncStore {
    /// The record last saved, or `None` where there is none.
    fn load(&self) -> LocalFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    /// Replaces the record. A reader, and a crash at any instant, sees the old or the new one, never a mixture.
    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> LocalFuture<'a, Result<(), StoreError>>;

    /// Removes the record; fine where there is none.
    fn remove(&self) -> LocalFuture<'_, Result<(), StoreError>>;

    /// Loads the record, asks `merge` what to do with it, and does that. A store that other tabs or processes can reach
    /// as well overrides this, so that nobody else changes the record in between; it may then call `merge` again.
    fn update<'a>(
        &'a self,
        merge: &'a mut dyn FnMut(Option<&[u8]>) -> Change,
    ) -> LocalFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            match merge(self.load().await?.as_deref()) {
                Change::Keep => Ok(()),
                Change::Put(record, durability) => self.save(&record, durability).await,
                Change::Remove => self.remove().await,
            }
        })
    }
}

impl<S: AsyncStore + ?Sized> AsyncStore for Rc<S> {
    fn load(&self) -> LocalFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        (**self).load()
    }

    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> LocalFuture<'a, Result<(), StoreError>> {
        (**self).save(record, durability)
    }

    fn remove(&self) -> LocalFuture<'_, Result<(), StoreError>> {
        (**self).remove()
    }

    fn update<'a>(
        &'a self,
        merge: &'a mut dyn FnMut(Option<&[u8]>) -> Change,
    ) -> LocalFuture<'a, Result<(), StoreError>> {
        (**self).update(merge)
    }
}

/// What to do with the stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Keep,
    /// Replace it.
    Put(Vec<u8>, Durability),
    /// Remove it.
    Remove,
}

/// How much a save is worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk before the call returns: a verdict, a seat.
    Synced,
    /// May be lost in a power cut without harm: the highest time seen.
    Relaxed,
}

/// Why a store could not do what was asked.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// `message` says what failed and, where that is known, what to do; it must not contain the record.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same, with the error that caused it.
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

/// A store that forgets when it is dropped, for tests and for apps that want nothing on the disk.
/// A license in it has to be activated again at every start.
#[derive(Default)]
pub struct MemoryStore(Mutex<Option<Vec<u8>>>);

impl MemoryStore {
    /// An empty store.
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

impl AsyncStore for MemoryStore {
    fn load(&self) -> LocalFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async { Store::load(self) })
    }

    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> LocalFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { Store::save(self, record, durability) })
    }

    fn remove(&self) -> LocalFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Store::remove(self) })
    }
}
