//! `polar_license_devices`: the devices that a license key is active on, as far as the vendor shows them.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::POLAR_LICENSE_ABSENT;
use crate::guard::guarded;
use crate::{pointer, text};
use polar_license::portal;
use std::ffi::{CString, c_char};
use std::ptr;

/// A device that a license key is active on. It belongs to its list and lives as long as that. Does not change; may be
/// read from several threads at once.
pub struct Device {
    device: portal::Device,
    label: CString,
}

/// The devices of a license key, or that the vendor does not show them: of polar_license_session_devices(), freed with
/// polar_license_devices_free(), or of a restore that found no free seat, belonging to its result. Does not change; may
/// be read from several threads at once.
pub struct Devices {
    listed: Vec<Device>,
    hidden: Option<Hidden>,
}

struct Hidden {
    is_certain: bool,
    page: Option<CString>,
    message: CString,
}

impl Device {
    pub(crate) fn inner(&self) -> &portal::Device {
        &self.device
    }
}

impl Devices {
    pub(crate) fn new(devices: portal::Devices) -> Self {
        match devices {
            portal::Devices::Listed(devices) => {
                let listed = devices.into_iter().map(|device| Device { label: text::owned(device.label()), device });
                Self { listed: listed.collect(), hidden: None }
            }
            portal::Devices::Hidden(hidden) => {
                let (page, message) = (hidden.page().map(text::owned), text::owned(hidden.message()));
                let hidden = Hidden { is_certain: hidden.is_certain(), page, message };
                Self { listed: Vec::new(), hidden: Some(hidden) }
            }
        }
    }
}

/// 1 if no device is shown: the vendor has not switched on `Enable user to deactivate instances via Polar` for the
/// benefit, or there is none. Show polar_license_devices_message() then, which says which, as far as that can be told.
/// 0 if the devices are listed, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_hidden(devices: *const Devices) -> i32 {
    guarded("polar_license_devices_hidden", 0, || hidden(devices).is_some().into())
}

/// 1 if there are devices for certain, although none is shown: every seat is taken, or this device has one. 0
/// otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_hidden_certain(devices: *const Devices) -> i32 {
    guarded("polar_license_devices_hidden_certain", 0, || {
        hidden(devices).is_some_and(|hidden| hidden.is_certain).into()
    })
}

/// One sentence for the user if no device is shown, in English unless the options replace it: whom to ask, or that
/// there is none. Empty if they are listed, and for NULL; never NULL.
///
/// The string lives as long as the devices. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_message(devices: *const Devices) -> *const c_char {
    guarded("polar_license_devices_message", text::fixed(c""), || {
        hidden(devices).map_or(text::fixed(c""), |hidden| text::borrowed(Some(&hidden.message)))
    })
}

/// The page where customers of this vendor manage their purchases, if no device is shown. They see no devices there
/// either, but their keys, and whom to ask. NULL where it could not be found out, if there is no device for certain, if
/// the devices are listed, and for NULL.
///
/// The string lives as long as the devices. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_page(devices: *const Devices) -> *const c_char {
    guarded("polar_license_devices_page", ptr::null(), || {
        text::borrowed(hidden(devices).and_then(|hidden| hidden.page.as_ref()))
    })
}

/// How many devices are listed. 0 if none is shown, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_count(devices: *const Devices) -> usize {
    guarded("polar_license_devices_count", 0, || pointer::borrow(devices).map_or(0, |devices| devices.listed.len()))
}

/// The device at `index`, from 0; the oldest first. NULL past the last, and for NULL.
///
/// The device belongs to the list and lives until it is freed; do not free it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_at(devices: *const Devices, index: usize) -> *const Device {
    guarded("polar_license_devices_at", ptr::null(), || {
        pointer::borrow(devices).and_then(|devices| devices.listed.get(index)).map_or(ptr::null(), ptr::from_ref)
    })
}

/// Frees the list, its devices, and every string borrowed from them. NULL is allowed. Not for one that belongs to a
/// result.
///
/// Each is freed once, when no thread uses it any longer. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_devices_free(devices: *mut Devices) {
    guarded("polar_license_devices_free", (), || pointer::free(devices));
}

/// What the device was called when it was activated. NULL for NULL.
///
/// The string lives as long as the list. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_device_label(device: *const Device) -> *const c_char {
    guarded("polar_license_device_label", ptr::null(), || {
        text::borrowed(pointer::borrow(device).map(|device| &device.label))
    })
}

/// When it was activated, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_device_since_ms(device: *const Device) -> i64 {
    guarded("polar_license_device_since_ms", POLAR_LICENSE_ABSENT, || {
        pointer::borrow(device).map_or(POLAR_LICENSE_ABSENT, |device| device.device.since().unix_ms())
    })
}

/// 1 if it is the device that this app runs on. 0 otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_device_is_this(device: *const Device) -> i32 {
    guarded("polar_license_device_is_this", 0, || {
        pointer::borrow(device).is_some_and(|device| device.device.is_this()).into()
    })
}

fn hidden<'a>(devices: *const Devices) -> Option<&'a Hidden> {
    pointer::borrow(devices).and_then(|devices| devices.hidden.as_ref())
}
