//! Formats a decision as text for people.

use polar_license::{Date, Decision, Error, License, NextStep, Order, Problem, Purchase, Subscription};
use polar_license::{Reason, SubscriptionStatus, Timestamp};
use std::fmt::Write as _;
use std::time::Duration;

const REMOVE_DEVICE: &str = "remove another device by `polar-license release`, or in Polar's customer portal";

/// Returns the state and the message, then one line for each known fact. `can_request` says whether the configuration
/// permits licenses for computers without a network.
pub(crate) fn text(decision: &Decision, can_request: bool) -> String {
    let next_step = if decision.reason() == Some(Reason::Storage) {
        // The library's advice is not used. It is written for apps, which have no `doctor`.
        Some(String::from("run `polar-license doctor`, which says why the license cannot be read, and what to do"))
    } else {
        let step = decision.next_step();
        let can_come_from_elsewhere = matches!(step, NextStep::EnterKey | NextStep::Buy | NextStep::Connect);
        next_step(step).map(|advice| if can_request && can_come_from_elsewhere { or_request(advice) } else { advice })
    };
    lines(decision, next_step, decision.next_url())
}

/// Formats a decision that was made after a failure. `next_step` is advice about the failure, and is shown instead of
/// advice about the license.
pub(crate) fn text_after(error: &Error, decision: &Decision, next_step: Option<String>) -> String {
    lines(decision, next_step, error.next_url())
}

/// Returns advice about a failure. `again` is the command that may succeed once the advice has been followed.
pub(crate) fn next_step_after(error: &Error, again: &str) -> Option<String> {
    if error.next_step() == NextStep::Move {
        // without `KEY`, the command would activate the stored key, which may differ from the refused one
        Some(String::from("run `polar-license activate KEY --replace-previous`"))
    } else {
        advice(error.next_step(), again)
    }
}

/// Returns advice about the failure of `answer` or `return`, which act for another computer. The advice must not lead to
/// an activation on this computer, because it would take the seat.
pub(crate) fn next_step_for_other(error: &Error, command: &str) -> Option<String> {
    let again = format!("run the same `polar-license {command}` again");
    match error.next_step() {
        NextStep::EnterKey | NextStep::Activate => Some(format!("{again}, with the right key")),
        NextStep::Buy => Some(format!("buy a license, then {again}, with its key")),
        NextStep::Move | NextStep::ManageDevices => Some(format!("{REMOVE_DEVICE}, then {again}")),
        step => advice(step, &again),
    }
}

/// Completes advice for a computer without a license: adds that a computer without a network can get a license by
/// `polar-license request`.
pub(crate) fn or_request(advice: String) -> String {
    format!("{advice}, or `polar-license request` if this computer is never online")
}

/// Returns advice on how to repeat an operation after the cause of its failure has been removed.
pub(crate) fn again(error: &Error) -> &'static str {
    if error.maybe_applied() {
        "look at what `polar-license validate` shows before you run the same command again"
    } else {
        "run the same command again"
    }
}

fn lines(decision: &Decision, next_step: Option<String>, next_url: Option<&str>) -> String {
    let mut text = format!("{}: {}", decision.state(), decision.message());
    for (name, fact) in facts(decision, next_step, next_url) {
        // the result is ignored, because writing to a string cannot fail
        let _ = write!(text, "\n  {name:<12}{fact}");
    }
    text
}

