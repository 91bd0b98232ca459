//! Converts numbers and names from JavaScript into the engine's types. Takes numbers as `f64`, because wasm-bindgen
//! would silently truncate a number of any smaller type.

use crate::values::defect;
use polar_license::engine;
use polar_license::transport;
use polar_license::{Now, Timestamp};
use wasm_bindgen::prelude::*;

/// The event that starts a refresh. `short`: the app asks for a refresh and waits for the result. `full`: a timer has
/// fired. `started`: the automatic refresh has just begun. `woken`: there is a sign that the network may be back.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Patience {
    Short = "short",
    Full = "full",
    Started = "started",
    Woken = "woken",
}

/// The outcome of waiting for other tabs: `taken` if no other tab is asking Polar, `late` if another tab is still
/// asking.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Turn {
    Taken = "taken",
    Late = "late",
}

/// The reason why there is no complete reply.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum NoReply {
    Network = "network",
    Timeout = "timeout",
    Cancelled = "cancelled",
}

/// The largest accepted time. Durations can safely be added to this time, because JavaScript's numbers are exact to the
/// millisecond up to twice this value.
const LONGEST_MS: f64 = 4_503_599_627_370_496.0;

/// Converts the readings of two clocks. `wall` is the reading of the wall clock in ms since 1970. `mono` is the reading
/// of the monotonic clock in ms since some fixed moment. Converts NaN to 0.
pub(crate) fn now(wall: f64, mono: f64) -> Now {
    let wall = wall.clamp(-LONGEST_MS, LONGEST_MS);
    let mono = mono.clamp(0.0, LONGEST_MS);
    Now { wall: Timestamp::from_unix_ms(wall as i64), mono: mono as u64 }
}

/// Converts a number of uses from JavaScript's number type. Returns 0, which the engine refuses, if `count` is not a
/// whole number.
pub(crate) fn count(count: f64) -> u32 {
    // `as` saturates at the limits of `u32`
    if count.fract() == 0.0 { count as u32 } else { 0 }
}

/// Converts an HTTP status. Returns 0 if `status` is out of range; Polar never sends 0.
pub(crate) fn status(status: f64) -> u16 {
    if (100.0..1000.0).contains(&status) { status as u16 } else { 0 }
}

impl Patience {
    pub(crate) fn parse(self) -> Result<engine::Patience, JsValue> {
        match self {
            Self::Short => Ok(engine::Patience::Short),
            Self::Full => Ok(engine::Patience::Full),
            Self::Started => Ok(engine::Patience::Started),
            Self::Woken => Ok(engine::Patience::Woken),
            Self::__Invalid => Err(defect("there is no such patience")),
        }
    }
}

impl Turn {
    pub(crate) fn parse(self) -> Result<engine::Turn, JsValue> {
        match self {
            Self::Taken => Ok(engine::Turn::Taken),
            Self::Late => Ok(engine::Turn::Late),
            Self::__Invalid => Err(defect("there is no such turn")),
        }
    }
}

impl NoReply {
    pub(crate) fn parse(self) -> Result<transport::Failure, JsValue> {
        match self {
            Self::Network => Ok(transport::Failure::Network),
            Self::Timeout => Ok(transport::Failure::Timeout),
            Self::Cancelled => Ok(transport::Failure::Cancelled),
            Self::__Invalid => Err(defect("there is no such failure")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_of_any_kind_are_read() {
        for (wall, mono, expected) in [
            (1.9, 2.9, (1, 2)),
            (-1.0, -1.0, (-1, 0)),
            (f64::NAN, f64::NAN, (0, 0)),
            (f64::INFINITY, f64::INFINITY, (LONGEST_MS as i64, LONGEST_MS as u64)),
            (-1e300, 1e300, (-LONGEST_MS as i64, LONGEST_MS as u64)),
        ] {
            let Now { wall, mono } = now(wall, mono);
            assert_eq!((wall.unix_ms(), mono), expected);
        }
    }

    #[test]
    fn counts_and_statuses_are_whole_numbers_in_their_range() {
        let counts = [(1.0, 1), (1.5, 0), (-1.0, 0), (f64::NAN, 0), (f64::INFINITY, 0), (4_294_967_296.0, u32::MAX)];
        for (given, expected) in counts {
            assert_eq!(count(given), expected, "{given}");
        }
        for (given, expected) in [(200.0, 200), (99.0, 0), (1000.0, 0), (f64::NAN, 0), (-200.0, 0)] {
            assert_eq!(status(given), expected, "{given}");
        }
    }
}
