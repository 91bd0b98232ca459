//! License keys sold through [Polar](https://polar.sh): activate, validate, gate features, and keep working offline.
//!
//! Start with [`Config`] and [`blocking::Client`]. Every operation answers with a [`Decision`], which says whether the app
//! may run, why, and what the user can do. Those who want only Polar's API find it in [`wire`] and [`blocking::Api`];
//! those with a platform of their own drive the [`engine`]. In web pages, workers and Node, on the target
//! `wasm32-unknown-unknown`, the feature `fetch` has `fetch::Client`, which does the same and is asynchronous.
//!
//! What holds everywhere:
//! - Only Polar can deny a license; not reaching it changes nothing but [`Decision::problem`].
//! - A no is remembered; going offline does not bring access back.
//! - Nothing that Polar may have done is sent again, and no seat is lost in silence.
//! - Neither personal data nor a full license key is in any error, log or `Debug` output.
//! - Nothing below [`blocking`] reads a clock, a file or a socket, and nothing outside tests can panic on what it is given.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod clock;
pub mod config;
pub mod device;
pub mod engine;
mod error;
#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
pub mod fetch;
mod hash;
mod json;
mod license;
mod named;
#[cfg(any(feature = "blocking", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
mod options;
mod record;
pub mod store;
mod text;
pub mod time;
pub mod transport;
mod values;
#[cfg(any(feature = "blocking", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
mod watch;
pub mod wire;

pub use config::{Config, ConfigBuilder, Environment};
pub use engine::Deactivated;
pub use error::{Error, ErrorKind};
pub use license::{Decision, Key, License, NextStep, Problem, Reason, State};
pub use time::{Now, Timestamp};
pub use values::{Value, Values};

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
mod readme {}
