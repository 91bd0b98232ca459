//! What the integers of the interface mean. A number is never used for anything else again; a later version may return
//! ones that are not here, and what an app does not know it treats as "no".

#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::guarded;
use crate::text;
use polar_license::{Deactivated, ErrorKind, NextStep, Reason, State};
use std::ffi::{CStr, c_char};

/// It worked.
pub const POLAR_LICENSE_OK: i32 = 0;
/// An argument cannot be right: NULL, not UTF-8, an empty license key.
pub const POLAR_LICENSE_ERR_INVALID_ARGUMENT: i32 = 1;
/// The options cannot be right; found before anything is sent. The message says which and what it should be.
pub const POLAR_LICENSE_ERR_INVALID_CONFIG: i32 = 2;
/// Polar was not reached: no connection, or something other than Polar answered, such as a captive portal.
pub const POLAR_LICENSE_ERR_NETWORK: i32 = 3;
/// No whole answer came in time.
pub const POLAR_LICENSE_ERR_TIMEOUT: i32 = 4;
/// Polar asks to wait; see polar_license_error_retry_after_ms().
pub const POLAR_LICENSE_ERR_RATE_LIMITED: i32 = 5;
/// Polar was reached and failed.
pub const POLAR_LICENSE_ERR_SERVER: i32 = 6;
/// Polar, or the options, said no; see polar_license_error_reason().
pub const POLAR_LICENSE_ERR_REFUSED: i32 = 7;
/// The key has fewer uses left than were asked for.
pub const POLAR_LICENSE_ERR_USAGE_EXHAUSTED: i32 = 8;
/// The license could not be read or written on this device.
pub const POLAR_LICENSE_ERR_STORAGE: i32 = 9;
/// polar_license_cancel() or polar_license_free() ended the operation.
pub const POLAR_LICENSE_ERR_CANCELLED: i32 = 10;
/// There is no license here to do this with.
pub const POLAR_LICENSE_ERR_NOT_ACTIVATED: i32 = 11;
/// An earlier activation may have taken a seat without this device knowing.
pub const POLAR_LICENSE_ERR_SEAT_UNCERTAIN: i32 = 12;
/// A defect in this library. Nothing is known about what was done.
pub const POLAR_LICENSE_ERR_INTERNAL: i32 = 13;

/// Nothing is stored here, or what is stored cannot be trusted or read. Not allowed.
pub const POLAR_LICENSE_STATE_UNLICENSED: i32 = 0;
/// Polar's last word on this license, or the options', is no. Not allowed.
pub const POLAR_LICENSE_STATE_DENIED: i32 = 1;
/// The clock was set back so far that no time can be trusted. Not allowed.
pub const POLAR_LICENSE_STATE_CLOCK_SUSPECT: i32 = 2;
/// The key's expiry has passed. Not allowed.
pub const POLAR_LICENSE_STATE_EXPIRED: i32 = 3;
/// Confirmed by Polar less than the refresh interval ago. Allowed.
pub const POLAR_LICENSE_STATE_ACTIVE: i32 = 4;
/// Confirmed less than the offline grace ago. Allowed.
pub const POLAR_LICENSE_STATE_GRACE: i32 = 5;
/// Not confirmed for too long; one polar_license_validate() online heals. Not allowed.
pub const POLAR_LICENSE_STATE_LAPSED: i32 = 6;

