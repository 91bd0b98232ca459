//! The seats of a team: invitations, claiming a seat, and managing seats.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use crate::customers::{Member, Role};
use crate::database::Database;
use crate::events::Channel;
use crate::form::Form;
use crate::mails::Mail;
use crate::purchases::{Order, TeamSeat, TeamSeatStatus};
use crate::query::Query;
use crate::reply::Reply;
use crate::sessions::{Session, Subject, random_token};
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::worker::Job;

const INVITATION_LIFETIME: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// Shows the product to which an invitation belongs. The invitation can still be accepted afterwards.
pub(crate) fn invitation(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let database = &state.database;
    let seat = pending(database, call.part(0), call.now).ok_or_else(unknown_invitation)?;
    let product = database.order(seat.order).and_then(|order| database.product(order.product));
    let product = product.ok_or_else(unknown_invitation)?;
    let organization = database.organization_by_id(product.organization).ok_or_else(unknown_invitation)?;
    let info = json!({
        "product_name": product.name,
        "product_id": product.id.to_string(),
        "organization_name": organization.slug,
        "organization_slug": organization.slug,
        "customer_email": address(database, seat).unwrap_or_default(),
        "can_claim": true,
    });
    Ok(Reply::json(200, &info))
}

/// Accepts an invitation, which is possible only once. The seat gets a member, and the member gets a token. Polar's
/// worker grants the key later.
pub(crate) fn claim(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let mut form = Form::of(call.request)?;
    let token = form.string("invitation_token");
    let Some(token) = token.filter(|_| form.is_valid()) else {
        return Err(form.rejection());
    };
    let refused = || Reply::error(400, "InvalidInvitationToken", "Invalid or expired invitation token");
    let database = &mut state.database;
    let seat = pending(database, &token, call.now).ok_or_else(refused)?.clone();
    let email = address(database, &seat).ok_or_else(refused)?.to_owned();
    let buyer = database.order(seat.order).ok_or_else(refused)?.customer;
    must_have_seats(database, buyer)?;
    let member = member_for(database, buyer, &email, call.now);
    let seat = update(database, seat.id, call.now, |seat| {
        seat.status = TeamSeatStatus::Claimed;
        seat.member = Some(member);
        seat.email = Some(email);
        seat.invitation = None;
        seat.claimed_at = Some(call.now);
    });
    let seat = seat.ok_or_else(refused)?;
    let session = Session::new(Subject::Member(member), call.now);
    // The reply does not show the seat's member, because Polar builds the reply without loading the member from the
    // database.
    let view = seat.view(None, address(database, &seat));
    let reply = Reply::json(200, &json!({ "seat": view, "customer_session_token": session.token }));
    database.sessions.push(session);
    state.worker.enqueue(Job::GrantSeat { seat: seat.id }, state.clock.elapsed());
    Ok(reply)
}

/// Returns the stream of the invited customer's events.
pub(crate) fn stream(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let seat = pending(&state.database, call.part(0), call.now);
    let customer = seat.and_then(|seat| seat.customer).ok_or_else(unknown_invitation)?;
    let elapsed = state.clock.elapsed();
    Ok(Reply::stream(state.events.listen(Channel::Customer(customer), elapsed)))
}

pub(crate) fn list(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let customer = call.customer(state)?.id;
    let mut query = Query::read(call.request);
    let (order, subscription) = (query.uuid("order_id"), query.uuid("subscription_id"));
    query.check()?;
    let database = &state.database;
    let order = match (subscription, order) {
        (Some(_), _) => return Err(Reply::not_found("Subscription not found")),
        (None, None) => {
            return Err(Reply::error(400, "BadRequest", "Either subscription_id or order_id must be provided"));
        }
        (None, Some(id)) => order_of(database, id, customer)?,
    };
    let seats: Vec<&TeamSeat> = present_seats(database, order.id).collect();
    let views: Vec<Value> = seats.iter().map(|seat| view(database, seat)).collect();
    let total = order.seats.unwrap_or(0);
    let available = usize::try_from(total).unwrap_or(0).saturating_sub(seats.len());
    Ok(Reply::json(200, &json!({ "seats": views, "available_seats": available, "total_seats": total })))
}

/// Assigns a seat, and mails an invitation.
pub(crate) fn assign(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let customer = call.payer(state)?.id;
    let mut form = Form::of(call.request)?;
    let (order, email) = (form.optional_uuid("order_id"), form.string("email"));
    let (Some(email), true) = (email, form.is_valid()) else {
        return Err(form.rejection());
    };
    let email = email.trim().to_owned();
    let bad_request = || Reply::error(400, "BadRequest", "Either subscription_id or order_id must be provided");
    let order = order_of(&state.database, order.ok_or_else(bad_request)?, customer)?.clone();
    let taken = present_seats(&state.database, order.id).count();
    if taken >= usize::try_from(order.seats.unwrap_or(0)).unwrap_or(0) {
        let detail = format!("No seats available for source {}", order.id);
        return Err(Reply::error(400, "SeatNotAvailable", &detail));
    }
    let member = member_for(&mut state.database, customer, &email, call.now);
    let seat = TeamSeat {
        id: Uuid::new_v4(),
        order: order.id,
        status: TeamSeatStatus::Pending,
        customer: Some(customer),
        member: Some(member),
        email: Some(email.clone()),
        invitation: Some(random_token("")),
        invitation_expires_at: Some(call.now + INVITATION_LIFETIME),
        created_at: call.now,
        modified_at: None,
        claimed_at: None,
        revoked_at: None,
    };
    let reply = Reply::json(200, &view(&state.database, &seat));
    invite(state, &order, &seat, email, call);
    state.database.team_seats.push(seat);
    Ok(reply)
}

