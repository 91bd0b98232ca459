//! The browser storage for the record and for the random id of this browser.

use super::environment::{global, random};
use super::indexed_db::IndexedDbStore;
use super::local_storage::LocalStorageStore;
use crate::client::opening::random_id;
use crate::future::LocalBoxFuture;
use crate::store::{Change, Durability, LocalAsyncStore, StoreError};
use std::cell::RefCell;

/// A kind of browser storage. Each origin has its own storage.
///
/// A page cannot learn the id of the device. So the library creates a random id, and keeps it in the same storage as the
/// record. A seat therefore belongs to this browser profile. This is weak protection, because a person who can copy the
/// record can copy the id too. If this matters, set [`device_id`](crate::ConfigBuilder::device_id), for example to an
/// id of the signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// `localStorage`, the default in a page. Workers do not have it.
    Local,
    /// An IndexedDB database named `polar-license`. Pages and workers share it.
    IndexedDb,
}

const DEVICE: &str = "polar-license device";

impl Storage {
    /// Returns `localStorage`, or IndexedDB if there is no `localStorage`, as in workers. Returns `None` if there is
    /// neither.
    pub(super) fn usual() -> Option<Self> {
        match (global("localStorage"), global("indexedDB")) {
            // If the browser forbids access to a storage at the moment, assume that it exists, because it may hold
            // records that were saved earlier.
            (Ok(Some(_)) | Err(_), _) => Some(Self::Local),
            (Ok(None), Ok(Some(_)) | Err(_)) => Some(Self::IndexedDb),
            (Ok(None), Ok(None)) => None,
        }
    }

    pub(super) fn record(self, app_id: &str, product: [u8; 8], device: [u8; 8]) -> Box<dyn LocalAsyncStore> {
        let [product, device] = [product, device].map(u64::from_be_bytes);
        self.place(format!("polar-license {app_id} {product:016x} {device:016x}"))
    }

    /// Returns the random id of this browser. If there is none, creates and stores one first. Fails if the id cannot be
    /// read or stored.
    pub(super) async fn device(self) -> Result<String, StoreError> {
        let place = self.place(DEVICE.to_owned());
        if let Some(id) = place.load().await?.and_then(id_of) {
            return Ok(id);
        }
        let id = RefCell::new(random_id(random));
        let mut keep = |stored: Option<&[u8]>| match stored.map(<[u8]>::to_vec).and_then(id_of) {
            // another tab has stored an id first
            Some(other) => {
                id.replace(other);
                Change::Keep
            }
            None => Change::Put(id.borrow().clone().into_bytes(), Durability::Synced),
        };
        place.update(&mut keep).await?;
        Ok(id.into_inner())
    }

    fn place(self, name: String) -> Box<dyn LocalAsyncStore> {
        match self {
            Self::Local => Box::new(LocalStorageStore::new(name)),
            Self::IndexedDb => Box::new(IndexedDbStore::new(name)),
        }
    }
}

fn id_of(bytes: Vec<u8>) -> Option<String> {
    let whole = bytes.len() == 32 && bytes.iter().all(u8::is_ascii_hexdigit);
    String::from_utf8(bytes).ok().filter(|_| whole)
}

/// The store for a browser in which nothing can be stored. Every call fails, and the error gives the reason.
pub(super) struct NoStore(String);

impl NoStore {
    pub(super) fn absent() -> Self {
        Self(String::from("there is neither localStorage nor IndexedDB here; give the client a store"))
    }

    pub(super) fn because(error: &StoreError) -> Self {
        Self(error.to_string())
    }

    fn fail<T: 'static>(&self) -> LocalBoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async { Err(StoreError::new(self.0.as_str())) })
    }
}

impl LocalAsyncStore for NoStore {
    fn load(&self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        self.fail()
    }

    fn save<'a>(&'a self, _: &'a [u8], _: Durability) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        self.fail()
    }

    fn remove(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        self.fail()
    }
}
