//! The parts that all clients share, whatever platform they run on: the documentation of their methods (`operations/`),
//! the code that opens them, listeners, and warnings about unknown features. This module never waits, stores or sends
//! anything, reads no clock, and decides nothing about licenses.
//!
//! ```text
//!  blocking::Client   tokio::Client   fetch::Client     threads, tasks, locks, timers: one driver each
//!          └────────────────┼───────────────┘
//!                  this module              documentation · opening · listeners · unknown features
//!                       │
//!                    engine
//! ```

#[cfg(any(feature = "tokio-client", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
pub(crate) mod cancel;
#[cfg(any(feature = "http", feature = "tokio"))]
pub(crate) mod connection;
pub(crate) mod deactivation;
pub(crate) mod exchange_log;
pub(crate) mod listeners;
#[cfg(any(all(feature = "blocking", not(feature = "http")), all(feature = "tokio-client", not(feature = "tokio"))))]
pub(crate) mod no_transport;
#[cfg(any(feature = "blocking", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
pub(crate) mod offline;
#[cfg(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))))]
pub(crate) mod offline_answer;
pub(crate) mod opening;
pub(crate) mod options;
#[cfg(feature = "portal")]
pub(crate) mod portal;
#[cfg(any(feature = "http", feature = "tokio"))]
pub(crate) mod resettable;
#[cfg(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))))]
pub(crate) mod shared_engine;
#[cfg(all(any(feature = "http", feature = "tokio"), unix, not(any(target_vendor = "apple", target_os = "android"))))]
pub(crate) mod system_roots;
pub(crate) mod unknown_features;
