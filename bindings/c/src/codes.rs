//! The integer codes of the interface, and their names. Numbers and names come from the core. This file lists none of
//! them: `tests/header.rs` writes the constants of both headers from the core's tables.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::guard::guarded;
use crate::text;
use polar_license::{Deactivated, ErrorKind, NextStep, Reason, State};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

/// `POLAR_LICENSE_OK`: the number for "no error". Every other number is that of an [`ErrorKind`].
pub(crate) const OK: i32 = 0;

/// `POLAR_LICENSE_REASON_UNSET`: the number for "no reason". Every other number is that of a [`Reason`].
pub(crate) const REASON_UNSET: i32 = 0;

/// `POLAR_LICENSE_ABSENT`: the int64_t that a function returns if it has no value to return.
pub(crate) const POLAR_LICENSE_ABSENT: i64 = i64::MIN;

/// The name that is returned for a number that this version does not know.
pub(crate) const UNKNOWN: &CStr = c"unknown";

/// Returns the name of an error kind, such as "rate_limited". Returns "ok" for POLAR_LICENSE_OK, and "unknown" for a
/// number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_kind_name(kind: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_kind_name", text::fixed(UNKNOWN), || {
        let kinds = ErrorKind::ALL.iter().map(|kind| (kind.number(), kind.as_str()));
        NAMES.find(kind, kinds.chain([(OK, "ok")]))
    })
}

/// Returns the name of a state, such as "grace", or "unknown" for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_state_name(state: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_state_name", text::fixed(UNKNOWN), || {
        NAMES.find(state, State::ALL.iter().map(|state| (state.number(), state.as_str())))
    })
}

/// Returns the name of a reason, such as "activation_limit". Returns "unset" for POLAR_LICENSE_REASON_UNSET, and
/// "unknown" for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reason_name(reason: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_reason_name", text::fixed(UNKNOWN), || {
        let reasons = Reason::ALL.iter().map(|reason| (reason.number(), reason.as_str()));
        NAMES.find(reason, reasons.chain([(REASON_UNSET, "unset")]))
    })
}

/// Returns the name of a next step, such as "enter_key", or "unknown" for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_next_step_name(next_step: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_next_step_name", text::fixed(UNKNOWN), || {
        NAMES.find(next_step, NextStep::ALL.iter().map(|step| (step.number(), step.as_str())))
    })
}

/// Returns the name of a deactivation's outcome, such as "released". Returns "unknown" for
/// POLAR_LICENSE_DEACTIVATED_UNKNOWN, and also for a number that this version does not know.
///
/// The string lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_deactivated_name(deactivated: i32) -> *const c_char {
    static NAMES: Names = Names::new();
    guarded("polar_license_deactivated_name", text::fixed(UNKNOWN), || {
        NAMES.find(deactivated, Deactivated::ALL.iter().map(|outcome| (outcome.number(), outcome.as_str())))
    })
}

/// The names of the codes in one of the core's tables, as strings that end with NUL. They are created on first use.
pub(crate) struct Names(OnceLock<BTreeMap<i32, CString>>);

impl Names {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn find(&'static self, number: i32, table: impl Iterator<Item = (i32, &'static str)>) -> *const c_char {
        let names = self.0.get_or_init(|| table.map(|(number, name)| (number, text::owned(name))).collect());
        names.get(&number).map_or(text::fixed(UNKNOWN), |name| name.as_ptr())
    }
}
