//! Which library this is.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::guarded;
use crate::text;
use std::ffi::{CStr, c_char};

/// The interface that this header describes. Compare it with polar_license_abi_version() where the library is loaded at
/// run time: it grows when something that is here changes or goes; additions leave it alone.
pub const POLAR_LICENSE_ABI_VERSION: u32 = 1;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that is running, such as "0.1.0".
///
/// The text lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_version() -> *const c_char {
    guarded("polar_license_version", text::fixed(c""), || {
        text::fixed(CStr::from_bytes_until_nul(VERSION.as_bytes()).unwrap_or_default())
    })
}

/// The interface of the library that is running; POLAR_LICENSE_ABI_VERSION of the header it was built with.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_abi_version() -> u32 {
    guarded("polar_license_abi_version", 0, || POLAR_LICENSE_ABI_VERSION)
}
