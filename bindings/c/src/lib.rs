//! The C interface of `polar-license`: `include/polar_license.h` is generated from the functions here, and its
//! constants from the core's tables.
//!
//! A function converts its arguments, calls the Rust client, and converts the result. It decides nothing about
//! licenses. No panic leaves it, and it holds no lock while the app's code or the network runs.
//!
//! ```text
//!  portal                                 the customer portal: requests and replies in JSON (feature `portal`)
//!  client                                 operations on an open license
//!  options                                the settings with which it is opened; `settings` is generated
//!  store · transport · clock · log        parts that the app provides as callbacks
//!  object                                 objects that an operation creates for the caller
//!  call                                   reporting the error of a function that can fail
//!  argument                               checks of the caller's arguments
//!  error                                  why a call failed, with the decision after it
//!  decision · version                     data that functions read which cannot fail
//!  codes                                  the meaning of the integers
//!  guard · text · pointer                 panics, strings, the only raw pointers
//! ```
//!
//! A file imports only from the lines below its own. The client and the app's callbacks are reference-counted, so that
//! a client may be freed while another thread is inside one of its operations. Every other object has one owner.

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

/// The functions of the header and their types, for Rust callers that meet the header's requirements.
#[cfg(feature = "fuzz")]
pub mod exported {
    #[cfg(feature = "portal")]
    pub use crate::portal::{progress::*, reply::*, success_page::*, *};
    pub use crate::{
        client::*,
        clock::*,
        codes::*,
        decision::*,
        error::*,
        log::*,
        options::{settings::*, *},
        pointer::{Destructor, alive},
    };
    pub use crate::{store::*, transport::*, version::*};
}
