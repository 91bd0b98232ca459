//! The blocking client for native programs.

mod http;

pub use http::{HttpTransport, Transport};
