//! Begins a session with the customer portal: asks for the address of the purchase, then for the code in a mail. Shows
//! the address only on the terminal where the code is typed. Never shows the code.

use super::choice::{Choice, customer_line};
use super::outcome::Stop;
use crate::args::portal::Buyer;
use crate::input::{Input, by_number};
use crate::output;
use polar_license::blocking::{Portal, Session};
use polar_license::portal::{CodeRequest, CodeSent, Customer, CustomerChoice};
use polar_license::{Error, ErrorKind};

/// The error that is reported if standard input ends before a code has been read.
const NO_CODE: &str = "standard input ends before the code; keep it open until the mail is there, or run the command on a \
                       terminal";

/// The notice that a code was requested, for output that may be written to a log. It contains no address. It begins
/// with "If", because Polar does not say whether the address belongs to a customer.
const SENT: &str = "If this address bought it, a code is on its way to it. Check the address for typos.";

/// Begins a session with a code from a mail. Requests the code, unless the user already has one. `command` is the name
/// of the command that is running.
pub(super) fn begin(portal: &Portal, input: Input, command: &str, buyer: &Buyer) -> Result<Session, Stop> {
    if !buyer.code_sent {
        let requested = request(portal, input, buyer.email())?;
        announce_code(portal, input, requested, buyer.customer.as_deref())?;
    }
    authenticate(portal, input, command)
}

/// Returns an error if no code can be entered. Must be called before a code is mailed.
pub(super) fn check_answerable(input: Input) -> Result<(), Error> {
    if input.has_ended() { Err(Error::new(ErrorKind::InvalidConfig, NO_CODE)) } else { Ok(()) }
}

fn request(portal: &Portal, input: Input, email: Option<&str>) -> Result<CodeRequest, Error> {
    if let Some(email) = email {
        check_answerable(input)?;
        return portal.request_code(email);
    }
    loop {
        let missing = "no e-mail address; give the one of the purchase, or write it to standard input";
        let email = input.line("E-mail address of the purchase:", missing)?;
        check_answerable(input)?;
        match portal.request_code(&email) {
            Err(error) if is_typing_error(&error, input) => output::note(error.message()),
            result => return result,
        }
    }
}

/// Tells the user that a code is on its way. If several customers have the address, no code was sent yet. This function
/// then selects one of them, by `customer` or by asking on the terminal, and requests a code for that customer.
pub(super) fn announce_code(
    portal: &Portal,
    input: Input,
    mut requested: CodeRequest,
    customer: Option<&str>,
) -> Result<(), Stop> {
    loop {
        match requested {
            CodeRequest::Sent(sent) => {
                note_code_sent(input, &sent);
                return Ok(());
            }
            CodeRequest::Choose(choice) => match choose_customer(input, &choice, customer) {
                Some(customer) => requested = portal.request_code_for(&choice, customer)?,
                None => return Err(Choice::Customers(choice.customers().to_vec()).into()),
            },
        }
    }
}

fn note_code_sent(input: Input, sent: &CodeSent) {
    if input.may_be_shown() { output::note(&sent.message()) } else { output::note(SENT) }
}

/// Returns the customer with the name or number `wanted`. If `wanted` is `None`, lets the user choose one on the
/// terminal.
fn choose_customer<'a>(input: Input, choice: &'a CustomerChoice, wanted: Option<&str>) -> Option<&'a Customer> {
    let customers = choice.customers();
    match wanted {
        Some(wanted) => {
            let mut named = customers.iter().filter(|customer| customer.name() == Some(wanted));
            let only = named.next().filter(|_| named.next().is_none());
            only.or_else(|| by_number(customers, wanted))
        }
        None => input.choose(
            "This address belongs to several customers. Which of them bought the license?",
            customers,
            customer_line,
        ),
    }
}

/// Reads the code that was mailed, and begins a session with it. On a terminal, a user who has mistyped the code can
/// enter it again.
pub(super) fn authenticate(portal: &Portal, input: Input, command: &str) -> Result<Session, Stop> {
    let missing =
        format!("no code on standard input; once the mail is there, run `polar-license {command} --code-sent`");
    loop {
        match portal.authenticate(&input.line("Code from the mail:", &missing)?) {
            Err(error) if is_typing_error(&error, input) => output::note(error.message()),
            Err(error) => {
                if is_unanswered(&error) {
                    output::note(&format!("the code may still be good: `{command} --code-sent` takes it again"));
                }
                return Err(error.into());
            }
            Ok(session) => return Ok(session),
        }
    }
}

/// Returns `true` if Polar did not answer, or if its answer does not say whether the code is right.
fn is_unanswered(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Server)
}

/// Returns `true` if the user mistyped the input and can type it again, because there is a terminal.
fn is_typing_error(error: &Error, input: Input) -> bool {
    input.is_terminal() && error.kind() == ErrorKind::InvalidArgument
}
