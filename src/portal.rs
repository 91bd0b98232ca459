//! The customer portal: a customer who lost the key, or whose machine is dead, or who has just bought, helps himself. There
//! with the feature `portal`; start with the client's `portal()`.
//!
//! Polar mails a code to the address of the purchase, and gives a token for it that lasts an hour. With it an app reads the
//! customer's license keys and devices; no secret of the vendor's is needed.
//!
//! | the customer | the app |
//! |---|---|
//! | lost the key | `request_code`, `authenticate`, `restore` |
//! | has a dead machine that holds the last seat | the same; `restore` lists the devices, `release` one, `restore` again |
//! | has just bought | `checkout`, open its address, `follow`, `authenticate`, `restore_purchase` |
//! | was invited to a team | `claim_seat`, `restore_when_granted` |
//!
//! # What is secret
//! The token, the code, the e-mail address and the secret of a checkout are in memory only, are wiped when they are dropped,
//! and are in no record, log, error or `Debug` output. The token opens more of the customer's data than this module reads
//! (addresses, orders, subscriptions), and cannot be ended early: a session should live as long as its dialog. Only what
//! needs the token sends it; validate, activate and deactivate never do. Two requests have a secret in their address, because
//! Polar's interface has it there: those that open and follow a checkout, with the secret of that checkout.
//!
//! # The pace
//! Polar blocks an address for a quarter of an hour, for every request, at the seventh code that is requested or tried in
//! a minute and at the thirteenth in an hour. So no more than five in any minute and ten in any hour leave, in all processes
//! that share the record, and a request for a code reserves a try of it. The error `rate_limited` says how long to wait, and
//! whether a code that was mailed is still good then.
//!
//! # Errors
//! As everywhere: `invalid_argument` for what was typed wrong (an address, a code), `rate_limited`, `network`, `timeout`,
//! `server`, `storage`. `refused` with a [reason](crate::Error::reason) is about a license key; without one the session has
//! ended, or what was asked is not possible: [`message`](crate::Error::message) says which.
//!
//! ```text
//!  portal() ── request_code ── authenticate ─┐
//!           ── checkout ── follow ───────────┤
//!           ── claim_seat ───────────────────┼─► session ── restore · license_keys · usable_keys · devices · release · rotate
//!           ── session_from_token ───────────┘
//! ```
//! This module is pure: [`steps`] that a driver carries out, with typed requests and how their replies are judged. It never waits, sends, stores or looks at a clock; what is decided about licenses is decided in the engine.

mod checkout;
mod code;
mod context;
mod customer;
mod device;
mod failure;
#[doc(hidden)]
pub mod json;
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
