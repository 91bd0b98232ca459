//! The public data of an organization and of its products.

use serde_json::{Value, json};

use super::call::Call;
use crate::reply::Reply;
use crate::state::State;

pub(crate) fn get(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let slug = call.part(0);
    let database = &state.database;
    let mut organizations = database.organizations.iter().filter(|organization| organization.api_access);
    let organization = organizations.find(|organization| organization.slug.eq_ignore_ascii_case(slug));
    let organization = organization.ok_or_else(|| Reply::not_found("Not found"))?;
    let products: Vec<Value> = database
        .products
        .iter()
        .filter(|product| product.organization == organization.id && product.is_public && !product.is_archived)
        .map(|product| product.view(product.benefit.and_then(|id| database.benefit_by_id(id))))
        .collect();
    Ok(Reply::json(200, &json!({ "organization": organization.portal_view(), "products": products })))
}
