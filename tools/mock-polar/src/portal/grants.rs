//! The benefits that purchases have granted. In this crate they are always license keys.

use serde_json::Value;

use super::call::Call;
use crate::database::Database;
use crate::purchases::Grant;
use crate::query::Query;
use crate::reply::Reply;
use crate::state::State;

/// The types of benefits that Polar documents.
const BENEFIT_TYPES: [&str; 7] =
    ["custom", "discord", "github_repository", "downloadables", "license_keys", "meter_credit", "feature_flag"];

pub(crate) fn list(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.customer(state)?;
    let mut query = Query::read(call.request);
    let page = query.page();
    let (benefit, checkout, order) = (query.uuid("benefit_id"), query.uuid("checkout_id"), query.uuid("order_id"));
    let (subscription, member) = (query.uuid("subscription_id"), query.uuid("member_id"));
    let types = query.choices("type", "BenefitType", &BENEFIT_TYPES);
    query.check()?;
    let is_other_type = types.is_some_and(|types| !types.iter().any(|kind| kind == "license_keys"));
    let database = &state.database;
    let is_listed = |grant: &&Grant| {
        let from = || grant.order.and_then(|id| database.order(id)).and_then(|order| order.checkout);
        call.sees(grant.customer, grant.member)
            && grant.is_granted
            && !is_other_type
            && subscription.is_none()
            && benefit.is_none_or(|benefit| grant.benefit == benefit)
            && order.is_none_or(|order| grant.order == Some(order))
            && member.is_none_or(|member| grant.member == Some(member))
            && checkout.is_none_or(|checkout| from() == Some(checkout))
    };
    let grants: Vec<Value> = database.grants.iter().filter(is_listed).map(|grant| view(database, grant)).collect();
    Ok(page.of(&grants))
}

pub(crate) fn get(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.customer(state)?;
    let id = call.id("id")?;
    let mut grants = state.database.grants.iter();
    let grant = grants.find(|grant| grant.id == id && call.sees(grant.customer, grant.member));
    let grant = grant.ok_or_else(|| Reply::not_found("Not found"))?;
    Ok(Reply::json(200, &view(&state.database, grant)))
}

fn view(database: &Database, grant: &Grant) -> Value {
    let benefit = database.benefit_by_id(grant.benefit);
    let organization = benefit.and_then(|benefit| database.organization_by_id(benefit.organization));
    let license = database.licenses.iter().find(|license| license.id == grant.license);
    grant.view(database.customer(grant.customer), benefit, organization, license)
}
