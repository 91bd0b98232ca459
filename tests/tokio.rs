//! The client for tokio: operations that are dropped or cancelled, and the passing of time. `tests/tokio_scenarios.rs`
//! runs the scenarios, and `tests/http.rs` and `tests/tls.rs` test the client's transport.
#![cfg(feature = "tokio")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

#[path = "tokio/book.rs"]
mod book;
#[path = "tokio/dropped.rs"]
mod dropped;
#[path = "tokio/life.rs"]
mod life;
#[path = "tokio/outlook.rs"]
mod outlook;
#[path = "steps/polar.rs"]
mod polar;
#[cfg(feature = "portal")]
#[path = "tokio/portal.rs"]
mod portal;
#[path = "tokio/refresh.rs"]
mod refresh;
#[path = "tokio/service.rs"]
mod service;
#[path = "support/mod.rs"]
mod support;
#[path = "tokio/world.rs"]
mod world;
