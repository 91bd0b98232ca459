//! Endpoints for a customer's own data and events, and for lists that are always empty on this server. Requests need a
//! token.

use serde_json::{Map, Value};

use super::call::Call;
use crate::events::Channel;
use crate::query::Query;
use crate::reply::Reply;
use crate::state::State;

/// Returns the customer's data. Any member of the customer may see it, even a member without a special role.
pub(crate) fn get(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    Ok(Reply::json(200, &call.customer(state)?.portal_view()))
}

/// Changes the billing data.
pub(crate) fn change(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    const CHANGEABLE: [&str; 4] = ["billing_name", "billing_address", "tax_id", "default_payment_method_id"];
    let id = call.payer(state)?.id;
    let sent: Map<String, Value> = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let changes = CHANGEABLE.into_iter().filter_map(|name| Some((name, sent.get(name)?.clone())));
    if let Some(customer) = state.database.customer_mut(id) {
        customer.change(changes, call.now);
    }
    get(state, call)
}

/// Refuses the request, because the vendor has not allowed customers to change their e-mail address.
pub(crate) fn change_email(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.payer(state)?;
    Err(Reply::not_permitted("Email changes are not enabled for this organization."))
}

/// Answers requests for orders, invoices, payment methods and wallets with an empty list. Refuses a sender who may not
/// see payments.
pub(crate) fn billing(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.payer(state)?;
    empty(call)
}

/// Answers requests for subscriptions, downloads and meters with an empty list.
pub(crate) fn subscriptions(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.customer(state)?;
    empty(call)
}

/// Returns the stream of the customer's events, such as granted keys.
pub(crate) fn stream(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let id = call.customer(state)?.id;
    let elapsed = state.clock.elapsed();
    Ok(Reply::stream(state.events.listen(Channel::Customer(id), elapsed)))
}

fn empty(call: &Call) -> Result<Reply, Reply> {
    let mut query = Query::read(call.request);
    let page = query.page();
    query.check()?;
    Ok(page.of::<Value>(&[]))
}
