//! The parts of a native client that depend on this device: its identity, random bytes, and the place of the record.
//! This module sends nothing.

use super::file_store::FileStore;
use super::machine::{device_source, system_name};
use crate::client::opening::Machine;
use crate::config::Config;
use crate::engine::SystemName;
use crate::store::{Durability, Store, StoreError};
use std::path::{Path, PathBuf};

/// Describes this machine. If neither the configuration nor the operating system has an identifier for the machine,
/// uses a random one that is kept in `directory`. Reads files, and may create the file for the random identifier.
pub(crate) fn machine(config: &Config, directory: Option<&Path>, takes_turns: bool) -> Machine {
    let source = match config.device_id() {
        Some(_) => None,
        None => device_source(directory),
    };
    Machine { source, system: SystemName::Lookup(system_name), random, takes_turns }
}

/// Returns a store that keeps the record in `directory`. Without a directory, every call of the store fails, and its
/// error says that there is no directory.
pub(crate) fn usual_store(
    directory: Option<PathBuf>,
    app_id: &str,
    product: [u8; 8],
    device: [u8; 8],
) -> Box<dyn Store> {
    store_in(directory, |directory| FileStore::new(directory, app_id, product, device))
}

/// Returns a store that keeps the record of another device in `directory`, as [`usual_store`] keeps the device's own.
pub(super) fn store_of_other_device(
    directory: Option<PathBuf>,
    app_id: &str,
    product: [u8; 8],
    device: [u8; 8],
) -> Box<dyn Store> {
    store_in(directory, |directory| FileStore::of_other_device(directory, app_id, product, device))
}

fn store_in(directory: Option<PathBuf>, store: impl FnOnce(PathBuf) -> FileStore) -> Box<dyn Store> {
    match directory {
        Some(directory) => Box::new(store(directory)),
        None => Box::new(NoStore),
    }
}

/// The store of a client on a system that names no data directory. Every call fails with an error about the missing
/// directory.
struct NoStore;

impl NoStore {
    fn error() -> StoreError {
        StoreError::new("this system names no directory for application data; set HOME, or give the client a directory")
    }
}

impl Store for NoStore {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Err(Self::error())
    }

    fn save(&self, _: &[u8], _: Durability) -> Result<(), StoreError> {
        Err(Self::error())
    }

    fn remove(&self) -> Result<(), StoreError> {
        Err(Self::error())
    }
}

/// Returns random bytes for jitter and labels. If the system cannot supply random numbers, returns zeros, which are
/// good enough for both.
pub(super) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::getrandom(&mut bytes) {
        log::warn!("no random numbers from the system: {error}");
    }
    bytes
}
