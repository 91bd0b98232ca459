//! The C interface of `polar-license`. `include/polar_license.h` is generated: its functions from this crate, its
//! constants from the core's tables.
//!
//! A function converts its arguments, calls the Rust client, and converts the result. It decides nothing about
//! licenses. No panic leaves a function, and this crate holds no lock of its own while it runs the app's code or waits
//! for the network.
//!
//! ```text
//!  portal                                 the customer portal: requests and replies in JSON (feature `portal`)
//!  offline                                operations for computers that are never online
//!  client                                 operations on an open license
//!  options                                the settings with which a license is opened; `settings` is generated
//!  store · transport · clock · log        parts that the app provides as callbacks
//!  object                                 creating the objects that a function passes to the caller
//!  call                                   reporting the error of a function that can fail
//!  argument                               checks of the caller's arguments
//!  error                                  the reason why a call failed, and the decision after the failure
//!  decision · version                     functions that read data and cannot fail
//!  codes                                  the integers of the interface and their names
//!  guard · text · pointer                 catching panics, strings, and all raw pointers
//! ```
//!
//! A file imports only from the files on the lines below its own. The client and the app's callbacks are
//! reference-counted, so that a client may be freed while another thread is inside one of its operations. Every other
//! object has one owner.

mod argument;
mod call;
mod guard;
mod object;
mod pointer;
mod text;

// The header lists its functions in the order of these modules.
mod version;

mod codes;

mod options;

mod client;

mod offline;

mod decision;

mod error;

#[cfg(feature = "portal")]
mod portal;

mod store;

mod transport;

mod clock;

mod log;

/// The functions and types that the C header declares, for callers in Rust. The same rules apply to these callers as to
/// callers in C.
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
        offline::*,
        options::{settings::*, *},
        pointer::{Destructor, alive},
    };
    pub use crate::{store::*, transport::*, version::*};
}