/// Revokes a seat. The worker later revokes the key of the person who had the seat.
pub(crate) fn revoke(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let customer = call.payer(state)?.id;
    let id = call.id("seat_id")?;
    let database = &mut state.database;
    let unknown = || Reply::not_found("Seat not found");
    let mut seats = database.team_seats.iter();
    let seat = seats.find(|seat| seat.id == id && seat.status != TeamSeatStatus::Revoked).ok_or_else(unknown)?;
    let order = seat.order;
    order_of(database, order, customer).map_err(|_| unknown())?;
    let member = seat.member;
    let holder = seat.customer.and_then(|id| database.customer(id)).and_then(|customer| customer.email());
    let holder = holder.map(str::to_owned);
    let seat = update(database, id, call.now, |seat| {
        seat.status = TeamSeatStatus::Revoked;
        seat.customer = None;
        seat.member = None;
        seat.email = None;
        seat.invitation = None;
        seat.revoked_at = Some(call.now);
    });
    let seat = seat.ok_or_else(unknown)?;
    // The seat has no holder any more, but Polar's reply still shows the e-mail address of the former holder.
    let had = member.and_then(|id| database.member(id));
    let address = had.map(|member| member.email.clone()).or(holder);
    let reply = Reply::json(200, &seat.view(had, address.as_deref()));
    if let Some(member) = member {
        state.worker.enqueue(Job::RevokeMember { member, order }, state.clock.elapsed());
    }
    Ok(reply)
}

/// Lists the members of a customer. Only a member who may manage members can see the list. The customer's own token is
/// refused.
pub(crate) fn members(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let asking = match call.subject {
        Subject::Member(id) => state.database.member(id),
        Subject::Anonymous | Subject::Customer(_) | Subject::Vendor(_) => None,
    };
    let asking = asking.ok_or_else(Reply::unauthorized)?;
    if !asking.role.manages() {
        return Err(Reply::not_permitted("Insufficient role for this operation"));
    }
    let mut query = Query::read(call.request);
    let page = query.page();
    query.check()?;
    let mut members: Vec<&Member> =
        state.database.members.iter().filter(|member| member.customer == asking.customer).collect();
    members.sort_by(|a, b| a.email.cmp(&b.email));
    Ok(page.of(&members.into_iter().map(Member::view).collect::<Vec<_>>()))
}

fn pending<'a>(database: &'a Database, token: &str, now: Timestamp) -> Option<&'a TeamSeat> {
    let is_meant = |seat: &&TeamSeat| {
        seat.invitation.as_deref() == Some(token)
            && seat.status == TeamSeatStatus::Pending
            && seat.invitation_expires_at.is_none_or(|expires_at| expires_at > now)
    };
    database.team_seats.iter().find(is_meant)
}

fn unknown_invitation() -> Reply {
    Reply::not_found("Invalid or expired invitation token")
}

fn must_have_seats(database: &Database, customer: Uuid) -> Result<(), Reply> {
    let organization = database.customer(customer).and_then(|buyer| database.organization_by_id(buyer.organization));
    if organization.is_some_and(|organization| organization.has_seats) {
        Ok(())
    } else {
        Err(Reply::error(403, "FeatureNotEnabled", "Seat-based pricing is not enabled for this organization."))
    }
}

fn order_of(database: &Database, id: Uuid, customer: Uuid) -> Result<&Order, Reply> {
    database.order(id).filter(|order| order.customer == customer).ok_or_else(|| Reply::not_found("Order not found"))
}

fn present_seats(database: &Database, order: Uuid) -> impl Iterator<Item = &TeamSeat> {
    database.team_seats.iter().filter(move |seat| seat.order == order && seat.status != TeamSeatStatus::Revoked)
}

fn address<'a>(database: &'a Database, seat: &'a TeamSeat) -> Option<&'a str> {
    let member = seat.member.and_then(|id| database.member(id));
    seat.address(member, seat.customer.and_then(|id| database.customer(id)))
}

fn view(database: &Database, seat: &TeamSeat) -> Value {
    seat.view(seat.member.and_then(|id| database.member(id)), address(database, seat))
}

/// Changes a seat, and moves it to the end of the list, as PostgreSQL does.
fn update(database: &mut Database, id: Uuid, now: Timestamp, change: impl FnOnce(&mut TeamSeat)) -> Option<TeamSeat> {
    let at = database.team_seats.iter().position(|seat| seat.id == id)?;
    let mut seat = database.team_seats.remove(at);
    change(&mut seat);
    seat.modified_at = Some(now);
    database.team_seats.push(seat.clone());
    Some(seat)
}

/// Returns the customer's member with this address. If there is no such member, creates one.
fn member_for(database: &mut Database, customer: Uuid, email: &str, now: Timestamp) -> Uuid {
    if let Some(member) = database.member_of(customer, email) {
        return member.id;
    }
    let member = Member::new(customer, email, Role::Member, now);
    let id = member.id;
    database.members.push(member);
    id
}

fn invite(state: &mut State, order: &Order, seat: &TeamSeat, to: String, call: &Call) {
    let product = state.database.product(order.product);
    let organization = product.and_then(|product| state.database.organization_by_id(product.organization));
    let (Some(product), Some(organization), Some(token)) = (product, organization, &seat.invitation) else {
        return;
    };
    let mail = Mail {
        to,
        subject: format!("You've been invited to access {}", product.name),
        code: None,
        invitation_token: Some(token.clone()),
        url: format!("{}/{}/portal/claim?token={token}", call.site(), organization.slug),
        sent_at: call.now,
    };
    state.worker.enqueue(Job::Send(mail), state.clock.elapsed());
}
