//! Codes: requested for an address, and exchanged for a token. Every request for a code and every try is counted first.
//!
//! ```text
//! count ─► too many ─► error, with the wait
//!       └► saved ─► send once, within 15 s ─► a mail is on its way │ several customers │ a token │ wrong ─► end
//!                                         └► 429 ─► save until when ─► error, with the wait
//! ```

use super::context::Context;
use super::customer::Customer;
use super::secret::{Code, Email, Invitation, Token};
use super::step::Step;
use super::wire::{self, Refusal};
use crate::codes::ErrorKind;
use crate::engine::{CODE_REQUEST_MS, Operation, PortalOperation, too_many_codes};
use crate::error::Error;
use crate::time::Now;
use crate::transport::{PortalAnswer, PortalRequest};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// What became of a request for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the user needs to know where to look for the code, or has to choose"]
pub enum CodeRequest {
    /// If the address is known, a mail is on its way.
    Sent(CodeSent),
    /// The address belongs to several customers: let the user choose, and ask for a code for that one.
    Choose(CustomerChoice),
}

/// A mail may be on its way. Nobody can tell whether the address is known: show it once more, since a typing error looks like
/// success.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSent {
    email: Email,
}

/// Customers with the same address.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerChoice {
    email: Email,
    customers: Vec<Customer>,
}

/// The least that a request is given.
const LEAST_MS: u64 = 1_000;

impl CodeSent {
    /// The address that the code was requested for.
    pub fn email(&self) -> &str {
        self.email.as_str()
    }

    /// What to show to the user, the address included.
    pub fn message(&self) -> String {
        format!("If {} bought it, a code is on its way to that address. Check the address for typos.", self.email())
    }
}

impl CustomerChoice {
    /// The address that the code was requested for.
    pub fn email(&self) -> &str {
        self.email.as_str()
    }

    /// The customers to choose from.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }
}

macro_rules! hidden {
    ($($type:ident),+) => {$(
        /// Without personal data.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )+};
}

hidden!(CodeSent, CustomerChoice);

/// Has a code mailed.
pub fn request_code(context: Context, email: &str, now: Now) -> Step<CodeRequest> {
    match Email::parse(email) {
        Ok(email) => request(context, email, None, now),
        Err(error) => Step::failed(error),
    }
}

/// Has a code mailed for one of several customers.
pub fn request_code_for(context: Context, choice: &CustomerChoice, customer: &Customer, now: Now) -> Step<CodeRequest> {
    request(context, choice.email.clone(), Some(customer.id), now)
}

pub(super) fn request(context: Context, email: Email, customer: Option<Uuid>, now: Now) -> Step<CodeRequest> {
    let request = context.request_code(&email, customer);
    counted(request, now, move |answer| match wire::code_requested(answer) {
        Ok(()) => Ok(CodeRequest::Sent(CodeSent { email })),
        Err(Refusal::Choose(customers)) => Ok(CodeRequest::Choose(CustomerChoice { email, customers })),
        Err(refusal) => Err(refusal),
    })
}

/// Exchanges a code for a token.
pub fn authenticate(context: Context, code: &str, now: Now) -> Step<Token> {
    match Code::parse(code) {
        Ok(code) => counted(context.authenticate(&code), now, wire::authenticated),
        Err(error) => Step::failed(error),
    }
}

/// Exchanges an invitation for a token. It works once.
pub fn claim_seat(context: Context, invitation: &str) -> Step<Token> {
    let invitation = match Invitation::parse(invitation) {
        Ok(invitation) => invitation,
        Err(error) => return Step::failed(error),
    };
    Step::send(context.claim_seat(&invitation), |answer, _| match wire::seat_claimed(&answer) {
        Ok(token) => Step::done(token),
        Err(refusal) if refusal.maybe_applied() => Step::failed(maybe_claimed(refusal)),
        Err(refusal) => Step::failed(refusal),
    })
}

fn maybe_claimed(refusal: Refusal) -> Error {
    let error = Error::from(refusal);
    let detail = format!("{}; the invitation may have been accepted all the same", error.detail());
    let message =
        format!("{} The invitation may have been accepted all the same: ask for a code by e-mail.", error.message());
    error.with_texts(message, detail)
}

/// Sends a request that Polar counts, if there is room for it.
fn counted<T: Send + 'static>(
    request: PortalRequest,
    began: Now,
    read: impl FnOnce(&PortalAnswer) -> Result<T, Refusal> + Send + 'static,
) -> Step<T> {
    Step::run(Operation::Portal(PortalOperation::CodeTry), move |outcome, now| {
        if let Err(error) = outcome.result {
            return Step::failed(error);
        }
        let left = now.until(began.after(CODE_REQUEST_MS));
        if left < LEAST_MS {
            let detail = "counting the request took too long, and nothing was sent; try again";
            return Step::failed(Error::new(ErrorKind::Timeout, detail));
        }
        let request = PortalRequest { timeout: Duration::from_millis(left), ..request };
        Step::send(request, |answer, _| match read(&answer) {
            Ok(value) => Step::done(value),
            Err(Refusal::RateLimited(wait)) => blocked(wait),
            Err(refusal) => Step::failed(refusal),
        })
    })
}

/// Polar blocks this address. Other processes have to know.
fn blocked<T: 'static>(wait: Duration) -> Step<T> {
    // where it could not be saved, this process still says how long to wait
    Step::run(Operation::Portal(PortalOperation::CodesBlocked(wait)), move |_, _| Step::failed(too_many_codes(wait)))
}
