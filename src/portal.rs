//! The customer portal, in which customers help themselves if they have lost their key, if their device no longer
//! works, or if they have just bought a license. It needs the feature `portal`. Start with the client's `portal()`.
//!
//! Polar mails a code to the address of the purchase, and exchanges the code for a token that is valid for an hour.
//! With the token, an app reads the customer's license keys and devices. The app needs no secret of the vendor for
//! this.
//!
//! | the customer | the app calls |
//! |---|---|
//! | lost the key | `request_code`, `authenticate`, `restore` |
//! | has no free seat | `request_code`, `authenticate`, `restore` (lists the devices), `release`, `restore` |
//! | has just bought | `checkout` (open its address in a browser), `follow`, `authenticate`, `restore_purchase` |
//! | was invited to a team | `claim_seat`, `restore_when_granted` |
//!
//! # Secrets
//! The token, the code, the e-mail address and the secret of a checkout exist only in memory. They are wiped when they
//! are dropped, and appear in no record, log, error or `Debug` output. The token gives access to more of the customer's
//! data than this module reads (addresses, orders, subscriptions), and it cannot be revoked early. So drop a session
//! when its dialog is closed. Only requests that need the token contain it; validate, activate and deactivate never do.
//! The requests that open and follow a checkout have the checkout's secret in their address, because Polar's interface
//! requires it there.
//!
//! # The pace
//! Polar counts the requests for codes and the tries of codes from each IP address. At the seventh of them in a minute,
//! or at the thirteenth in an hour, Polar blocks all requests from this address for a quarter of an hour. To avoid
//! that, all processes that share a record count together, and send at most five in any minute and ten in any hour.
//! Requesting a code counts as two requests, because one more is reserved for trying the code. The error `rate_limited`
//! says how long to wait, and whether a code that was mailed will still be valid then.
//!
//! # Errors
//! The errors have the usual kinds: `invalid_argument` for an address or a code that is mistyped, `rate_limited`,
//! `network`, `timeout`, `server`, `storage`. An error of the kind `refused` is about a license key if it has a
//! [reason](crate::Error::reason). If it has no reason, either the session has ended or the request is not possible;
//! [`message`](crate::Error::message) says which.
//!
//! ```text
//!  portal() ── request_code ── authenticate ─┐
//!           ── checkout ── follow ───────────┤
//!           ── claim_seat ───────────────────┼─► session ── restore · license_keys · usable_keys · devices · release · rotate
//!           ── session_from_token ───────────┘
//! ```
//! This module is pure: it consists of [`steps`] that a driver carries out, typed requests, and functions that read the
//! replies. It never waits, sends or stores anything, and reads no clock. The engine decides about licenses.

#[doc(hidden)]
pub mod boundary;
mod checkout;
mod code;
mod context;
mod customer;
mod device;
mod failure;
mod keys;
mod license_key;
mod outcome;
mod progress;
mod restore;
mod rotation;
mod secret;
mod step;
pub mod steps;
mod wire;

pub use crate::codes::{KeyStatus, Stage};
pub use checkout::{CheckoutPage, Purchase};
pub use code::{CodeRequest, CodeSent, CustomerChoice};
pub use customer::Customer;
pub use device::{Device, Devices, HiddenDevices};
pub use license_key::LicenseKey;
pub use outcome::{NoSeat, Restored};
pub use progress::Progress;
pub use rotation::ConfirmedByUser;
pub use secret::Token;
