//! The C interface of `polar-license`: `include/polar_license.h` is generated from the functions here, and its
//! constants from the core's tables.
//!
//! A function converts its arguments, calls the Rust client, and converts the result; nothing about licenses is decided
//! here. No panic leaves it, and no lock is held while code of the app's or of the network runs.
//!
//! ```text
//!  portal                                 the customer portal, with a session and what it lists (feature `portal`)
//!  client                                 operations on an open license
//!  options                                what it is opened with
//!  store · transport · clock · log        parts that the app brings, called back
//!  object                                 objects that an operation makes for the caller
//!  call                                   how a function that can fail reports it
//!  argument                               checks what a caller passes
//!  error                                  why a call failed, with the decision that holds
//!  decision · version                     what functions that cannot fail read
//!  codes                                  what the integers mean
//!  guard · text · pointer                 panics, strings, the only raw pointers
//! ```
//!
//! A file imports only from the lines below its own. Ownership: the client and the app's callbacks are
//! reference-counted, so that freeing a client while another thread is inside one of its operations is defined;
//! everything else has one owner.

mod argument;
mod call;
mod guard;
mod object;
mod pointer;
mod text;

// in the order of the header
mod version;

mod codes;

mod options;

mod client;

mod decision;

mod error;

#[cfg(feature = "portal")]
mod portal;

mod store;

mod transport;

mod clock;

mod log;

/// The functions of the header and their types, for callers in Rust that give them what the header asks for.
#[cfg(feature = "fuzz")]
pub mod exported {
    #[cfg(feature = "portal")]
    pub use crate::portal::{
        checkout::*, code_request::*, device::*, license_key::*, progress::*, restored::*, session::*, success_page::*,
        *,
    };
    pub use crate::{
        client::*,
        clock::*,
        codes::*,
        decision::*,
        error::*,
        log::*,
        options::*,
        pointer::{Destructor, alive},
    };
    pub use crate::{store::*, transport::*, version::*};
}
