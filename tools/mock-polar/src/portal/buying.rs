//! Purchases. This file turns an open checkout into a confirmed one, which Polar's worker then fulfils.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::entries::Entries;
use crate::checkout::{Checkout, CheckoutStatus};
use crate::customers::Customer;
use crate::database::Database;
use crate::events::Channel;
use crate::form::Form;
use crate::problem::{Problem, Rule, polar_rejection};
use crate::reply::Reply;
use crate::sessions::{Session, Subject};
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::worker::Job;

/// The result of a purchase, as the buyer's browser gets it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Purchase {
    /// The customer's token, which Polar gives only once. `None` unless the buyer is a new customer or the vendor has
    /// named the customer in the checkout.
    pub customer_session_token: Option<String>,
    /// The URL that the browser opens after the purchase. It is the checkout's success URL. If there is a token, the
    /// URL contains it.
    pub success_url: String,
}

/// Confirms a checkout, whatever its price, as if a buyer had paid in a browser. `site` is the address of Polar's
/// pages.
pub(crate) fn pay(state: &mut State, secret: &str, fields: &Map<String, Value>, site: &str) -> Result<Purchase, Reply> {
    let now = state.now();
    let entries = Entries::read(Form::read(&serde_json::to_vec(fields).unwrap_or_default())?)?;
    let checkout = find(&state.database, secret, now)?;
    must_be_open(checkout)?;
    let success_url = checkout.success_url(site);
    let customer_session_token = place(state, secret, &entries, now)?;
    let success_url = match &customer_session_token {
        Some(token) => with_parameter(&success_url, "customer_session_token", token),
        None => success_url,
    };
    Ok(Purchase { customer_session_token, success_url })
}

/// Makes the purchase. Returns a token only if the buyer is new or the vendor has named the customer. If Polar always
/// returned a token, anybody could get the token of a customer by entering the customer's e-mail address.
pub(super) fn place(
    state: &mut State,
    secret: &str,
    entries: &Entries,
    now: Timestamp,
) -> Result<Option<String>, Reply> {
    let database = &mut state.database;
    let has_email = database.checkouts.iter().any(|known| known.secret == secret && known.customer_email.is_some());
    if entries.email.is_none() && !has_email {
        return Err(missing("customer_email", "Field is required."));
    }
    fill_in(database, secret, entries, now);
    let Some(at) = database.checkouts.iter().position(|checkout| checkout.secret == secret) else {
        return Err(Reply::not_found("Not found"));
    };
    let Some(checkout) = database.checkouts.get(at).cloned() else {
        return Err(Reply::not_found("Not found"));
    };
    let (customer, is_trusted) = buyer(database, &checkout, now);
    let address = checkout.billing_address.clone();
    if let Some(customer) = database.customer_mut(customer) {
        let name = checkout.customer_name.clone().filter(|_| customer.name().is_none());
        let changes = [("billing_address", address), ("locale", checkout.locale.clone().into())];
        let changes = changes.into_iter().filter(|(_, value)| !value.is_null());
        customer.change(changes.chain(name.map(|name| ("name", name.into()))), now);
    }
    if let Some(checkout) = database.checkouts.get_mut(at) {
        checkout.customer = Some(customer);
        checkout.status = CheckoutStatus::Confirmed;
        checkout.payment.insert("customer_id".to_owned(), "cus_mock".into());
    }
    let token = is_trusted.then(|| {
        let session = Session::new(Subject::Customer(customer), now);
        let token = session.token.clone();
        database.sessions.push(session);
        token
    });
    let channel = Channel::Checkout(secret.to_owned());
    state.events.publish(&channel, "checkout.updated", &json!({ "status": "confirmed" }));
    state.events.publish(&channel, "checkout.webhook_event_delivered", &json!({ "status": "confirmed" }));
    state.worker.enqueue(Job::Fulfil { checkout: checkout.id }, state.clock.elapsed());
    Ok(token)
}

/// Returns the customer who buys, and whether Polar trusts that the buyer is this customer. If the vendor named a
/// customer in the checkout, returns that customer. Otherwise returns the customer with the checkout's e-mail address.
/// If nobody has that address, adds a customer.
fn buyer(database: &mut Database, checkout: &Checkout, now: Timestamp) -> (Uuid, bool) {
    if let Some(named_by_vendor) = checkout.customer {
        return (named_by_vendor, true);
    }
    let organization = database.product(checkout.product).map(|product| product.organization).unwrap_or_default();
    let email = checkout.customer_email.as_deref().unwrap_or_default().trim();
    if let Some(existing) = database.customer_by_email(email, organization) {
        return (existing.id, false);
    }
    let customer = Customer::new(organization, email, now);
    let id = customer.id;
    database.customers.push(customer);
    (id, true)
}

pub(super) fn find<'a>(database: &'a Database, secret: &str, now: Timestamp) -> Result<&'a Checkout, Reply> {
    let checkout = database.checkouts.iter().find(|checkout| checkout.secret == secret);
    let checkout = checkout.ok_or_else(|| Reply::not_found("Not found"))?;
    if checkout.expires_at <= now {
        return Err(Reply::error(410, "ExpiredCheckoutError", "This checkout session has expired."));
    }
    Ok(checkout)
}

pub(super) fn must_be_open(checkout: &Checkout) -> Result<(), Reply> {
    match checkout.status {
        CheckoutStatus::Open => Ok(()),
        status @ (CheckoutStatus::Confirmed
        | CheckoutStatus::Succeeded
        | CheckoutStatus::Failed
        | CheckoutStatus::Expired) => {
            let detail = format!("Checkout {} is not open: {}", checkout.id, status.name());
            Err(Reply::error(403, "NotOpenCheckout", &detail))
        }
    }
}

/// Updates the checkout with the data that the buyer entered.
pub(super) fn fill_in(database: &mut Database, secret: &str, entries: &Entries, now: Timestamp) {
    for checkout in database.checkouts.iter_mut().filter(|checkout| checkout.secret == secret) {
        checkout.locale = entries.locale.clone().or_else(|| checkout.locale.take()).or_else(|| Some("en".to_owned()));
        checkout.customer_name = entries.name.clone().or_else(|| checkout.customer_name.take());
        checkout.customer_email = entries.email.clone().or_else(|| checkout.customer_email.take());
        if let Some(address) = &entries.address {
            checkout.billing_address = address.clone();
        }
        checkout.modified_at = Some(now);
    }
}

pub(super) fn missing(field: &str, message: &'static str) -> Reply {
    let problem = Problem::new(Rule::Missing, vec!["body".into(), field.into()], Value::Null);
    polar_rejection(problem.with_message(message))
}

/// Returns `url` with one more parameter in its query.
fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (before, fragment) = match url.split_once('#') {
        Some((before, fragment)) => (before, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let mark = if before.contains('?') { '&' } else { '?' };
    format!("{before}{mark}{name}={value}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_goes_into_the_query() {
        for (url, with) in [
            ("http://h/p", "http://h/p?t=v"),
            ("http://h/p?a=b", "http://h/p?a=b&t=v"),
            ("http://h/p?a#f", "http://h/p?a&t=v#f"),
        ] {
            assert_eq!(with_parameter(url, "t", "v"), with);
        }
    }
}
