//! The blocking client for native programs.

mod file_lock;
mod file_store;
mod files;
mod http;
mod machine;

pub use file_store::{FileStore, default_directory, file_name};
pub use http::{HttpTransport, Transport};
pub use machine::{device_source, machine_source, system_name};
