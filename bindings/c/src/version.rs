//! Which library this is.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::guard::guarded;
use crate::text;
use std::ffi::{CStr, c_char};

/// The version of the interface that this header describes. A program that loads the library at run time compares it
/// with polar_license_abi_version(): it grows when something here changes or is removed; additions leave it as it is.
pub const POLAR_LICENSE_ABI_VERSION: u32 = 1;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that is running, such as "0.1.0".
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_version() -> *const c_char {
    guarded("polar_license_version", text::fixed(c""), || {
        text::fixed(CStr::from_bytes_until_nul(VERSION.as_bytes()).unwrap_or_default())
    })
}

/// The version of the interface of the library that is running: POLAR_LICENSE_ABI_VERSION of the header it was built
/// with.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_abi_version() -> u32 {
    guarded("polar_license_abi_version", 0, || POLAR_LICENSE_ABI_VERSION)
}
