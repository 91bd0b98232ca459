//! A session with the customer portal: the address of the purchase, a code from a mail. Shows the address to the terminal
//! where the code is typed, and the code to nobody.

use super::choice::{Choice, customer_line};
use super::outcome::Stop;
use crate::args::portal::Buyer;
use crate::input::{Input, by_number};
use crate::output;
use polar_license::blocking::{Portal, Session};
use polar_license::portal::{CodeRequest, CodeSent, Customer, CustomerChoice};
use polar_license::{Error, ErrorKind};

/// The code cannot be given.
const NO_CODE: &str = "standard input ends before the code; keep it open until the mail is there, or run the command on a \
                       terminal";

/// Nobody can tell whether an address is known.
const SENT: &str = "If this address bought it, a code is on its way to it. Check the address for typos.";

/// Has a code mailed, and takes it. `command` is the one that was used.
pub(super) fn begin(portal: &Portal, input: Input, command: &str, buyer: &Buyer) -> Result<Session, Stop> {
    if !buyer.code_sent {
        let requested = request(portal, input, buyer.email())?;
        sent(portal, input, requested, buyer.customer.as_deref())?;
    }
    authenticate(portal, input, command)
}

/// Returns an error if nobody can type the code, before one is mailed.
pub(super) fn can_be_answered(input: Input) -> Result<(), Error> {
    if input.has_ended() { Err(Error::new(ErrorKind::InvalidConfig, NO_CODE)) } else { Ok(()) }
}

fn request(portal: &Portal, input: Input, email: Option<&str>) -> Result<CodeRequest, Error> {
    if let Some(email) = email {
        can_be_answered(input)?;
        return portal.request_code(email);
    }
    loop {
        let missing = "no e-mail address; give the one of the purchase, or write it to standard input";
        let email = input.line("E-mail address of the purchase:", missing)?;
        can_be_answered(input)?;
        match portal.request_code(&email) {
            Err(error) if is_typing_error(&error, input) => output::note(error.message()),
            result => return result,
        }
    }
}

/// Tells that a code is on its way. Where several customers have the address, one of them is chosen first.
pub(super) fn sent(
    portal: &Portal,
    input: Input,
    mut requested: CodeRequest,
    customer: Option<&str>,
) -> Result<(), Stop> {
    loop {
        match requested {
            CodeRequest::Sent(sent) => {
                tell(input, &sent);
                return Ok(());
            }
            CodeRequest::Choose(choice) => match chosen(input, &choice, customer) {
                Some(customer) => requested = portal.request_code_for(&choice, customer)?,
                None => return Err(Choice::Customers(choice.customers().to_vec()).into()),
            },
        }
    }
}

fn tell(input: Input, sent: &CodeSent) {
    if input.may_be_shown() { output::note(&sent.message()) } else { output::note(SENT) }
}

/// By name, by number, or on the terminal.
fn chosen<'a>(input: Input, choice: &'a CustomerChoice, given: Option<&str>) -> Option<&'a Customer> {
    let customers = choice.customers();
    match given {
        Some(given) => {
            let mut named = customers.iter().filter(|customer| customer.name() == Some(given));
            let only = named.next().filter(|_| named.next().is_none());
            only.or_else(|| by_number(customers, given))
        }
        None => input.choose(
            "This address belongs to several customers. Which of them bought the license?",
            customers,
            customer_line,
        ),
    }
}

/// Takes the code. On a terminal it may be typed again.
pub(super) fn authenticate(portal: &Portal, input: Input, command: &str) -> Result<Session, Stop> {
    let missing =
        format!("no code on standard input; once the mail is there, run `polar-license {command} --code-sent`");
    loop {
        match portal.authenticate(&input.line("Code from the mail:", &missing)?) {
            Err(error) if is_typing_error(&error, input) => output::note(error.message()),
            Err(error) => {
                if was_not_judged(&error) {
                    output::note(&format!("the code may still be good: `{command} --code-sent` takes it again"));
                }
                return Err(error.into());
            }
            Ok(session) => return Ok(session),
        }
    }
}

/// Whether Polar has not said what the code is worth.
fn was_not_judged(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Server)
}

/// Whether there is somebody who can type it again.
fn is_typing_error(error: &Error, input: Input) -> bool {
    input.is_terminal() && error.kind() == ErrorKind::InvalidArgument
}
