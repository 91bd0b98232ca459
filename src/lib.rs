//! License keys sold through Polar: activate, validate, gate features, and keep working offline.
#![forbid(unsafe_code)]

pub mod clock;
pub mod device;
pub mod store;
pub mod time;
pub mod transport;

#[cfg(feature = "blocking")]
pub mod blocking;
