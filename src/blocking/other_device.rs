//! Opens the record that this client keeps for another device, which has no network. The client needs it to answer a
//! request of that device, or to release a seat that the device has given up. The record is in the same folder as the
//! client's own record, but its file name has another extension. With the same extension, a client without a license
//! would find this record and offer to move its license here.

use super::local::{random, store_of_other_device};
use crate::client::opening::{self, Opened};
use crate::codes::ErrorKind;
use crate::config::Config;
use crate::device::DeviceId;
use crate::error::Error;
use crate::store::Store;
use std::path::PathBuf;

/// The parts of a client with which it acts for other devices.
pub(crate) struct OtherDevices {
    pub(crate) config: Config,
    pub(crate) directory: Option<PathBuf>,
    /// Whether the app has given the client a store. Such a store has room for one record only.
    pub(crate) has_own_store: bool,
    pub(crate) has_own_clock: bool,
}

impl OtherDevices {
    /// Creates an engine for another device, and opens the store of its record. `system` is the name of its operating
    /// system.
    pub(crate) fn open(&self, device: DeviceId, system: String) -> Result<(Opened, Box<dyn Store>), Error> {
        if self.has_own_store {
            let message =
                "a client with the app's own store cannot act for another device; use a client with a directory";
            return Err(Error::worded(self.config.texts(), ErrorKind::InvalidConfig, message));
        }
        let opened = opening::open_for(self.config.for_device(), device, system.into(), random, self.has_own_clock);
        let store = store_of_other_device(self.directory.clone(), &opened.app_id, opened.product, opened.device);
        Ok((opened, store))
    }
}