fn facts(decision: &Decision, next_step: Option<String>, url: Option<&str>) -> Vec<(&'static str, String)> {
    let license = decision.license();
    let at = |at: Option<Timestamp>| at.map(moment);
    let facts = [
        ("reason", decision.reason().map(|reason| reason.to_string()).filter(|reason| reason != "no_license")),
        ("key", license.map(|license| license.display_key.clone())),
        ("features", Some(features(decision)).filter(|features| !features.is_empty())),
        ("benefit", license.map(|license| license.benefit_id.to_string())),
        ("seat", license.and_then(|license| license.activation_id).map(|id| id.to_string())),
        ("label", license.and_then(|license| license.activation_label.clone())),
        ("devices", license.and_then(|license| license.limit_activations).map(|most| format!("{most} at most"))),
        ("usage", license.and_then(usage)),
        ("expires", license.map(|license| at(license.expires_at).unwrap_or_else(|| String::from("never")))),
        ("purchase", decision.purchase().map(purchase)),
        ("confirmed", at(license.map(|license| license.confirmed_at))),
        ("grace ends", at(decision.grace_ends_at().filter(|_| !decision.air_gapped()))),
        ("offline", decision.offline_ends_at().map(|at| format!("until {}", moment(at)))),
        ("trial ends", at(decision.trial_ends_at())),
        ("next step", next_step),
        ("see", url.map(str::to_owned)),
        ("problem", decision.problem().map(problem)),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

/// Returns a text such as `3 of 10`, or `3` if there is no limit.
fn usage(license: &License) -> Option<String> {
    match license.limit_usage {
        Some(most) => Some(format!("{} of {most}", license.usage)),
        None => (license.usage > 0).then(|| license.usage.to_string()),
    }
}

/// Returns a text such as `subscription, renews on 2026-12-21`.
fn purchase(purchase: &Purchase) -> String {
    match purchase {
        Purchase::Subscription(subscription) => format!("subscription, {}", renewal(subscription)),
        Purchase::Order(Order { status, created_at, .. }) => format!("order of {}, {status}", Date::from(*created_at)),
        other => other.status().to_owned(),
    }
}

fn renewal(Subscription { status, current_period_end, ends_at, cancels_at_period_end, .. }: &Subscription) -> String {
    let period_end = current_period_end.map(Date::from);
    let ends = ends_at.map(Date::from).or(period_end.filter(|_| *cancels_at_period_end));
    match (status, ends, period_end) {
        (SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid, _, _) => {
            String::from("the payment failed: update the payment method in Polar's customer portal")
        }
        (_, Some(day), _) => format!("ends on {day}"),
        (SubscriptionStatus::Trialing, None, Some(day)) => format!("in trial until {day}"),
        (SubscriptionStatus::Active, None, Some(day)) => format!("renews on {day}"),
        (status, None, _) => status.to_string(),
    }
}

/// Formats a point in time in UTC, in whole seconds, such as `2026-11-21T07:44:42Z`.
pub(crate) fn moment(at: Timestamp) -> String {
    let fraction = Duration::from_millis(at.unix_ms().rem_euclid(1000).unsigned_abs());
    at.minus(fraction).to_string()
}

/// Returns a text such as `export on, sync off`.
pub(crate) fn features(decision: &Decision) -> String {
    let each = decision.features().map(|(name, on)| format!("{name} {}", if on { "on" } else { "off" }));
    each.collect::<Vec<_>>().join(", ")
}

/// Returns what the user should do next about the license, such as a command to run. Returns `None` if nothing has to
/// be done.
pub(crate) fn next_step(step: NextStep) -> Option<String> {
    advice(step, "run `polar-license validate`")
}

/// Returns what to do next, or `None` if nothing has to be done. `again` is the command that may succeed once the
/// advice has been followed.
fn advice(step: NextStep, again: &str) -> Option<String> {
    Some(match step {
        NextStep::None => return None,
        NextStep::Connect => format!("go online, then {again}"),
        NextStep::EnterKey => {
            String::from("run `polar-license activate KEY`, or `polar-license restore` if the key is lost")
        }
        NextStep::Activate => {
            String::from("run `polar-license activate`, or `polar-license activate KEY` with a new key")
        }
        NextStep::Move => String::from("run `polar-license activate --replace-previous`"),
        NextStep::Renew => format!("renew the license, then {again}"),
        NextStep::Buy => String::from("buy a license, then run `polar-license activate KEY`"),
        NextStep::ManageDevices => format!("{REMOVE_DEVICE}, then run `polar-license activate KEY`"),
        NextStep::ContactVendor => String::from("contact the vendor, who sent the e-mail about the purchase"),
        NextStep::OfflineRequest => String::from("run `polar-license request`, and import its answer"),
        // a later version of the library may have added other steps
        other => other.to_string(),
    })
}

/// Returns a text such as `network: could not connect to Polar: connection refused`.
pub(crate) fn problem(problem: &Problem) -> String {
    format!("{}: {}", problem.kind, problem.detail)
}
