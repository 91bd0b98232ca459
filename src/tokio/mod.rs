//! The async client for native programs on [tokio](https://tokio.rs): services, desktop apps, Tauri. Available with the
//! feature `tokio`. With the feature `tokio-client` alone it has no network stack, and the app provides an
//! [`AsyncTransport`].
//!
//! ```no_run
//! use polar_license::tokio::Client;
//! use polar_license::{Config, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//!     let client = Client::open(config).await?;
//!     let license = client.refresh().await; // quick if access is allowed; never fails
//!     println!("{}", license.message());
//!     client.start_auto_refresh(); // for a program that runs for weeks
//!     Ok(())
//! }
//! ```
//!
//! In an axum app, the client is the state or a part of it. A handler reads the decision without waiting:
//!
//! ```no_run
//! use axum::extract::State;
//! use axum::http::StatusCode;
//! use axum::{Router, routing::get};
//! use polar_license::tokio::Client;
//!
//! async fn export(State(client): State<Client>) -> Result<&'static str, (StatusCode, String)> {
//!     let export = client.current().explain("export");
//!     if export.allowed() {
//!         Ok("the export")
//!     } else {
//!         Err((StatusCode::PAYMENT_REQUIRED, export.message().to_owned())) // no license, or one for another plan
//!     }
//! }
//!
//! fn app(client: Client) -> Router {
//!     Router::new().route("/export", get(export)).with_state(client)
//! }
//! ```
//!
//! # Runtimes and event loops
//! Operations run as tasks of the runtime on which the client was opened. This runtime needs its timers and its I/O
//! (`enable_all`). The futures of the operations can be awaited on any executor, for example on GTK's or Slint's. If a
//! program's event loop has no executor (egui, winit), keep a multi-threaded [`Runtime`](::tokio::runtime::Runtime),
//! and start operations with the runtime's `spawn`. Read [`Client::allows`] while the program draws, and ask for
//! another frame in [`Client::on_change`].
//!
//! # Dropping a future
//! Dropping a future of this module, by `select!` or a time-out for example, never loses a seat. Nothing more is sent.
//! If a request was already sent, the task still waits for its answer, within the time limit of the request, and stores
//! the answer. [`Client::cancel`] does not wait for the answer. A runtime that shuts down ends its tasks. If an
//! activation was on its way, the next start finds it in the record, and reports it.
//!
//! [`AsyncTransport`]: crate::transport::AsyncTransport

mod cancellation;
mod client;
mod driver;
#[cfg(feature = "tokio")]
mod http;
mod network;
mod place;
#[cfg(feature = "portal")]
mod portal;
mod race;
mod refresher;
#[cfg(feature = "tokio")]
mod trust;

pub use crate::client::deactivation::Deactivation;
pub use crate::client::offline::OfflineReturn;
pub use crate::client::offline_answer::OfflineAnswer;
pub use crate::client::options::ActivateOptions;
pub use client::{Client, ClientBuilder, Subscription};
#[cfg(feature = "tokio")]
pub use http::HttpTransport;
#[cfg(feature = "portal")]
pub use portal::{Checkout, Portal, Session};
