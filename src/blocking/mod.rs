//! The blocking client for native programs.

mod file_store;
mod http;

pub use file_store::{FileStore, default_directory, file_name};
pub use http::{HttpTransport, Transport};
