//! The customer portal, with which customers help themselves if they have lost the key, if their machine is dead, or if
//! they have just bought a license. It needs the feature `portal`; start with the client's `portal()`.
//!
//! Polar mails a code to the address of the purchase, and exchanges the code for a token that lasts an hour. With the
//! token an app reads the customer's license keys and devices; it needs no secret of the vendor's.
//!
//! | the customer | the app |
//! |---|---|
//! | lost the key | `request_code`, `authenticate`, `restore` |
//! | has a dead machine with the last seat | `request_code`, `authenticate`; `restore` lists the devices; `release` one, and `restore` again |
//! | has just bought | `checkout`, open its address, `follow`, `authenticate`, `restore_purchase` |
//! | was invited to a team | `claim_seat`, `restore_when_granted` |
//!
//! # Secrets
//! The token, the code, the e-mail address and the secret of a checkout exist in memory only, are wiped when they are
//! dropped, and appear in no record, log, error or `Debug` output. The token gives access to more of the customer's
//! data than this module reads (addresses, orders, subscriptions), and cannot be revoked early. So a session should
//! live only as long as its dialog. Only requests that need the token contain it; validate, activate and deactivate
//! never do. Two requests have a secret in their address, because Polar's interface requires it: the requests that open
//! and follow a checkout contain the checkout's secret there.
//!
//! # The pace
//! Polar blocks an IP address for a quarter of an hour, for every request, at the seventh code that is requested or
//! tried in a minute, or at the thirteenth in an hour. So all processes that share the record together send at most
//! five such requests in any minute and ten in any hour. A request for a code also reserves a try for this code. The
//! error `rate_limited` says how long to wait, and whether a mailed code will still be valid then.
//!
//! # Errors
//! The kinds are the usual ones: `invalid_argument` for a typing error (in an address, a code), `rate_limited`,
//! `network`, `timeout`, `server`, `storage`. `refused` with a [reason](crate::Error::reason) is about a license key.
//! Without a reason, the session has ended or the request is not possible: [`message`](crate::Error::message) says
//! which.
//!
//! ```text
//!  portal() ── request_code ── authenticate ─┐
//!           ── checkout ── follow ───────────┤
//!           ── claim_seat ───────────────────┼─► session ── restore · license_keys · usable_keys · devices · release · rotate
//!           ── session_from_token ───────────┘
//! ```
//! This module is pure: it has [`steps`] that a driver carries out, typed requests, and readers of their replies. It
//! never waits, sends, stores or reads a clock. Licensing is decided in the engine.

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
