//! `polar_license_restored`: how restoring a license ended.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use super::device::Devices;
use super::license_key::{Key, Keys};
use crate::decision::Decision;
use crate::error::Error;
use crate::guard::guarded;
use crate::pointer;
use polar_license::portal;
use std::ptr;

/// The license is active on this device.
pub const POLAR_LICENSE_RESTORED_LICENSED: i32 = 1;
/// Several license keys fit: let the user choose one of polar_license_restored_keys(), and call
/// polar_license_session_activate().
pub const POLAR_LICENSE_RESTORED_CHOOSE: i32 = 2;
/// The key is in use on as many devices as it allows: let the user choose one of polar_license_restored_devices(), call
/// polar_license_session_release(), and activate polar_license_restored_key() then.
pub const POLAR_LICENSE_RESTORED_NO_SEAT: i32 = 3;

/// How restoring a license ended. Only POLAR_LICENSE_RESTORED_LICENSED means that the license is here; a later version
/// may have more outcomes. Freed with polar_license_restored_free(). Does not change; may be read from several threads
/// at once.
pub struct Restored(Outcome);

enum Outcome {
    Licensed(Box<Decision>),
    Choose(Box<Keys>),
    NoSeat(Box<NoSeat>),
}

struct NoSeat {
    key: Key,
    devices: Devices,
    error: Error,
}

impl Restored {
    pub(crate) fn new(restored: portal::Restored) -> Self {
        Self(match restored {
            portal::Restored::Licensed(decision) => Outcome::Licensed(Box::new(Decision::new(*decision))),
            portal::Restored::Choose(keys) => Outcome::Choose(Box::new(Keys::new(keys))),
            portal::Restored::NoSeat(full) => {
                let portal::NoSeat { key, devices, error } = *full;
                let (key, devices, error) = (Key::new(key), Devices::new(devices), error.into());
                Outcome::NoSeat(Box::new(NoSeat { key, devices, error }))
            }
        })
    }

    fn no_seat(&self) -> Option<&NoSeat> {
        match &self.0 {
            Outcome::NoSeat(full) => Some(full),
            Outcome::Licensed(_) | Outcome::Choose(_) => None,
        }
    }
}

/// How it ended: one of POLAR_LICENSE_RESTORED_.... 0 for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_outcome(restored: *const Restored) -> i32 {
    guarded("polar_license_restored_outcome", 0, || {
        pointer::borrow(restored).map_or(0, |this| match this.0 {
            Outcome::Licensed(_) => POLAR_LICENSE_RESTORED_LICENSED,
            Outcome::Choose(_) => POLAR_LICENSE_RESTORED_CHOOSE,
            Outcome::NoSeat(_) => POLAR_LICENSE_RESTORED_NO_SEAT,
        })
    })
}

/// The decision, if the license is active here. NULL otherwise, and for NULL.
///
/// The decision belongs to the result and lives until that is freed; do not free it. Callable from any thread; never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_decision(restored: *const Restored) -> *const Decision {
    part("polar_license_restored_decision", restored, |this| match &this.0 {
        Outcome::Licensed(decision) => Some(&**decision),
        Outcome::Choose(_) | Outcome::NoSeat(_) => None,
    })
}

/// The license keys to choose from, the best first. NULL if there is nothing to choose, and for NULL.
///
/// The list belongs to the result and lives until that is freed; do not free it. Callable from any thread; never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_keys(restored: *const Restored) -> *const Keys {
    part("polar_license_restored_keys", restored, |this| match &this.0 {
        Outcome::Choose(keys) => Some(&**keys),
        Outcome::Licensed(_) | Outcome::NoSeat(_) => None,
    })
}

/// The license key without a free seat. NULL otherwise, and for NULL.
///
/// The key belongs to the result and lives until that is freed; do not free it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_key(restored: *const Restored) -> *const Key {
    part("polar_license_restored_key", restored, |this| Some(&this.no_seat()?.key))
}

/// Who has the seats of that key. NULL otherwise, and for NULL.
///
/// The devices belong to the result and live until that is freed; do not free them. Callable from any thread; never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_devices(restored: *const Restored) -> *const Devices {
    part("polar_license_restored_devices", restored, |this| Some(&this.no_seat()?.devices))
}

/// Why no seat was taken: its polar_license_error_message() is for the user. NULL otherwise, and for NULL.
///
/// The error belongs to the result and lives until that is freed; do not free it. Callable from any thread; never
/// blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_error(restored: *const Restored) -> *const Error {
    part("polar_license_restored_error", restored, |this| Some(&this.no_seat()?.error))
}

/// Frees the result and everything borrowed from it. NULL is allowed.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_restored_free(restored: *mut Restored) {
    guarded("polar_license_restored_free", (), || pointer::free(restored));
}

fn part<T>(function: &str, restored: *const Restored, read: impl FnOnce(&Restored) -> Option<&T>) -> *const T {
    guarded(function, ptr::null(), || pointer::borrow(restored).and_then(read).map_or(ptr::null(), ptr::from_ref))
}
