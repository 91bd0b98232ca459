//! Sends codes by mail, and exchanges them for tokens.

use serde_json::json;
use uuid::Uuid;

use super::call::Call;
use crate::catalog::Organization;
use crate::customers::{Member, Role};
use crate::database::Database;
use crate::form::Form;
use crate::mails::Mail;
use crate::reply::Reply;
use crate::sessions::{Code, Session, Subject};
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::worker::Job;

/// Sends a code by mail. The reply does not say whether the address belongs to a customer.
pub(crate) fn request(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let email = form.email("email");
    let organization = form.uuid("organization_id");
    let customer = form.optional_uuid("customer_id");
    let (Some(email), Some(organization), true) = (email, organization, form.is_valid()) else {
        return Err(form.rejection());
    };
    let accepted = Reply::json(202, &());
    let Some(organization) = state.database.organization_by_id(organization).cloned() else {
        return Ok(accepted);
    };
    let recipient = if organization.has_members {
        member(&mut state.database, &organization, &email, customer, call.now)?
    } else {
        state.database.customer_by_email(&email, organization.id).map(|customer| (customer.id, email))
    };
    if let Some((customer, email)) = recipient {
        send(state, &organization, Code::new(customer, &email, call.now), call);
    }
    Ok(accepted)
}

/// Exchanges a code for a token. A code works only once. The request contains nothing but the code: it does not name
/// the organization or the address to which the code was sent.
pub(crate) fn authenticate(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let code = form.string("code");
    let Some(code) = code.filter(|_| form.is_valid()) else {
        return Err(form.rejection());
    };
    // Polar hashes the code as ASCII, and fails if the code is not ASCII.
    if !code.is_ascii() {
        return Err(Reply::internal_error());
    }
    let invalid = || {
        let detail = "This customer session code is invalid or has expired.";
        Reply::error(401, "CustomerSessionCodeInvalidOrExpired", detail)
    };
    let database = &mut state.database;
    let is_good = |known: &Code| known.code == code && known.expires_at > call.now;
    let at = database.codes.iter().position(is_good).ok_or_else(invalid)?;
    let code = database.codes.remove(at);
    let customer = database.customer(code.customer).filter(|customer| !customer.is_deleted()).ok_or_else(invalid)?;
    let has_members =
        database.organization_by_id(customer.organization).is_some_and(|organization| organization.has_members);
    let is_own_address = customer.email().is_some_and(|email| email.eq_ignore_ascii_case(&code.email));
    let subject = if has_members {
        Subject::Member(database.member_of(code.customer, &code.email).ok_or_else(invalid)?.id)
    } else {
        Subject::Customer(code.customer)
    };
    if is_own_address && let Some(customer) = database.customer_mut(code.customer) {
        customer.change([("email_verified", true.into())], call.now);
    }
    let session = Session::new(subject, call.now);
    let reply = Reply::json(200, &json!({ "token": session.token }));
    database.sessions.push(session);
    Ok(reply)
}

/// Finds the member with this address. Returns the id of the member's customer, and the address. If members of several
/// customers have the address, `customer` selects one of them. If `customer` is `None`, returns the reply that asks the
/// sender to choose.
fn member(
    database: &mut Database,
    organization: &Organization,
    email: &str,
    customer: Option<Uuid>,
    now: Timestamp,
) -> Result<Option<(Uuid, String)>, Reply> {
    let members: Vec<Member> = {
        let is_meant = |member: &&Member| {
            let customer = database.customer(member.customer);
            member.email.eq_ignore_ascii_case(email)
                && customer.is_some_and(|customer| customer.organization == organization.id && !customer.is_deleted())
        };
        database.members.iter().filter(is_meant).cloned().collect()
    };
    let members = match (members.as_slice(), database.customer_by_email(email, organization.id)) {
        ([], Some(customer)) => {
            let owner = Member::new(customer.id, customer.email().unwrap_or(email), Role::Owner, now);
            database.members.push(owner.clone());
            vec![owner]
        }
        _ => members,
    };
    let chosen = match (customer, members.as_slice()) {
        (Some(customer), members) => members.iter().find(|member| member.customer == customer),
        (None, [] | [_]) => members.first(),
        (None, several) => return Err(choice(database, several)),
    };
    Ok(chosen.map(|member| (member.customer, member.email.clone())))
}

fn choice(database: &Database, members: &[Member]) -> Reply {
    let customers: Vec<_> = members
        .iter()
        .filter_map(|member| database.customer(member.customer))
        .map(|customer| json!({ "id": customer.id.to_string(), "name": customer.name() }))
        .collect();
    let detail = "Multiple customers found for this email. Please select one.";
    Reply::json(409, &json!({ "error": "customer_selection_required", "detail": detail, "customers": customers }))
}

fn send(state: &mut State, organization: &Organization, code: Code, call: &Call) {
    let mail = Mail {
        to: code.email.clone(),
        subject: format!("Access your {} purchases", organization.slug),
        code: Some(code.code.clone()),
        invitation_token: None,
        url: format!("{}/{}/portal/authenticate", call.site(), organization.slug),
        sent_at: call.now,
    };
    state.database.codes.push(code);
    state.worker.enqueue(Job::Send(mail), state.clock.elapsed());
}
