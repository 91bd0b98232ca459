//! License keys sold through [Polar](https://polar.sh), in your app: activate, validate, gate features, keep working
//! offline, release the seat.
//!
//! ```no_run
//! use polar_license::{Config, blocking::Client};
//! # const ORGANIZATION: &str = "de300000-0000-4000-8000-000000000001";
//! # const PRO: &str = "de300000-0000-4000-8000-0000000000b1";
//!
//! let config = Config::builder(ORGANIZATION, "com.acme.app").feature("export", [PRO]).build()?;
//! let client = Client::open(config)?;
//! let license = client.refresh(); // returns at once while the last answer is fresh; never fails
//! if license.allows("export") {
//!     println!("exporting");
//! } else {
//!     println!("{}", license.explain("export").message()); // no license, or one for another plan
//! }
//! # Ok::<(), polar_license::Error>(())
//! ```
//!
//! `client.activate(key)` takes the key that the customer bought, and `client.deactivate()` releases its seat. Every
//! operation returns a [`Decision`]: whether the app may run, why, and what the user can do.
//!
//! | to write | start with |
//! |---|---|
//! | a desktop app, a command-line tool, a server | [`Config`] and [`blocking::Client`] |
//! | an app or a service on tokio | [`Config`] and [`tokio::Client`] |
//! | an app in a web page, a worker or Node | [`Config`] and [`fetch::Client`] |
//! | a store, a network stack, a clock or a device id of your own | [`store`], [`transport`], [`clock`], [`device`], [`time`] |
//! | a client of Polar's API alone | [`wire`] and [`blocking::Api`] |
//! | a driver of your own | [`engine`] |
//!
//! - Only Polar can deny a license. If Polar cannot be reached, only [`Decision::problem`] changes.
//! - A denial is remembered. Going offline does not restore access.
//! - A request that Polar may have applied is not sent again, and no seat is lost silently.
//! - Neither personal data nor a full license key is in any error, log or `Debug` output.
//! - The engine, which makes every decision, reads no clock, file or socket. Outside tests, no input causes a panic.
//!
//! ## Features
//!
//! | feature | adds |
//! |---|---|
//! | `http` (default) | [`blocking::Client`] with a network stack: ureq with rustls |
//! | `blocking` | [`blocking::Client`] without a network stack |
//! | `tokio` | [`tokio::Client`] with a network stack: reqwest with rustls |
//! | `tokio-client` | [`tokio::Client`] without a network stack |
//! | `fetch` | [`fetch::Client`], on `wasm32-unknown-unknown` only, where the features above do not exist |
//! | `portal` | [`portal`], for all clients: lost keys, devices, purchases; adds no crate |
//! | `serde` | reading the public data types with serde; writing them needs no feature |
//!
// If this build lacks an item, links to that item lead to the table of features instead.
#![cfg_attr(
    all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))),
    doc = "[`blocking::Client`]: blocking::Client"
)]
#![cfg_attr(
    not(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown")))),
    doc = "[`blocking::Client`]: #features"
)]
#![cfg_attr(
    all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))),
    doc = "[`blocking::Api`]: blocking::Api"
)]
#![cfg_attr(
    not(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown")))),
    doc = "[`blocking::Api`]: #features"
)]
#![cfg_attr(
    all(feature = "tokio-client", not(all(target_arch = "wasm32", target_os = "unknown"))),
    doc = "[`tokio::Client`]: tokio::Client"
)]
#![cfg_attr(
    not(all(feature = "tokio-client", not(all(target_arch = "wasm32", target_os = "unknown")))),
    doc = "[`tokio::Client`]: #features"
)]
#![cfg_attr(
    all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"),
    doc = "[`fetch::Client`]: fetch::Client"
)]
#![cfg_attr(
    not(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")),
    doc = "[`fetch::Client`]: #features"
)]
#![cfg_attr(not(feature = "portal"), doc = "[`portal`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm))]

mod address;
#[cfg(all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))))]
#[cfg_attr(docsrs, doc(cfg(feature = "blocking")))]
pub mod blocking;
#[cfg(any(
    all(feature = "blocking", not(all(target_arch = "wasm32", target_os = "unknown"))),
    all(feature = "fetch", target_arch = "wasm32", target_os = "unknown")
))]
mod client;
pub mod clock;
mod codes;
pub mod config;
mod decision;
pub mod device;
pub mod engine;
mod error;
mod explanation;
mod features;
#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
#[cfg_attr(docsrs, doc(cfg(feature = "fetch")))]
pub mod fetch;
pub mod future;
mod json;
mod key;
mod license;
mod links;
mod names;
mod offline;
mod offline_text;
#[cfg(feature = "portal")]
#[cfg_attr(docsrs, doc(cfg(feature = "portal")))]
pub mod portal;
mod purchase;
mod record;
mod reply;
mod retry_headers;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub mod schema;
pub mod store;
mod text;
mod texts;
pub mod time;
#[cfg(all(feature = "tokio-client", not(all(target_arch = "wasm32", target_os = "unknown"))))]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio-client")))]
pub mod tokio;
pub mod transport;
mod values;
pub mod wire;

pub use codes::{Deactivated, ErrorKind, NextStep, OffReason, Reason, State};
pub use config::{Config, ConfigBuilder, Environment};
pub use decision::{Decision, Problem};
pub use error::Error;
#[doc(hidden)]
pub use error::ErrorDetails;
pub use explanation::Explanation;
pub use key::{Key, TypedKey};
pub use license::{License, Terms};
pub use names::UnknownName;
pub use purchase::{Order, OrderStatus, Purchase, Subscription, SubscriptionStatus};
pub use time::{Date, Now, Timestamp};
pub use values::{Value, Values};

// these modules make rustdoc run the code blocks of the included pages as tests
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
mod readme {}
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../docs/src/gating.md")]
mod gating {}
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../docs/src/states.md")]
mod states {}
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../docs/src/trials.md")]
mod trials {}
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../docs/src/updates.md")]
mod updates {}
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../docs/src/air-gap.md")]
mod air_gap {}
