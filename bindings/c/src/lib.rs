//! The C interface of `polar-license`: `include/polar_license.h` is generated from the functions here.
//!
//! A function converts its arguments, calls the Rust client, and converts the result; nothing about licenses is decided
//! here. No panic leaves it, no lock is held while the app's or the network's code runs.
//!
//! ```text
//!  options ── client ── decision, error          what the app holds: opaque objects
//!     │         │
//!  store · transport · clock · log               the app's own parts, called back
//!     └────┬────┘
//!  call (panics, status) · pointer (the only raw pointers) · number (what the integers mean)
//! ```
//!
//! Objects are shared or owned by rule, not by luck: the client and the app's callbacks are reference-counted, so freeing
//! a client while another thread is inside one of its operations is defined; everything else belongs to one owner.

mod call;
mod pointer;
mod text;

// in the order of the header
mod version;

mod number;

mod options;

mod client;

mod decision;

mod error;

mod store;

mod transport;

mod clock;

mod log;
