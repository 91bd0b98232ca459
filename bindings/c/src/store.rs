//! A store that the app provides, such as a keychain entry or a row in the app's database.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::argument;
use crate::call;
use crate::pointer::UserData;
use polar_license::store::{Durability, Store, StoreError};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// The object that receives the bytes from a load callback. It exists only during the call of that callback.
pub struct Record(Option<Vec<u8>>);

/// A function that loads the bytes that were saved last, and passes them to polar_license_record_set(). If nothing is
/// stored, it leaves `record` unchanged. The function returns 0 on success, and any other number if the bytes could not
/// be read. It is called from any thread. The library holds no locks during the call, so the function may call this
/// library.
pub type LoadCallback = Option<extern "C" fn(user_data: *mut c_void, record: *mut Record) -> i32>;

/// A function that replaces the saved bytes atomically: a reader finds either the old bytes or the new bytes, even
/// after a crash. `durable` is 1 if the new bytes must be on the disk before the function returns, and 0 if it is
/// harmless to lose them in a power cut. The function returns 0 on success, and any other number on failure. For the
/// rules on threads and locks, see the load callback.
pub type SaveCallback =
    Option<extern "C" fn(user_data: *mut c_void, bytes: *const u8, length: usize, durable: i32) -> i32>;

/// A function that removes the saved bytes, if there are any. The function returns 0 on success, and any other number
/// on failure. For the rules on threads and locks, see the load callback.
pub type RemoveCallback = Option<extern "C" fn(user_data: *mut c_void) -> i32>;

/// A function that locks the record: no other process can change it until the unlock callback is called. It returns 0,
/// or another number if the lock cannot be acquired. While the lock is held, the library calls only the load, save and
/// remove callbacks of this store, and only on the thread that called the lock callback.
pub type LockCallback = Option<extern "C" fn(user_data: *mut c_void) -> i32>;

/// A function that releases the lock that the lock callback acquired.
pub type UnlockCallback = Option<extern "C" fn(user_data: *mut c_void)>;

type Load = extern "C" fn(*mut c_void, *mut Record) -> i32;
type Save = extern "C" fn(*mut c_void, *const u8, usize, i32) -> i32;
type Status = extern "C" fn(*mut c_void) -> i32;
type Unlocks = extern "C" fn(*mut c_void);

#[derive(Clone)]
pub(crate) struct AppStore {
    pub(crate) parts: Arc<Parts>,
    pub(crate) lock: Option<(Status, Unlocks)>,
}

pub(crate) struct Parts {
    pub(crate) load: Load,
    pub(crate) save: Save,
    pub(crate) remove: Status,
    pub(crate) data: UserData,
}

/// Gives the library the bytes that a load callback has found. The library copies them. If this function is called
/// several times, the last call counts.
///
/// `bytes` may be NULL if `length` is 0. Call this function from the load callback, on the thread of that callback.
/// Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `record` is NULL, or if `bytes` is NULL and
/// `length` is not 0.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_record_set(record: *mut Record, bytes: *const u8, length: usize) -> i32 {
    call::run("polar_license_record_set", ptr::null_mut(), || {
        let record = argument::object_mut("record", record)?;
        let bytes = argument::bytes("bytes", bytes, length)?;
        record.0 = Some(bytes.to_vec());
        Ok(())
    })
}

impl Store for AppStore {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut record = Record(None);
        done("load", (self.parts.load)(self.parts.data.get(), &raw mut record))?;
        Ok(record.0)
    }

    fn save(&self, record: &[u8], durability: Durability) -> Result<(), StoreError> {
        let durable = i32::from(durability == Durability::Synced);
        done("save", (self.parts.save)(self.parts.data.get(), record.as_ptr(), record.len(), durable))
    }

    fn remove(&self) -> Result<(), StoreError> {
        done("remove", (self.parts.remove)(self.parts.data.get()))
    }

    fn locked(&self, work: &mut dyn FnMut()) -> Result<(), StoreError> {
        let Some((lock, unlock)) = self.lock else {
            work();
            return Ok(());
        };
        done("lock", lock(self.parts.data.get()))?;
        let _unlocks = Unlock(unlock, &self.parts.data);
        work();
        Ok(())
    }
}

struct Unlock<'a>(Unlocks, &'a UserData);

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        (self.0)(self.1.get());
    }
}

fn done(what: &str, status: i32) -> Result<(), StoreError> {
    if status == 0 {
        return Ok(());
    }
    Err(StoreError::new(format!("the app's own store could not {what} the license (it returned {status})")))
}
