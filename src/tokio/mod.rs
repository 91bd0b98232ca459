//! The async client for native programs on [tokio](https://tokio.rs): services, desktop apps, Tauri. There with the
//! feature `tokio`; with `tokio-client` alone it has no network stack, and the app brings an [`AsyncTransport`].
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
//! In an axum handler the client is the state, or a part of it; reading the decision waits for nothing:
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
//! Operations run as tasks of the runtime that the client was opened on, which needs its timers and its I/O
//! (`enable_all`); their futures can be awaited on any executor, GTK's and Slint's among them. An event loop without
//! one (egui, winit) keeps a multi-threaded [`Runtime`](::tokio::runtime::Runtime), starts operations with its `spawn`,
//! reads [`Client::allows`] while it draws, and asks for another frame in [`Client::on_change`].
//!
//! # Dropping a future
//! A future of this module that is dropped, by `select!` or a time-out for example, never loses a seat: nothing further
//! is sent, and a request that was sent is awaited by the task, within its time, until the answer is stored.
//! [`Client::cancel`] does not wait for the answer. A runtime that shuts down ends its tasks: an activation on its way
//! is then found in the record at the next start, and reported.
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
pub use crate::client::options::ActivateOptions;
pub use client::{Client, ClientBuilder, Subscription};
#[cfg(feature = "tokio")]
pub use http::HttpTransport;
#[cfg(feature = "portal")]
pub use portal::{Checkout, Portal, Session};
