//! Returns information about a token.

use serde_json::{Value, json};

use super::call::Call;
use crate::problem::{Problem, Rule, polar_rejection};
use crate::reply::Reply;
use crate::sessions::{Session, Subject};
use crate::state::State;

/// Returns the time when the token expires.
pub(crate) fn introspect(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    call.customer(state)?;
    let token = call.request.bearer_token().unwrap_or_default();
    let session: Option<&Session> = state.database.sessions.iter().find(|session| session.token == token);
    let session = session.ok_or_else(Reply::unauthorized)?;
    Ok(Reply::json(200, &json!({ "expires_at": session.expires_at, "return_url": session.return_url })))
}

/// Returns the customer or the member to whom the request's token belongs.
pub(crate) fn user(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let customer = call.customer(state)?;
    let member = match call.subject {
        Subject::Member(id) => state.database.member(id),
        Subject::Anonymous | Subject::Customer(_) | Subject::Vendor(_) => None,
    };
    let user = match (member, customer.email()) {
        (Some(member), _) => json!({
            "type": "member",
            "name": member.name,
            "email": member.email,
            "customer_id": member.customer.to_string(),
            "member_id": member.id.to_string(),
            "role": member.role,
        }),
        (None, Some(email)) => json!({
            "type": "customer",
            "name": customer.name(),
            "email": email,
            "customer_id": customer.id.to_string(),
            "member_id": null,
            "role": null,
        }),
        (None, None) => return Err(team_without_address()),
    };
    Ok(Reply::json(200, &user))
}

fn team_without_address() -> Reply {
    let problem = Problem::new(Rule::ValueError, vec!["body".into()], Value::Null);
    let message = "Team customers must use member sessions. Create a customer session via the API with a member_id.";
    polar_rejection(problem.with_message(message))
}
