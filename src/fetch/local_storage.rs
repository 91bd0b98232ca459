//! A record in `localStorage`, as hexadecimal digits. An update reads and writes the record without yielding, so that
//! no other code of this page runs in between.

use super::environment::global;
use super::storage_error::storage_error;
use crate::future::LocalBoxFuture;
use crate::store::{Change, Durability, LocalAsyncStore, StoreError};
use wasm_bindgen::JsCast;
use web_sys::Storage;

pub(super) struct LocalStorageStore {
    key: String,
}

impl LocalStorageStore {
    pub(super) fn new(key: String) -> Self {
        Self { key }
    }

    fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let text = storage()?.get_item(&self.key).map_err(|error| storage_error("read", &error))?;
        // Text that is not hexadecimal is not a record. Its bytes are returned unchanged, because `None` would mean
        // that nothing is stored.
        Ok(text.map(|text| bytes_of(&text).unwrap_or_else(|| text.into_bytes())))
    }

    fn write(&self, record: &[u8]) -> Result<(), StoreError> {
        storage()?.set_item(&self.key, &hex(record)).map_err(|error| storage_error("write", &error))
    }

    fn delete(&self) -> Result<(), StoreError> {
        storage()?.remove_item(&self.key).map_err(|error| storage_error("write", &error))
    }
}

impl LocalAsyncStore for LocalStorageStore {
    fn load(&self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async { self.read() })
    }

    fn save<'a>(&'a self, record: &'a [u8], _: Durability) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.write(record) })
    }

    fn remove(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { self.delete() })
    }

    fn update<'a>(
        &'a self,
        merge: &'a mut dyn FnMut(Option<&[u8]>) -> Change,
    ) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            match merge(self.read()?.as_deref()) {
                Change::Keep => Ok(()),
                Change::Put(record, _) => self.write(&record),
                Change::Remove => self.delete(),
            }
        })
    }
}

/// Returns `localStorage`. Looks it up at each call, because the user can block it at any time.
fn storage() -> Result<Storage, StoreError> {
    let found = global("localStorage").map_err(|error| storage_error("open", &error))?;
    let found = found.ok_or_else(|| StoreError::new("there is no localStorage here; use another storage"))?;
    Ok(found.unchecked_into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn bytes_survive_as_text() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes_of(&hex(&all)), Some(all));
        for foreign in ["0", "0g", "{}", "é0"] {
            assert_eq!(bytes_of(foreign), None, "{foreign}");
        }
    }
}