/// There is nothing to explain: the state has one cause only.
pub const POLAR_LICENSE_REASON_UNSET: i32 = 0;
/// No license key has been activated on this device.
pub const POLAR_LICENSE_REASON_NONE: i32 = 1;
/// What is stored was changed by something other than this library.
pub const POLAR_LICENSE_REASON_TAMPERED: i32 = 2;
/// What is stored belongs to another device.
pub const POLAR_LICENSE_REASON_OTHER_DEVICE: i32 = 3;
/// What is stored belongs to another organization, environment or app.
pub const POLAR_LICENSE_REASON_OTHER_PRODUCT: i32 = 4;
/// What is stored was written by a newer version of this library.
pub const POLAR_LICENSE_REASON_NEWER_FORMAT: i32 = 5;
/// What is stored could not be read.
pub const POLAR_LICENSE_REASON_STORAGE: i32 = 6;
/// Polar does not know this key, or not with this activation: mistyped, deleted, rotated, or the activation was removed.
pub const POLAR_LICENSE_REASON_NOT_FOUND: i32 = 7;
/// The key was revoked or disabled.
pub const POLAR_LICENSE_REASON_INACTIVE: i32 = 8;
/// The key has expired.
pub const POLAR_LICENSE_REASON_EXPIRED: i32 = 9;
/// The activation was made under other conditions: another device, or the app's conditions changed.
pub const POLAR_LICENSE_REASON_CONDITIONS: i32 = 10;
/// Polar said no in words that this version does not know.
pub const POLAR_LICENSE_REASON_REFUSED: i32 = 11;
/// The key has an activation limit, and there is no activation on this device.
pub const POLAR_LICENSE_REASON_ACTIVATION_REQUIRED: i32 = 12;
/// Every activation that the key allows is in use.
pub const POLAR_LICENSE_REASON_ACTIVATION_LIMIT: i32 = 13;
/// The key is for a benefit that this app does not accept.
pub const POLAR_LICENSE_REASON_BENEFIT: i32 = 14;
/// A reason that this version has no number for.
pub const POLAR_LICENSE_REASON_OTHER: i32 = 15;

/// Nothing to do.
pub const POLAR_LICENSE_NEXT_NONE: i32 = 0;
/// Go online once.
pub const POLAR_LICENSE_NEXT_CONNECT: i32 = 1;
/// Enter a license key.
pub const POLAR_LICENSE_NEXT_ENTER_KEY: i32 = 2;
/// Activate this device, again or for the first time.
pub const POLAR_LICENSE_NEXT_ACTIVATE: i32 = 3;
/// Activate with POLAR_LICENSE_REPLACE_PREVIOUS, to move the license here from another device.
pub const POLAR_LICENSE_NEXT_MOVE: i32 = 4;
/// Renew the subscription or buy a new key.
pub const POLAR_LICENSE_NEXT_RENEW: i32 = 5;
/// Ask the vendor.
pub const POLAR_LICENSE_NEXT_CONTACT_VENDOR: i32 = 6;

/// Polar confirmed that the seat is free.
pub const POLAR_LICENSE_DEACTIVATED_RELEASED: i32 = 0;
/// Polar knows no such seat (any more): it was removed in the portal, or the key was rotated.
pub const POLAR_LICENSE_DEACTIVATED_UNKNOWN: i32 = 1;
/// The license took no seat.
pub const POLAR_LICENSE_DEACTIVATED_NOT_NEEDED: i32 = 2;

/// For polar_license_activate_with(): if no seat is free, give up the older activation that this device knows of.
pub const POLAR_LICENSE_REPLACE_PREVIOUS: u32 = 1;

/// What functions that return an int64_t return where there is no such value: a key that never expires, no limit.
pub const POLAR_LICENSE_ABSENT: i64 = i64::MIN;

/// Log level: something is wrong.
pub const POLAR_LICENSE_LOG_ERROR: i32 = 1;
/// Log level: something looks wrong.
pub const POLAR_LICENSE_LOG_WARN: i32 = 2;
/// Log level: what happens, in few lines.
pub const POLAR_LICENSE_LOG_INFO: i32 = 3;
/// Log level: what happens, in many lines.
pub const POLAR_LICENSE_LOG_DEBUG: i32 = 4;

/// The number of a kind and its name, where a later version of the core may know more kinds.
pub(crate) const fn of_kind(kind: ErrorKind) -> i32 {
    match kind {
        ErrorKind::InvalidArgument => POLAR_LICENSE_ERR_INVALID_ARGUMENT,
        ErrorKind::InvalidConfig => POLAR_LICENSE_ERR_INVALID_CONFIG,
        ErrorKind::Network => POLAR_LICENSE_ERR_NETWORK,
        ErrorKind::Timeout => POLAR_LICENSE_ERR_TIMEOUT,
        ErrorKind::RateLimited => POLAR_LICENSE_ERR_RATE_LIMITED,
        ErrorKind::Server => POLAR_LICENSE_ERR_SERVER,
        ErrorKind::Refused => POLAR_LICENSE_ERR_REFUSED,
        ErrorKind::UsageExhausted => POLAR_LICENSE_ERR_USAGE_EXHAUSTED,
        ErrorKind::Storage => POLAR_LICENSE_ERR_STORAGE,
        ErrorKind::Cancelled => POLAR_LICENSE_ERR_CANCELLED,
        ErrorKind::NotActivated => POLAR_LICENSE_ERR_NOT_ACTIVATED,
        ErrorKind::SeatUncertain => POLAR_LICENSE_ERR_SEAT_UNCERTAIN,
        _ => POLAR_LICENSE_ERR_INTERNAL,
    }
}

