//! The engine's steps for JavaScript: synchronous, and nothing else. A function here converts, calls, converts; what a
//! license may do is decided in the engine, and what a page can do is done by the driver in `ts/`.
//!
//! ```text
//!   ts/  (fetch, storage, locks, timers)
//!    │   plain objects and numbers; an operation under way is a number
//!   engine.rs ── the steps by number, shape.rs ── Rust to objects
//!    │
//!   polar_license::engine
//! ```
//!
//! Never waits, never calls back into JavaScript except to make objects, and never traps on what it is given: an unknown
//! number, a call from within a call and a setting of the wrong type are errors like any other.
#![deny(clippy::arithmetic_side_effects)]

mod engine;
mod shape;

pub use engine::LicenseEngine;
