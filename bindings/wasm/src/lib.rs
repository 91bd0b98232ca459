//! The engine for JavaScript: synchronous methods and plain values. The engine decides everything about a license. The
//! driver in `ts/` executes the engine's steps, with the requests, storage, locks and timers of the platform.
//!
//! ```text
//!   ts/  (fetch, storage, locks, timers)
//!    │   methods of one class; their results are JavaScript objects
//!   portal.rs                   further methods for the customer portal, in a WebAssembly file of its own
//!   service.rs                  further methods for acting for other computers, in the same file
//!    │
//!   engine.rs ── arguments.rs   converts arguments: numbers and names
//!    │      ├─── values.rs      converts results, and declares them for TypeScript
//!    │      ├─── numbered.rs    values that JavaScript refers to by numbers
//!    │      └─── under_way.rs   operations of the portal in progress, and their replies
//!   polar_license::engine
//! ```
//!
//! This crate never waits, never calls a function of the app, and never traps because of an argument.
#![deny(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm)]

mod arguments;
mod engine;
mod numbered;
#[cfg(feature = "portal")]
mod portal;
#[cfg(feature = "service")]
mod service;
#[cfg(feature = "portal")]
mod under_way;
mod values;

pub use engine::Engine;

/// The allocator. It is smaller than the standard library's, but works only in programs with one thread. For a target
/// with threads, talc's constructor does not compile.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