pub(crate) const fn of_state(state: State) -> i32 {
    match state {
        State::Denied => POLAR_LICENSE_STATE_DENIED,
        State::ClockSuspect => POLAR_LICENSE_STATE_CLOCK_SUSPECT,
        State::Expired => POLAR_LICENSE_STATE_EXPIRED,
        State::Active => POLAR_LICENSE_STATE_ACTIVE,
        State::Grace => POLAR_LICENSE_STATE_GRACE,
        State::Lapsed => POLAR_LICENSE_STATE_LAPSED,
        _ => POLAR_LICENSE_STATE_UNLICENSED,
    }
}

pub(crate) const fn of_reason(reason: Option<Reason>) -> i32 {
    let Some(reason) = reason else { return POLAR_LICENSE_REASON_UNSET };
    match reason {
        Reason::None => POLAR_LICENSE_REASON_NONE,
        Reason::Tampered => POLAR_LICENSE_REASON_TAMPERED,
        Reason::OtherDevice => POLAR_LICENSE_REASON_OTHER_DEVICE,
        Reason::OtherProduct => POLAR_LICENSE_REASON_OTHER_PRODUCT,
        Reason::NewerFormat => POLAR_LICENSE_REASON_NEWER_FORMAT,
        Reason::Storage => POLAR_LICENSE_REASON_STORAGE,
        Reason::NotFound => POLAR_LICENSE_REASON_NOT_FOUND,
        Reason::Inactive => POLAR_LICENSE_REASON_INACTIVE,
        Reason::Expired => POLAR_LICENSE_REASON_EXPIRED,
        Reason::Conditions => POLAR_LICENSE_REASON_CONDITIONS,
        Reason::Refused => POLAR_LICENSE_REASON_REFUSED,
        Reason::ActivationRequired => POLAR_LICENSE_REASON_ACTIVATION_REQUIRED,
        Reason::ActivationLimit => POLAR_LICENSE_REASON_ACTIVATION_LIMIT,
        Reason::Benefit => POLAR_LICENSE_REASON_BENEFIT,
        _ => POLAR_LICENSE_REASON_OTHER,
    }
}

pub(crate) const fn of_next_step(step: NextStep) -> i32 {
    match step {
        NextStep::Connect => POLAR_LICENSE_NEXT_CONNECT,
        NextStep::EnterKey => POLAR_LICENSE_NEXT_ENTER_KEY,
        NextStep::Activate => POLAR_LICENSE_NEXT_ACTIVATE,
        NextStep::Move => POLAR_LICENSE_NEXT_MOVE,
        NextStep::Renew => POLAR_LICENSE_NEXT_RENEW,
        NextStep::ContactVendor => POLAR_LICENSE_NEXT_CONTACT_VENDOR,
        _ => POLAR_LICENSE_NEXT_NONE,
    }
}

pub(crate) const fn of_deactivated(outcome: Deactivated) -> i32 {
    match outcome {
        Deactivated::Released => POLAR_LICENSE_DEACTIVATED_RELEASED,
        Deactivated::Unknown => POLAR_LICENSE_DEACTIVATED_UNKNOWN,
        Deactivated::NotNeeded => POLAR_LICENSE_DEACTIVATED_NOT_NEEDED,
    }
}

/// The name of a status, such as "rate_limited"; "ok" for 0, and "unknown" for a number that this version does not know.
///
/// The text lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_status_name(status: i32) -> *const c_char {
    guarded("polar_license_status_name", c"unknown".as_ptr(), || name(&STATUS_NAMES, status))
}

/// The name of a state, such as "grace"; "unknown" for a number that this version does not know.
///
/// The text lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_state_name(state: i32) -> *const c_char {
    guarded("polar_license_state_name", c"unknown".as_ptr(), || name(&STATE_NAMES, state))
}

/// The name of a reason, such as "activation_limit"; "unset" for 0, and "unknown" for a number that this version does
/// not know.
///
/// The text lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_reason_name(reason: i32) -> *const c_char {
    guarded("polar_license_reason_name", c"unknown".as_ptr(), || name(&REASON_NAMES, reason))
}

/// The name of a next step, such as "enter_key"; "unknown" for a number that this version does not know.
///
/// The text lives as long as the program. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_next_step_name(next_step: i32) -> *const c_char {
    guarded("polar_license_next_step_name", c"unknown".as_ptr(), || name(&NEXT_STEP_NAMES, next_step))
}

fn name(names: &[&'static CStr], number: i32) -> *const c_char {
    let name = usize::try_from(number).ok().and_then(|number| names.get(number));
    text::fixed(name.copied().unwrap_or(c"unknown"))
}

const STATUS_NAMES: [&CStr; 14] = [
    c"ok",
    c"invalid_argument",
    c"invalid_config",
    c"network",
    c"timeout",
    c"rate_limited",
    c"server",
    c"refused",
    c"usage_exhausted",
    c"storage",
    c"cancelled",
    c"not_activated",
    c"seat_uncertain",
    c"internal",
];
const STATE_NAMES: [&CStr; 7] =
    [c"unlicensed", c"denied", c"clock_suspect", c"expired", c"active", c"grace", c"lapsed"];
const REASON_NAMES: [&CStr; 16] = [
    c"unset",
    c"none",
    c"tampered",
    c"other_device",
    c"other_product",
    c"newer_format",
    c"storage",
    c"not_found",
    c"inactive",
    c"expired",
    c"conditions",
    c"refused",
    c"activation_required",
    c"activation_limit",
    c"benefit",
    c"other",
];
const NEXT_STEP_NAMES: [&CStr; 7] =
    [c"none", c"connect", c"enter_key", c"activate", c"move", c"renew", c"contact_vendor"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_those_of_the_core() {
        use ErrorKind as E;
        let kinds = [
            E::InvalidArgument,
            E::InvalidConfig,
            E::Network,
            E::Timeout,
            E::RateLimited,
            E::Server,
            E::Refused,
            E::UsageExhausted,
            E::Storage,
            E::Cancelled,
            E::NotActivated,
            E::SeatUncertain,
            E::Internal,
        ];
        for (index, kind) in kinds.into_iter().enumerate() {
            assert_eq!(of_kind(kind), index as i32 + 1);
            assert_eq!(STATUS_NAMES[index + 1].to_str(), Ok(kind.as_str()));
        }
        use State as S;
        let states = [S::Unlicensed, S::Denied, S::ClockSuspect, S::Expired, S::Active, S::Grace, S::Lapsed];
        for (index, state) in states.into_iter().enumerate() {
            assert_eq!(of_state(state), index as i32);
            assert_eq!(STATE_NAMES[index].to_str(), Ok(state.as_str()));
        }
        use Reason as R;
        let reasons = [
            R::None,
            R::Tampered,
            R::OtherDevice,
            R::OtherProduct,
            R::NewerFormat,
            R::Storage,
            R::NotFound,
            R::Inactive,
            R::Expired,
            R::Conditions,
            R::Refused,
            R::ActivationRequired,
            R::ActivationLimit,
            R::Benefit,
        ];
        for (index, reason) in reasons.into_iter().enumerate() {
            assert_eq!(of_reason(Some(reason)), index as i32 + 1);
            assert_eq!(REASON_NAMES[index + 1].to_str(), Ok(reason.as_str()));
        }
        use NextStep as N;
        let steps = [N::None, N::Connect, N::EnterKey, N::Activate, N::Move, N::Renew, N::ContactVendor];
        for (index, step) in steps.into_iter().enumerate() {
            assert_eq!(of_next_step(step), index as i32);
            assert_eq!(NEXT_STEP_NAMES[index].to_str(), Ok(step.as_str()));
        }
    }
}
