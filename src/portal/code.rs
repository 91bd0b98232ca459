//! Requests codes for an address, and exchanges them for a token. Polar limits how often codes are requested and tried,
//! so each request is counted before it is sent. Requesting a code counts as two requests: the second one is reserved
//! for trying this code.
//!
//! ```text
//! count ─► too many ─► error, with the wait
//!       └► saved ─► send once, within 15 s ─► a mail is on its way │ a token │ wrong ─► end
//!                                         ├► certainly no mail ─► the try is removed ─► several customers │ error
//!                                         └► 429 ─► save the end of the block ─► error, with the wait
//! ```

use super::context::Context;
use super::customer::Customer;
use super::secret::{Code, Email, Invitation, Token};
use super::step::Step;
use super::wire::{self, Refusal};
use crate::codes::ErrorKind;
use crate::engine::{CODE_REQUEST_MS, CodeUse, Operation, PortalOperation};
use crate::error::Error;
use crate::texts::{Text, Texts};
use crate::time::Now;
use crate::transport::{Answer, Request};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of requesting a code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the user needs to know where to look for the code, or has to choose"]
pub enum CodeRequest {
    /// A mail is on its way if Polar knows the address.
    Sent(CodeSent),
    /// The address belongs to several customers. Let the user choose one of them, and request a code for that customer.
    Choose(CustomerChoice),
}

/// A code that was requested for an address. Polar does not reveal whether it knows the address, so the request also
/// succeeds if the user mistyped the address. Show the address to the user again.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSent {
    email: Email,
    texts: Texts,
}

/// Several customers who have the same address. The user chooses one of them.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerChoice {
    email: Email,
    customers: Vec<Customer>,
}

/// The least time, in ms, that must be left for a request. With less time left, the request is not sent.
const LEAST_MS: u64 = 1_000;

impl CodeSent {
    /// Returns the address for which the code was requested.
    pub fn email(&self) -> &str {
        self.email.as_str()
    }

    /// Returns the text for the user, which includes the address.
    pub fn message(&self) -> String {
        self.texts.fill(Text::CodeSent, &[("email", self.email())])
    }
}

impl CustomerChoice {
    /// Returns the address for which the code was requested.
    pub fn email(&self) -> &str {
        self.email.as_str()
    }

    /// Returns the customers to choose from.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }
}

