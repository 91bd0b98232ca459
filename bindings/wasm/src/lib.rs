//! The engine's steps for JavaScript: synchronous, and nothing else. A function here converts, calls, converts; what a
//! license may do is decided in the engine, and what a page can do is done by the driver in `ts/`.
//!
//! ```text
//!   ts/  (fetch, storage, locks, timers)
//!    │   JSON, bytes and numbers; an operation under way is a number
//!   engine.rs ── the steps by number
//!    │
//!   polar_license::engine
//! ```
//!
//! Never waits, never calls into JavaScript, and never traps on what it is given: an unknown number, a call from within a
//! call and a setting of the wrong type are errors like any other.
#![deny(clippy::arithmetic_side_effects)]

mod engine;

pub use engine::LicenseEngine;

/// The records of one app are a few kilobytes: a list of free blocks serves them as well as the standard allocator's
/// bins, in a tenth of its size.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());
