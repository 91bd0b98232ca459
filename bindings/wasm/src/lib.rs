//! The engine for JavaScript: synchronous, and nothing else. What a license may do is decided in the engine, and what a
//! page can do is done by the driver in `ts/`.
//!
//! ```text
//!   ts/  (fetch, storage, locks, timers)
//!    │   bytes in, bytes out: a question and its answer, both in JSON; an engine is a number
//!   engine.rs
//!    │
//!   polar_license::engine::Session
//! ```
//!
//! One function with one argument that is not a number: every further one costs a page more glue than code. Never waits,
//! never calls into JavaScript, so that no call comes from within another, and never traps on what it is given: an unknown
//! number and a setting of the wrong type are errors like any other.
#![deny(clippy::arithmetic_side_effects)]

mod engine;

pub use engine::ask;

/// The records of one app are a few kilobytes: a list of free blocks serves them as well as the standard allocator's
/// bins, in a tenth of its size.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
#[global_allocator]
#[expect(unsafe_code, reason = "there is no safe way to say that there is one thread")]
// SAFETY: it is for one thread only, and without atomics wasm has no other.
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };
