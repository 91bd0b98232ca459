//! License keys sold through Polar: activate, validate, gate features, and keep working offline.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod clock;
pub mod config;
pub mod device;
pub mod engine;
mod error;
mod json;
mod license;
mod record;
pub mod store;
pub mod time;
pub mod transport;
mod values;
pub mod wire;

#[cfg(feature = "blocking")]
pub mod blocking;

pub use config::{Config, ConfigBuilder, Environment};
pub use error::{Error, ErrorKind};
pub use license::{Decision, Key, License, NextStep, Problem, Reason, State};
pub use time::Timestamp;
pub use values::{Value, Values};
