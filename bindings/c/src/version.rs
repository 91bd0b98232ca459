//! The version of the library.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::guard::guarded;
use crate::text;
use std::ffi::{CStr, c_char};

/// The version of the interface that this header describes. It increases when something in the interface changes or is
/// removed, but not when something is added. A program that loads the library at run time compares this number with the
/// result of polar_license_abi_version().
pub const POLAR_LICENSE_ABI_VERSION: u32 = 1;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Returns the version of the running library, such as "0.1.0".
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_version() -> *const c_char {
    guarded("polar_license_version", text::fixed(c""), || {
        text::fixed(CStr::from_bytes_until_nul(VERSION.as_bytes()).unwrap_or_default())
    })
}

/// Returns the version of the running library's interface. It is the value of POLAR_LICENSE_ABI_VERSION in the header
/// with which the library was built.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_abi_version() -> u32 {
    guarded("polar_license_abi_version", 0, || POLAR_LICENSE_ABI_VERSION)
}
