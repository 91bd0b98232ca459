//! A record in IndexedDB: a row of the table `records` in the database `polar-license`. The database is open only while
//! it is used, because an open database could prevent another version of the page from upgrading it. An update reads
//! and writes in one transaction, so no other tab can change the record in between.

use super::environment::global;
use super::storage_error::storage_error;
use crate::future::LocalBoxFuture;
use crate::store::{Change, Durability, LocalAsyncStore, StoreError};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbRequest, IdbTransaction, IdbTransactionMode};

const DATABASE: &str = "polar-license";
const VERSION: u32 = 1;
const TABLE: &str = "records";

pub(super) struct IndexedDbStore {
    key: JsValue,
}

impl IndexedDbStore {
    pub(super) fn new(key: String) -> Self {
        Self { key: key.into() }
    }

    async fn read(&self, rows: &IdbObjectStore) -> Result<Option<Vec<u8>>, StoreError> {
        let request = rows.get(&self.key).map_err(|error| storage_error("read", &error))?;
        let value = result_of(&request, "read").await?;
        if value.is_undefined() {
            return Ok(None);
        }
        // A value that is not a `Uint8Array` is not a record, but it shows that something is stored. It is returned as
        // an empty record.
        Ok(Some(value.dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec()).unwrap_or_default()))
    }

    fn change(&self, rows: &IdbObjectStore, change: Change) -> Result<(), JsValue> {
        match change {
            Change::Keep => Ok(()),
            Change::Put(record, _) => rows.put_with_key(&Uint8Array::from(&record[..]), &self.key).map(drop),
            Change::Remove => rows.delete(&self.key).map(drop),
        }
    }

    async fn write(&self, change: Change) -> Result<(), StoreError> {
        let mut change = Some(change);
        self.update(&mut |_| change.take().unwrap_or(Change::Keep)).await
    }
}

impl LocalAsyncStore for IndexedDbStore {
    fn load(&self) -> LocalBoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async {
            let database = Database::open().await?;
            let transaction = database.transaction(IdbTransactionMode::Readonly)?;
            self.read(&rows(&transaction)?).await
        })
    }

    fn save<'a>(&'a self, record: &'a [u8], durability: Durability) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.write(Change::Put(record.to_vec(), durability)))
    }

    fn remove(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write(Change::Remove))
    }

    fn update<'a>(
        &'a self,
        merge: &'a mut (dyn FnMut(Option<&[u8]>) -> Change + 'a),
    ) -> LocalBoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            let database = Database::open().await?;
            let transaction = database.transaction(IdbTransactionMode::Readwrite)?;
            let finished = finish_of(&transaction);
            let rows = rows(&transaction)?;
            let stored = self.read(&rows).await?;
            self.change(&rows, merge(stored.as_deref())).map_err(|error| storage_error("write", &error))?;
            finished.await.map(drop).map_err(|_| {
                let error = transaction.error().map_or(JsValue::NULL, JsValue::from);
                storage_error("write", &error)
            })
        })
    }
}

/// An open database. Dropping it closes the database, but pending requests still complete.
struct Database(IdbDatabase);

impl Database {
    async fn open() -> Result<Self, StoreError> {
        let failed = |error: JsValue| storage_error("open", &error);
        let factory = global("indexedDB").map_err(failed)?;
        let factory = factory.ok_or_else(|| StoreError::new("there is no IndexedDB here; use another storage"))?;
        let factory: IdbFactory = factory.unchecked_into();
        let request = factory.open_with_u32(DATABASE, VERSION).map_err(failed)?;
        let opening = request.clone();
        let upgrade = Closure::<dyn FnMut()>::new(move || {
            let database = opening.result().map(JsCast::unchecked_into::<IdbDatabase>);
            // If the table cannot be created, the first transaction fails and reports this.
            let _ = database.and_then(|database| database.create_object_store(TABLE));
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database = result_of(&request, "open").await;
        request.set_onupgradeneeded(None);
        Ok(Self(database?.unchecked_into()))
    }

    fn transaction(&self, mode: IdbTransactionMode) -> Result<IdbTransaction, StoreError> {
        self.0.transaction_with_str_and_mode(TABLE, mode).map_err(|error| storage_error("open", &error))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn rows(transaction: &IdbTransaction) -> Result<IdbObjectStore, StoreError> {
    transaction.object_store(TABLE).map_err(|error| storage_error("open", &error))
}

async fn result_of(request: &IdbRequest, what: &str) -> Result<JsValue, StoreError> {
    let settled = JsFuture::from(Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    }));
    match settled.await {
        Ok(_) => request.result().map_err(|error| storage_error(what, &error)),
        Err(_) => {
            let error = request.error().ok().flatten().map_or(JsValue::NULL, JsValue::from);
            Err(storage_error(what, &error))
        }
    }
}

/// Returns a future that is ready when the transaction has ended. Call this function right after creating the
/// transaction, without an await in between. Otherwise the transaction could end before this function listens for its
/// end, and the future would never be ready.
fn finish_of(transaction: &IdbTransaction) -> JsFuture {
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    }))
}
