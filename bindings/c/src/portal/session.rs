//! `polar_license_session`: what a customer may do for an hour.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use super::checkout::Purchase;
use super::device::{Device, Devices};
use super::license_key::{Key, Keys};
use super::progress::{self, ProgressCallback};
use super::restored::Restored;
use crate::error::Error;
use crate::guard::guarded;
use crate::{argument, call, object, pointer};
use polar_license::blocking;
use polar_license::portal::ConfirmedByUser;
use std::ffi::c_void;

/// For polar_license_session_rotate(): the user was told that the old key ends at once, on all devices, and wants that.
pub const POLAR_LICENSE_CONFIRMED_BY_USER: i32 = 1;

/// What a customer may do for an hour: find the license keys, restore the license, manage devices. It holds the
/// customer's token, in memory only, which nothing shows; free it together with the dialog that it belongs to.
///
/// Begun by polar_license_portal_authenticate() and others; freed with polar_license_session_free(), before the license
/// or after it. May be used from any thread, by several at once. Its operations are ended by polar_license_cancel().
pub struct Session(blocking::Session);

impl Session {
    pub(crate) fn new(session: blocking::Session) -> Self {
        Self(session)
    }
}

/// Activates the customer's license key on this device: the one that is active here, or the only one that can be used.
/// Several are returned to choose from; if no seat is free, the devices are. Where all have expired by the clock of this
/// device, which may be wrong, Polar is asked about the one that lasts longest; a key that has expired takes no seat.
///
/// `restored` must not be NULL; it gets the result, to free with polar_license_restored_free(), or NULL if this fails.
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread; blocks for a few requests of 10 s each and an activation at most, for the network and the
/// disk.
/// Returns POLAR_LICENSE_OK for each outcome; POLAR_LICENSE_ERR_REFUSED with polar_license_error_reason() if the
/// customer has no key for this app or none that can be used, and with POLAR_LICENSE_REASON_UNSET if the session has
/// ended; otherwise as polar_license_activate().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_restore(
    session: *const Session,
    restored: *mut *mut Restored,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_restore", "restored", restored, error, || {
        Ok(Restored::new(shared(session)?.0.restore()?))
    })
}

/// The same, but waits up to five minutes for a key that is on its way, after an invitation was accepted.
///
/// `progress` may be NULL; otherwise it is called with `user_data` before each wait, and can end it. Ownership and
/// threads are as for polar_license_session_restore().
/// Returns POLAR_LICENSE_ERR_TIMEOUT if the key is still not there, POLAR_LICENSE_ERR_CANCELLED if `progress` ended it;
/// otherwise as polar_license_session_restore().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_restore_when_granted(
    session: *const Session,
    progress: ProgressCallback,
    user_data: *mut c_void,
    restored: *mut *mut Restored,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_restore_when_granted", "restored", restored, error, || {
        Ok(Restored::new(shared(session)?.0.restore_when_granted(progress::reporter(progress, user_data))?))
    })
}

/// Activates the key of a purchase, and waits up to five minutes for it.
///
/// `purchase` is that of polar_license_checkout_follow(), and stays the caller's. Everything else is as for
/// polar_license_session_restore_when_granted().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_restore_purchase(
    session: *const Session,
    purchase: *const Purchase,
    progress: ProgressCallback,
    user_data: *mut c_void,
    restored: *mut *mut Restored,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_restore_purchase", "restored", restored, error, || {
        let session = shared(session)?;
        let purchase = argument::object("purchase", purchase)?;
        let reporter = progress::reporter(progress, user_data);
        Ok(Restored::new(session.0.restore_purchase(purchase.inner(), reporter)?))
    })
}

/// Activates this key on this device: the one that the user has chosen, or one for which a seat was released.
///
/// `key` stays where it is. Everything else is as for polar_license_session_restore().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_activate(
    session: *const Session,
    key: *const Key,
    restored: *mut *mut Restored,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_activate", "restored", restored, error, || {
        let session = shared(session)?;
        Ok(Restored::new(session.0.activate(argument::object("key", key)?.inner())?))
    })
}

/// Lists the customer's license keys of this organization and of the benefits that the options accept: those that can
/// be used first, and of them those that last longest.
///
/// `keys` must not be NULL; it gets the list, to free with polar_license_keys_free(), or NULL if this fails. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from
/// any thread; blocks, 10 s at most for each hundred keys, for the network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if the session has ended; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT,
/// _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_license_keys(
    session: *const Session,
    keys: *mut *mut Keys,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_license_keys", "keys", keys, error, || {
        Ok(Keys::new(shared(session)?.0.license_keys()?))
    })
}

