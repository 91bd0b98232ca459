//! What every client has, whatever it runs on: its methods and their documentation, how it is opened, its listeners, and
//! when it refreshes by itself. Never waits, stores, sends or looks at a clock, and decides nothing about licenses.
//!
//! ```text
//!  blocking::Client   tokio::Client   fetch::Client     threads, tasks, locks, timers: one driver each
//!          └────────────────┼───────────────┘
//!                  this module              methods · opening · listeners · unknown features
//!                       │
//!                    engine
//! ```

#[cfg(any(feature = "tokio-client", all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")))]
pub(crate) mod cancel;
#[cfg(any(feature = "http", feature = "tokio"))]
pub(crate) mod connection;
pub(crate) mod deactivation;
pub(crate) mod exchange_log;
#[cfg(any(feature = "http", feature = "tokio"))]
pub(crate) mod kept;
pub(crate) mod listeners;
pub(crate) mod methods;
#[cfg(any(all(feature = "blocking", not(feature = "http")), all(feature = "tokio-client", not(feature = "tokio"))))]
pub(crate) mod no_transport;
pub(crate) mod opening;
pub(crate) mod options;
#[cfg(feature = "portal")]
pub(crate) mod portal;
pub(crate) mod unknown_features;
