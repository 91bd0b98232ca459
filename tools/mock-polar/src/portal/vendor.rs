//! Endpoints that a vendor's backend calls with its secret. They create checkouts, and sessions for customers.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::checkouts;
use crate::checkout::Checkout;
use crate::customers::Customer;
use crate::form::Form;
use crate::problem::{Problem, Rule, polar_rejection, rejection};
use crate::reply::Reply;
use crate::sessions::{Session, Subject, random_token};
use crate::state::State;

/// Creates a token for a customer. The vendor's backend may pass the token on to an app.
pub(crate) fn create_session(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let vendor = vendor(call)?;
    let mut form = Form::of(call.request)?;
    let (customer, return_url) = (form.uuid("customer_id"), form.optional_string("return_url"));
    let (Some(customer), true) = (customer, form.is_valid()) else {
        return Err(form.rejection());
    };
    let known = state.database.customer(customer).filter(|known| known.organization == vendor && !known.is_deleted());
    let customer = known.cloned().ok_or_else(|| unknown("customer_id", customer))?;
    let session = new_session(state, &customer, return_url);
    let organization = state.database.organization_by_id(vendor).map(|organization| organization.slug.clone());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("customer_session_token", &session.token);
    query.append_pair("email", customer.email().unwrap_or_default());
    let portal = format!("{}/{}/portal?{}", call.site(), organization.unwrap_or_default(), query.finish());
    let reply = json!({
        "created_at": call.now,
        "modified_at": null,
        "id": Uuid::new_v4().to_string(),
        "token": session.token,
        "expires_at": session.expires_at,
        "return_url": session.return_url,
        "customer_portal_url": portal,
        "customer_id": customer.id.to_string(),
        "customer": customer.view(),
    });
    Ok(Reply::json(201, &reply))
}

/// Creates a checkout. The vendor chooses the success URL, to which the buyer returns after the purchase.
pub(crate) fn create_checkout(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let vendor = vendor(call)?;
    let sent: Map<String, Value> = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let first = sent.get("products").and_then(Value::as_array).and_then(|products| products.first());
    let product = first.and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
    let product = product.and_then(|id| state.database.product(id)).filter(|product| product.organization == vendor);
    let product = product.ok_or_else(|| unknown("products", Uuid::nil()))?.id;
    let success_url = sent.get("success_url").and_then(Value::as_str);
    if success_url.is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        let place = vec!["body".into(), "success_url".into()];
        return Err(rejection(&[Problem::new(Rule::UrlScheme, place, success_url.into())]));
    }
    let checkout = Checkout::new(product, success_url.map(str::to_owned), random_token("polar_c_"), call.now);
    let mut view = checkouts::view_for_vendor(&state.database, &checkout, call);
    let more = json!({
        "metadata": {},
        "customer_metadata": {},
        "customer_external_id": null,
        "external_customer_id": null,
        "subscription_id": null,
        "trial_interval": null,
        "trial_interval_count": null,
    });
    view.extend(more.as_object().cloned().unwrap_or_default());
    state.database.checkouts.push(checkout);
    Ok(Reply::json(201, &view))
}

/// Answers requests to all other endpoints of the vendor, which this server does not imitate. Checks the vendor's
/// secret, and returns a 501.
pub(crate) fn other(_state: &mut State, call: &Call) -> Result<Reply, Reply> {
    vendor(call)?;
    Err(Reply::framework_error(501, "mock-polar does not have this endpoint; see its README"))
}

/// Creates a token for the customer with this e-mail address, as a vendor's backend does for an app.
pub(crate) fn customer_token(state: &mut State, email: &str) -> Option<String> {
    let has_email = |customer: &&Customer| customer.email().is_some_and(|known| known.eq_ignore_ascii_case(email));
    let customer = state.database.customers.iter().find(has_email).cloned()?;
    Some(new_session(state, &customer, None).token)
}

/// Creates a session without a code.
fn new_session(state: &mut State, customer: &Customer, return_url: Option<String>) -> Session {
    let session = Session { return_url, ..Session::new(Subject::Customer(customer.id), state.now()) };
    state.database.sessions.push(session.clone());
    session
}

fn vendor(call: &Call) -> Result<Uuid, Reply> {
    match call.subject {
        Subject::Vendor(organization) => Ok(organization),
        Subject::Anonymous | Subject::Customer(_) | Subject::Member(_) => Err(Reply::unauthorized()),
    }
}

fn unknown(field: &str, id: Uuid) -> Reply {
    let problem = Problem::new(Rule::ValueError, vec!["body".into(), field.into()], id.to_string().into());
    polar_rejection(problem.with_message("Not found."))
}