/// Lists those of the customer's license keys that can be used, in the same order; one at least. Where all have expired
/// by the clock of this device, which may be wrong, it is the one that lasts longest: Polar decides when it is
/// activated.
///
/// Returns POLAR_LICENSE_ERR_REFUSED with polar_license_error_reason() if the customer has no key for this app or none
/// that can be used. Everything else is as for polar_license_session_license_keys().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_usable_keys(
    session: *const Session,
    keys: *mut *mut Keys,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_usable_keys", "keys", keys, error, || {
        Ok(Keys::new(shared(session)?.0.usable_keys()?))
    })
}

/// The devices that a key is active on, or that the vendor does not show them.
///
/// `key` stays where it is. `devices` must not be NULL; it gets the devices, to free with polar_license_devices_free(),
/// or NULL if this fails. Everything else is as for polar_license_session_license_keys(); POLAR_LICENSE_ERR_REFUSED
/// also if the key is not the customer's any more.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_devices(
    session: *const Session,
    key: *const Key,
    devices: *mut *mut Devices,
    error: *mut *mut Error,
) -> i32 {
    object::make("polar_license_session_devices", "devices", devices, error, || {
        let session = shared(session)?;
        Ok(Devices::new(session.0.devices(argument::object("key", key)?.inner())?))
    })
}

/// Releases the seat of a device. On this device it does what polar_license_deactivate() does. Ask the user first.
///
/// `key` is the key that the device was listed for; both stay where they are. `deactivated` may be NULL; otherwise it
/// gets what became of the seat on success, one of POLAR_LICENSE_DEACTIVATED_.... `error` may be NULL; otherwise it
/// gets an error to free with polar_license_error_free(), or NULL on success. Callable from any thread; blocks, 35 s at
/// most, for the network and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not
/// answer: list the devices again to see whether the seat was released.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_release(
    session: *const Session,
    key: *const Key,
    device: *const Device,
    deactivated: *mut i32,
    error: *mut *mut Error,
) -> i32 {
    call::run("polar_license_session_release", error, || {
        let session = shared(session)?;
        let (key, device) = (argument::object("key", key)?, argument::object("device", device)?);
        pointer::write(deactivated, session.0.release(key.inner(), device.inner())?.number());
        Ok(())
    })
}

/// Replaces a license key by another one. The old one ends at once on all devices of the customer, which need the other
/// one then; seats stay. If the license here is of this key, even if that was replaced since, it goes on with the other
/// one, which is stored before this returns.
///
/// `confirmation` must be POLAR_LICENSE_CONFIRMED_BY_USER: ask the user first. `key` stays where it is. `replacement`
/// may be NULL; otherwise it gets the other key, to free with polar_license_key_free(), or NULL if this fails. `error`
/// may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from
/// any thread; blocks for four requests of 10 s each at most, and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT without the confirmation: then nothing was sent;
/// POLAR_LICENSE_ERR_REFUSED if the key cannot be replaced or the session has ended; POLAR_LICENSE_ERR_STORAGE if
/// nothing can be stored here; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did
/// not answer. With polar_license_error_maybe_applied() the key may have been replaced: list
/// the keys again.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_rotate(
    session: *const Session,
    key: *const Key,
    confirmation: i32,
    replacement: *mut *mut Key,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(replacement, std::ptr::null_mut());
    call::run("polar_license_session_rotate", error, || {
        let session = shared(session)?;
        let key = argument::object("key", key)?;
        if confirmation != POLAR_LICENSE_CONFIRMED_BY_USER {
            return Err(argument::invalid("`confirmation` is not POLAR_LICENSE_CONFIRMED_BY_USER; ask the user first"));
        }
        pointer::pass(replacement, Key::new(session.0.rotate(key.inner(), ConfirmedByUser)?));
        Ok(())
    })
}

/// Frees the session, and wipes its token. NULL is allowed. The token stays valid at Polar until its hour is over.
///
/// Another thread may be inside an operation: it goes on, and the memory is wiped and freed when it returns. No other
/// call may begin after this one has begun. Free it once. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_session_free(session: *mut Session) {
    guarded("polar_license_session_free", (), || drop(pointer::free_shared(session)));
}

fn shared(session: *const Session) -> Result<std::sync::Arc<Session>, Error> {
    object::shared("session", session)
}
