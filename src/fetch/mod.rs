//! The async client for Rust compiled to wasm (Leptos, Yew, Dioxus, workers, Node): `fetch`, web storage and timers
//! around the [engine](crate::engine). Available with the feature `fetch` on the target `wasm32-unknown-unknown`.
//!
//! This is an example for a Leptos app. In an app with another framework, replace `license.set` with the call that
//! makes that framework redraw:
//!
//! ```no_run
//! # #[derive(Clone, Copy)]
//! # struct RwSignal;
//! # impl RwSignal { fn set(&self, _: polar_license::Decision) {} }
//! use polar_license::fetch::{Client, Subscription};
//! use polar_license::{Config, Error};
//!
//! async fn open(license: RwSignal) -> Result<(Client, Subscription), Error> {
//!     let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//!     let client = Client::open(config).await?;
//!     let listening = client.on_change(move |decision, _| license.set(decision.clone()));
//!     license.set(client.refresh().await); // fast if access is allowed
//!     client.start_auto_refresh(); // for a page that stays open for weeks
//!     Ok((client, listening))
//! }
//!
//! // in a button's handler, where `client` is a clone: `spawn_local(async move { client.activate(&key).await })`
//! ```
//!
//! A client and its operations stay on the thread that opened the client. A [`Client`] is cheap to clone, and is not
//! `Send`.
//!
//! **Dropping a future** that this module returned never loses a seat. Nothing more is sent. A request that was already
//! sent goes on in the background until its answer is stored or its time limit has passed. [`Client::cancel`] does not
//! wait for the answer.

mod cancellation;
mod client;
mod driver;
mod environment;
mod http;
mod indexed_db;
mod local_storage;
#[cfg(feature = "portal")]
mod portal;
mod race;
mod refresher;
mod running;
mod storage;
mod storage_error;

pub use crate::client::deactivation::Deactivation;
pub use crate::client::offline::OfflineReturn;
pub use crate::client::options::ActivateOptions;
pub use client::{Client, ClientBuilder, Subscription};
pub use http::HttpTransport;
#[cfg(feature = "portal")]
pub use portal::{Checkout, Portal, Session};
pub use storage::Storage;
