//! The blocking client for native programs: files, sockets and threads around the [engine](crate::engine).
//!
//! ```no_run
//! use polar_license::Config;
//! use polar_license::blocking::Client;
//!
//! let config = Config::builder("a0010000-0000-4000-8000-000000000001", "com.acme.app").build()?;
//! let client = Client::open(config)?;
//! let license = client.refresh();
//! println!("{}", license.message());
//! # Ok::<(), polar_license::Error>(())
//! ```

mod api;
mod client;
#[cfg(feature = "http")]
pub mod diagnosis;
mod driver;
mod file_lock;
mod file_store;
mod files;
#[cfg(feature = "http")]
mod http;
pub(crate) mod local;
mod machine;
mod network;
pub(crate) mod other_device;
#[cfg(feature = "portal")]
mod portal;
mod refresher;
#[cfg(feature = "portal")]
mod success_page;

pub use crate::client::deactivation::Deactivation;
pub use crate::client::offline::OfflineReturn;
pub use crate::client::offline_answer::OfflineAnswer;
pub use crate::client::options::ActivateOptions;
pub use crate::transport::Transport;
pub use api::Api;
pub use client::{Client, ClientBuilder, Subscription};
pub use file_store::{FileStore, default_directory, file_name};
#[cfg(feature = "http")]
pub use http::HttpTransport;
pub use machine::{device_source, machine_source, system_name};
#[cfg(feature = "portal")]
pub use portal::{Checkout, Portal, Session};
#[cfg(feature = "portal")]
pub use success_page::SuccessPage;