macro_rules! hidden {
    ($($type:ident),+) => {$(
        /// Omits personal data.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )+};
}

hidden!(CodeSent, CustomerChoice);

/// Requests a code by e-mail.
pub fn request_code(context: Context, email: &str, now: Now) -> Step<CodeRequest> {
    match Email::read(email) {
        Some(email) => request(context, email, None, now),
        None => Step::failed(context.typed_wrong(Text::NotAnAddress, "not an e-mail address")),
    }
}

/// Requests a code by e-mail for one of several customers.
pub fn request_code_for(context: Context, choice: &CustomerChoice, customer: &Customer, now: Now) -> Step<CodeRequest> {
    request(context, choice.email.clone(), Some(customer.id), now)
}

pub(super) fn request(context: Context, email: Email, customer: Option<Uuid>, now: Now) -> Step<CodeRequest> {
    let request = context.request_code(&email, customer);
    let texts = context.texts().clone();
    let sent = counted(context.clone(), CodeUse::Request, request, now, wire::code_requested);
    sent.and_then(now, move |mailed, _| match mailed {
        Ok(()) => Step::done(CodeRequest::Sent(CodeSent { email, texts })),
        Err(refusal) => not_mailed(context, email, refusal),
    })
}

/// Ends a request for a code after Polar has refused it. If Polar has certainly mailed no code, also cancels the try
/// that is reserved for this code.
fn not_mailed(context: Context, email: Email, refusal: Refusal) -> Step<CodeRequest> {
    if refusal.maybe_applied() {
        let detail = "the code may have been mailed all the same";
        return Step::failed(context.also(context.refused(refusal), Text::MaybeMailed, detail));
    }
    // If this operation fails, the reservation stays. The only consequence is that a later request has to wait longer.
    Step::run(Operation::Portal(PortalOperation::CodeNotMailed), move |_, _| match refusal {
        Refusal::Choose(customers) => Step::done(CodeRequest::Choose(CustomerChoice { email, customers })),
        refusal @ (Refusal::SessionOver
        | Refusal::WrongCode
        | Refusal::WrongAddress
        | Refusal::NotKnown
        | Refusal::NotPossible
        | Refusal::Expired
        | Refusal::RateLimited(_)
        | Refusal::NoAnswer(_)) => Step::failed(context.refused(refusal)),
    })
}

/// Exchanges a code for a token.
pub fn authenticate(context: Context, code: &str, now: Now) -> Step<Token> {
    let Some(code) = Code::read(code) else {
        return Step::failed(context.typed_wrong(Text::NotACode, "not a code, which has six letters and digits"));
    };
    let request = context.authenticate(&code);
    let tried = counted(context.clone(), CodeUse::Try, request, now, wire::authenticated);
    tried.and_then(now, move |token, _| match token {
        Ok(token) => Step::done(token),
        Err(refusal) => Step::failed(context.refused(refusal)),
    })
}

/// Checks a token that a success page or the vendor's backend has passed to the app. Returns it as the token of a
/// session.
pub fn session_from_token(context: &Context, token: &str) -> Result<Token, Error> {
    let detail = "the customer's token is not valid: tokens start with `polar_cst_` or `polar_mst_`";
    Token::read(token).ok_or_else(|| context.mistake(detail))
}

/// Exchanges an invitation for a token. An invitation works once.
pub fn claim_seat(context: Context, invitation: &str) -> Step<Token> {
    let Some(invitation) = Invitation::read(invitation) else {
        return Step::failed(context.typed_wrong(Text::NotAnInvitation, "not an invitation"));
    };
    Step::send(context.claim_seat(&invitation), move |answer, _| match wire::seat_claimed(&answer) {
        Ok(token) => Step::done(token),
        Err(Refusal::NotKnown) => {
            let detail = "Polar does not know this invitation: it was accepted, withdrawn, or is older than a day";
            Step::failed(context.error_saying(Text::InvitationOver, ErrorKind::Refused, detail))
        }
        Err(refusal) => {
            let maybe_applied = refusal.maybe_applied();
            let error = context.refused(refusal);
            let detail = "the invitation may have been accepted all the same";
            Step::failed(if maybe_applied { context.also(error, Text::MaybeClaimed, detail) } else { error })
        }
    })
}

/// Counts a request that asks for a code or tries one, and then sends it. The engine does the counting. If the request
/// would exceed Polar's limits, it is not sent.
fn counted<T: Send + 'static>(
    context: Context,
    to: CodeUse,
    request: Request,
    began: Now,
    read: impl FnOnce(&Answer) -> Result<T, Refusal> + Send + 'static,
) -> Step<Result<T, Refusal>> {
    Step::run(Operation::Portal(PortalOperation::Code(to)), move |outcome, now| {
        if let Err(error) = outcome.result {
            return Step::failed(error);
        }
        let left = now.until(began.after(CODE_REQUEST_MS));
        if left < LEAST_MS {
            let detail = "counting the request took too long, and nothing was sent; try again";
            return Step::failed(context.error(ErrorKind::Timeout, detail));
        }
        let request = Request { timeout: Duration::from_millis(left), ..request };
        Step::send(request, move |answer, _| match read(&answer) {
            // Polar blocks this IP address, so other processes must wait as well
            Err(Refusal::RateLimited(wait)) => blocked(context, to, wait),
            result => Step::done(result),
        })
    })
}

fn blocked<T: 'static>(context: Context, to: CodeUse, wait: Duration) -> Step<T> {
    let operation = Operation::Portal(PortalOperation::CodesBlocked(to, wait));
    Step::run(operation, move |outcome, _| match outcome.result {
        Err(error) => Step::failed(error),
        Ok(_) => Step::failed(context.refused(Refusal::RateLimited(wait))),
    })
}
