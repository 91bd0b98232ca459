//! Carries out the jobs of Polar's worker: sends mails, fulfils purchases, grants and revokes keys.

use serde_json::json;
use uuid::Uuid;

use crate::checkout::CheckoutStatus;
use crate::database::Database;
use crate::events::{Channel, Events};
use crate::licenses::{License, Status, random_key};
use crate::purchases::{Grant, Order};
use crate::sold::{KeyOrder, KeySubscription};
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::worker::Job;

/// Carries out the jobs that are due. Returns `true` if there were any.
pub(crate) fn run_due(state: &mut State) -> bool {
    let elapsed = state.clock.elapsed();
    let now = state.now();
    state.events.pass_time(elapsed, now);
    let jobs = state.worker.take_due(elapsed);
    run(state, jobs)
}

/// Carries out all jobs, even those that are not due. Returns `true` if there were any.
pub(crate) fn run_all(state: &mut State) -> bool {
    let jobs = state.worker.take_all();
    run(state, jobs)
}

fn run(state: &mut State, jobs: Vec<Job>) -> bool {
    let (any, now) = (!jobs.is_empty(), state.now());
    for job in jobs {
        match job {
            Job::Send(mut mail) => {
                mail.sent_at = now;
                if let Some(show) = state.show_mail {
                    show(&mail);
                }
                state.mails.push(mail);
            }
            Job::Fulfil { checkout } => fulfil(&mut state.database, &mut state.events, checkout, now),
            Job::GrantSeat { seat } => grant_seat(&mut state.database, &mut state.events, seat, now),
            Job::RevokeMember { member, order } => revoke(&mut state.database, member, order, now),
        }
    }
    any
}

/// Turns a confirmed checkout into an order, and grants a key for the product's benefit.
fn fulfil(database: &mut Database, events: &mut Events, id: Uuid, now: Timestamp) {
    let Some(checkout) = database.checkouts.iter_mut().find(|checkout| checkout.id == id) else {
        return;
    };
    checkout.status = CheckoutStatus::Succeeded;
    checkout.payment.insert("intent_status".to_owned(), "succeeded".into());
    checkout.modified_at = Some(now);
    let (channel, product, customer) =
        (Channel::Checkout(checkout.secret.clone()), checkout.product, checkout.customer);
    let Some(customer) = customer else {
        return;
    };
    let name = checkout.customer_name.clone();
    let order = Order { id: Uuid::new_v4(), customer, product, seats: None, checkout: Some(id) };
    let order_id = order.id;
    database.orders.push(order);
    if let Some(customer) = database.customer_mut(customer) {
        customer.change(name.map(|name| ("billing_name", name.into())), now);
    }
    events.publish(&channel, "checkout.order_created", &json!({}));
    events.publish(&channel, "checkout.updated", &json!({ "status": "succeeded" }));
    events.publish(&channel, "checkout.webhook_event_delivered", &json!({ "status": "succeeded" }));
    grant(database, events, product, Recipient { customer, member: None, order: order_id }, now);
}

/// Grants a key to the person who claimed a seat.
fn grant_seat(database: &mut Database, events: &mut Events, id: Uuid, now: Timestamp) {
    let seat = database.team_seats.iter().find(|seat| seat.id == id);
    let Some((order, member)) = seat.and_then(|seat| Some((database.order(seat.order)?, seat.member?))) else {
        return;
    };
    let recipient = Recipient { customer: order.customer, member: Some(member), order: order.id };
    let product = order.product;
    grant(database, events, product, recipient, now);
}

struct Recipient {
    customer: Uuid,
    member: Option<Uuid>,
    order: Uuid,
}

fn grant(database: &mut Database, events: &mut Events, product: Uuid, to: Recipient, now: Timestamp) {
    let Some(product) = database.product(product) else {
        return;
    };
    let (organization, benefit) = (product.organization, product.benefit);
    let (subscription, order) = match &product.recurring {
        Some(interval) => (Some(KeySubscription::begun(interval, now)), None),
        None => (None, Some(KeyOrder::paid(to.order, now))),
    };
    let Some(benefit) = benefit.and_then(|id| database.benefit_by_id(id)) else {
        return;
    };
    let (benefit, activations) = (benefit.id, benefit.activations);
    let license = License {
        key: random_key(""),
        organization,
        benefit,
        customer: to.customer,
        member: to.member,
        limit_activations: activations.map(|activations| activations.limit),
        subscription,
        order,
        created_at: now,
        ..License::blank()
    };
    database.grants.push(Grant {
        id: Uuid::new_v4(),
        customer: to.customer,
        member: to.member,
        benefit,
        order: Some(to.order),
        license: license.id,
        is_granted: true,
        created_at: now,
        modified_at: Some(now),
    });
    database.licenses.push(license);
    let payload = json!({ "benefit_id": benefit.to_string(), "benefit_type": "license_keys" });
    events.publish(&Channel::Customer(to.customer), "benefit.granted", &payload);
}

fn revoke(database: &mut Database, member: Uuid, order: Uuid, now: Timestamp) {
    let is_of_seat = |grant: &&mut Grant| grant.member == Some(member) && grant.order == Some(order);
    for grant in database.grants.iter_mut().filter(is_of_seat) {
        grant.is_granted = false;
        grant.modified_at = Some(now);
        let mut licenses = database.licenses.iter_mut();
        if let Some(license) = licenses.find(|license| license.id == grant.license) {
            license.status = Status::Revoked;
            license.modified_at = Some(now);
        }
    }
}
