//! Opens a checkout with a link, shows and changes it, and confirms it. Each request needs only the secret of the link
//! or of the checkout.

use serde_json::{Map, Value};

use super::buying::{fill_in, find, missing, must_be_open, place};
use super::call::Call;
use super::entries::Entries;
use crate::addresses;
use crate::checkout::Checkout;
use crate::database::Database;
use crate::events::Channel;
use crate::query::Query;
use crate::reply::Reply;
use crate::sessions::random_token;
use crate::state::State;

/// The query parameters with which a link prefills a checkout. The redirect to the checkout's page drops these
/// parameters and `embed_origin`, and keeps all other parameters of the link.
const PREFILLED: [&str; 6] = ["product_id", "amount", "customer_email", "customer_name", "discount_code", "locale"];

/// Creates a checkout, and redirects to its page.
pub(crate) fn open_link(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let secret = call.part(0);
    let link = state.database.links.iter().find(|link| link.secret == secret);
    let link = link.ok_or_else(|| Reply::not_found("Not found"))?;
    let secret = random_token("polar_c_");
    let mut checkout = Checkout::new(link.product, link.success_url.clone(), secret, call.now);
    let query = Query::read(call.request);
    checkout.ip_address = Some(call.address.to_owned());
    checkout.customer_email = query.get("customer_email").and_then(addresses::accepted);
    checkout.customer_name = query.get("customer_name").map(str::to_owned);
    if let Some(locale) = query.get("locale") {
        checkout.locale = Some(locale.to_owned());
    }
    let mut passed_on = form_urlencoded::Serializer::new(String::new());
    let others = query.pairs().filter(|(name, _)| !PREFILLED.contains(&name.as_str()) && name != "embed_origin");
    passed_on.extend_pairs(others);
    let passed_on = passed_on.finish();
    let mark = if passed_on.is_empty() { "" } else { "?" };
    let location = format!("{}{mark}{passed_on}", checkout.url(&call.site()));
    state.database.checkouts.push(checkout);
    Ok(Reply::redirect(&location))
}

pub(crate) fn get(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let checkout = find(&state.database, call.part(0), call.now)?;
    Ok(Reply::json(200, &view(&state.database, checkout, call)))
}

/// Updates a checkout with the data that the buyer entered. A request cannot change the success URL.
pub(crate) fn change(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let entries = Entries::of(call.request)?;
    let secret = call.part(0);
    let checkout = find(&state.database, secret, call.now)?;
    must_be_open(checkout)?;
    fill_in(&mut state.database, secret, &entries, call.now);
    get(state, call)
}

/// Confirms a checkout, as the buyer's click does. Refuses the request if the product costs money, because only a
/// browser can make the payment.
pub(crate) fn confirm(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let entries = Entries::of(call.request)?;
    let secret = call.part(0).to_owned();
    let checkout = find(&state.database, &secret, call.now)?;
    must_be_open(checkout)?;
    let product = state.database.product(checkout.product);
    if !product.is_some_and(crate::catalog::Product::is_free) {
        return Err(missing("confirmation_token_id", "Confirmation token is required."));
    }
    let token = place(state, &secret, &entries, call.now)?;
    let checkout = find(&state.database, &secret, call.now)?;
    let mut view = view(&state.database, checkout, call);
    view.insert("customer_session_token".to_owned(), token.into());
    Ok(Reply::json(200, &view))
}

/// Returns the stream of the checkout's events.
pub(crate) fn stream(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let checkout = find(&state.database, call.part(0), call.now)?;
    let channel = Channel::Checkout(checkout.secret.clone());
    let elapsed = state.clock.elapsed();
    Ok(Reply::stream(state.events.listen(channel, elapsed)))
}

/// Returns the checkout in the form that Polar shows to the buyer.
pub(super) fn view(database: &Database, checkout: &Checkout, call: &Call) -> Map<String, Value> {
    let mut view = view_for_vendor(database, checkout, call);
    let product = database.product(checkout.product);
    let organization = product.and_then(|product| database.organization_by_id(product.organization));
    view.insert("organization".to_owned(), organization.map(|organization| organization.view()).into());
    view
}

pub(super) fn view_for_vendor(database: &Database, checkout: &Checkout, call: &Call) -> Map<String, Value> {
    let Some(product) = database.product(checkout.product) else {
        return Map::new();
    };
    let benefit = product.benefit.and_then(|id| database.benefit_by_id(id));
    checkout.view(product, benefit, &call.site())
}
