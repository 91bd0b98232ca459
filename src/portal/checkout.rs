//! Carries out a purchase: opens the vendor's link, follows the checkout until it is paid, and then makes Polar mail
//! the buyer a code.
//!
//! ```text
//! open    the link ─► the address of a checkout's page, for the browser
//! follow  ask ─► open, or being paid, or no answer ─► wait ─► ask again, until the deadline
//!             ├► paid ─► a code for the buyer's address (see `code.rs`) ─► end
//!             └► failed, or older than a day ─► error
//! ```

use super::code::{self, CodeRequest};
use super::context::Context;
use super::progress::Waiting;
use super::secret::{CheckoutSecret, is_plain};
use super::step::Step;
use super::wire::{self, CheckoutStatus, Refusal};
use crate::codes::{ErrorKind, Stage};
use crate::error::Error;
use crate::text::trim_pasted;
use crate::texts::Text;
use crate::time::Now;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A checkout that was opened, and the address of its page.
#[derive(Clone)]
pub struct CheckoutPage {
    secret: CheckoutSecret,
    address: Zeroizing<String>,
}

/// A purchase that is paid, and the result of requesting a code for the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the user needs to know where to look for the code"]
pub struct Purchase {
    pub(super) checkout_id: Uuid,
    /// The result of requesting a code for the buyer's address.
    pub code: CodeRequest,
}

impl CheckoutPage {
    /// Returns the address to open in the browser. The address contains the secret of the checkout, which gives access
    /// to the buyer's data: pass it only to the browser.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for CheckoutPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckoutPage").finish_non_exhaustive()
    }
}

/// Creates a checkout from the vendor's link, which is `https://buy.polar.sh/polar_cl_…`. The part after the link's
/// last slash is accepted too.
pub fn open(context: Context, link: &str) -> Step<CheckoutPage> {
    let Some((link, query)) = read_link(link) else {
        let detail = "the checkout link is not valid; copy one from the dashboard";
        return Step::failed(context.typed_wrong(Text::NotALink, detail));
    };
    Step::send(context.open_link(&link, &query), move |answer, _| {
        let opened = wire::link_opened(&answer, &context);
        match opened.map(|address| CheckoutSecret::read(&address).map(|secret| CheckoutPage { secret, address })) {
            Ok(Some(page)) => Step::done(page),
            Ok(None) => Step::failed(context.refused(Refusal::NotKnown)),
            Err(refusal) => Step::failed(context.refused(refusal)),
        }
    })
}

/// Returns the secret in a checkout link, and the query parameters of the link except those that identify the buyer.
fn read_link(text: &str) -> Option<(String, String)> {
    let text = trim_pasted(text);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/redirect").unwrap_or(path);
    let link = path.rsplit('/').next().filter(|link| is_plain(link))?;
    let is_sent = |pair: &&str| !pair.starts_with("customer_") && pair.bytes().all(|byte| byte.is_ascii_graphic());
    let query: Vec<&str> = query.split('#').next()?.split('&').filter(is_sent).collect();
    Some((link.to_owned(), query.join("&")))
}

/// Returns a checkout that the vendor's backend has created. `client_secret` identifies the checkout.
pub fn made_elsewhere(context: &Context, client_secret: &str) -> Result<CheckoutPage, Error> {
    let detail = "the client secret of the checkout is not valid: it starts with `polar_c_`";
    let secret = CheckoutSecret::read(client_secret.trim()).ok_or_else(|| context.mistake(detail))?;
    let address = Zeroizing::new([context.pages(), "/checkout/", secret.as_str()].concat());
    Ok(CheckoutPage { secret, address })
}

/// Follows a checkout until it is paid, and then requests a code by e-mail for the buyer.
pub fn follow(context: Context, page: &CheckoutPage, within: Duration, now: Now) -> Step<Purchase> {
    ask(context, page.secret.clone(), Waiting::new(Stage::Open, within, now))
}

fn ask(context: Context, secret: CheckoutSecret, mut waiting: Waiting) -> Step<Purchase> {
    Step::send(context.get_checkout(&secret), move |answer, now| {
        let (error, pause) = match wire::checkout_read(&answer) {
            Ok(checkout) => match (checkout.status, checkout.email) {
                (CheckoutStatus::Succeeded, Some(email)) => {
                    let checkout_id = checkout.id;
                    return code::request(context, email, None, now)
                        .and_then(now, move |code, _| Step::done(Purchase { checkout_id, code }));
                }
                (CheckoutStatus::Succeeded, None) => return Step::failed(no_address(&context)),
                (CheckoutStatus::Failed, _) => return Step::failed(failed(&context)),
                (CheckoutStatus::Open, _) => {
                    waiting.stage = Stage::Open;
                    (not_completed(&context), None)
                }
                (CheckoutStatus::Confirmed, _) => {
                    waiting.stage = Stage::Paying;
                    (not_completed(&context), None)
                }
            },
            Err(refusal) if refusal.is_transient() => {
                let error = context.refused(refusal);
                let pause = error.retry_after();
                (error, pause)
            }
            Err(refusal) => return Step::failed(context.refused(refusal)),
        };
        match waiting.next(pause, now) {
            Some((until, progress)) => {
                Step::wait(until, progress, context.texts().clone(), move |_| ask(context, secret, waiting))
            }
            None => Step::failed(error),
        }
    })
}

fn not_completed(context: &Context) -> Error {
    context.error_saying(Text::NotCompleted, ErrorKind::Timeout, "the checkout was not completed before the deadline")
}

fn failed(context: &Context) -> Error {
    context.error_saying(Text::PaymentFailed, ErrorKind::Refused, "the checkout has failed or was ended")
}

fn no_address(context: &Context) -> Error {
    context.error_saying(Text::NoBuyer, ErrorKind::Refused, "the checkout names no e-mail address of its buyer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_is_pasted_and_no_buyer_is_named_in_an_address() {
        let read = |text| read_link(text).unwrap();
        for text in
            ["polar_cl_AB", " https://buy.polar.sh/polar_cl_AB/ ", "http://h/v1/checkout-links/polar_cl_AB/redirect"]
        {
            assert_eq!(read(text), ("polar_cl_AB".to_owned(), String::new()));
        }
        let query =
            read("https://buy.polar.sh/polar_cl_AB?customer_email=ada@example.com&locale=de&customer_name=Ada#x").1;
        assert_eq!(query, "locale=de");
        assert!(read_link("https://buy.polar.sh/a%2Fb").is_none() && read_link("").is_none());
    }
}
