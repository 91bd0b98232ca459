//! `polar_license_decision`: whether the app may run, and the reason.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::{OK, POLAR_LICENSE_ABSENT, REASON_UNSET};
use crate::guard::guarded;
use crate::{pointer, text};
use polar_license::{License, NextStep, Problem, Purchase, Reason, State, Timestamp};
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A decision: whether the app may run, and the reason. It is the result of an operation, and applies to the moment
/// when the operation ended. Free it with polar_license_decision_free(). It does not change, and may be read from
/// several threads at once.
pub struct Decision {
    decision: polar_license::Decision,
    texts: OnceLock<Box<Texts>>,
    json: OnceLock<CString>,
    /// The explanations by feature. An entry is never removed or replaced, because the app has pointers to its strings.
    explanations: Mutex<BTreeMap<String, Explained>>,
}

/// The strings of an explanation.
struct Explained {
    message: CString,
    json: CString,
}

/// The strings of a decision. All of them are created when the first of them is read.
struct Texts {
    message: CString,
    next_url: Option<CString>,
    display_key: Option<CString>,
    benefit_id: Option<CString>,
    activation_id: Option<CString>,
    activation_label: Option<CString>,
    updates_until: Option<CString>,
    purchase_status: Option<CString>,
    problem_message: Option<CString>,
    problem_detail: Option<CString>,
}

impl Decision {
    pub(crate) fn new(decision: polar_license::Decision) -> Self {
        Self { decision, texts: OnceLock::new(), json: OnceLock::new(), explanations: Mutex::default() }
    }

    /// Returns the string that `member` selects from the explanation of `feature`. The string lives as long as the
    /// decision.
    fn explained(&self, feature: &str, member: fn(&Explained) -> &CString) -> *const c_char {
        let mut explanations = self.explanations.lock().unwrap_or_else(PoisonError::into_inner);
        let explained = explanations.entry(feature.to_owned()).or_insert_with(|| {
            let explanation = self.decision.explain(feature);
            Explained { message: text::owned(explanation.message()), json: text::owned(&explanation.to_json()) }
        });
        text::borrowed(Some(member(explained)))
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| {
            let license = self.decision.license();
            Box::new(Texts {
                message: text::owned(self.decision.message()),
                next_url: self.decision.next_url().map(text::owned),
                display_key: license.map(|license| text::owned(&license.display_key)),
                benefit_id: license.map(|license| text::owned(&license.benefit_id.to_string())),
                activation_id: license.and_then(|l| l.activation_id).map(|id| text::owned(&id.to_string())),
                activation_label: license.and_then(|l| l.activation_label.as_deref()).map(text::owned),
                updates_until: self.decision.updates_until().map(|day| text::owned(&day.to_string())),
                purchase_status: self.decision.purchase().map(|purchase| text::owned(purchase.status())),
                problem_message: self.decision.problem().map(|problem| text::owned(&problem.message)),
                problem_detail: self.decision.problem().map(|problem| text::owned(&problem.detail)),
            })
        })
    }
}

/// Returns 1 if the app may run. Returns 0 otherwise, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_allowed(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_allowed", 0, || {
        pointer::borrow(decision).is_some_and(|this| this.decision.allowed()).into()
    })
}

/// Returns 1 if the feature is on: the license gives access, and the key's benefit is one of those that turn the
/// feature on. Returns 0 otherwise, for example if the options do not name the feature, or if an argument is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_allows(decision: *const Decision, feature: *const c_char) -> i32 {
    guarded("polar_license_decision_allows", 0, || {
        let feature = pointer::string(feature).and_then(|feature| feature.to_str().ok());
        let on = pointer::borrow(decision).zip(feature).is_some_and(|(this, feature)| this.decision.allows(feature));
        on.into()
    })
}

/// Returns why the feature is on or off, in one sentence for the user. The sentence is in English unless the options
/// provide another one. If the license is for another plan, the app may run although the feature is off. Show this
/// sentence in that case, because polar_license_decision_message() does not say why the feature is off. Never returns
/// NULL; returns an empty string if an argument is NULL or `feature` is not UTF-8.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_explain(decision: *const Decision, feature: *const c_char) -> *const c_char {
    guarded("polar_license_decision_explain", text::fixed(c""), || {
        let feature = pointer::string(feature).and_then(|feature| feature.to_str().ok());
        let explained = pointer::borrow(decision).zip(feature);
        explained.map_or(text::fixed(c""), |(this, feature)| this.explained(feature, |explained| &explained.message))
    })
}

/// Returns one JSON object that says why the feature is on or off. Its members are `allowed`; `reason`, which is null,
/// "not_licensed", "not_included" or "unknown"; `nextStep`; `nextUrl`; `message` for the user; and `detail` for
/// developers. Later versions may add members. Returns NULL if an argument is NULL or `feature` is not UTF-8.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_explain_json(
    decision: *const Decision,
    feature: *const c_char,
) -> *const c_char {
    guarded("polar_license_decision_explain_json", ptr::null(), || {
        let feature = pointer::string(feature).and_then(|feature| feature.to_str().ok());
        let explained = pointer::borrow(decision).zip(feature);
        explained.map_or(ptr::null(), |(this, feature)| this.explained(feature, |explained| &explained.json))
    })
}

/// Returns the state, one of POLAR_LICENSE_STATE_.... Later versions may add states, so do not conclude from the state
/// whether the app may run: call polar_license_decision_allowed(). Returns POLAR_LICENSE_STATE_UNLICENSED if `decision`
/// is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_state(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_state", State::Unlicensed.number(), || {
        pointer::borrow(decision).map_or(State::Unlicensed, |this| this.decision.state()).number()
    })
}

/// Returns the reason for the state, one of POLAR_LICENSE_REASON_.... Returns POLAR_LICENSE_REASON_UNSET if the state
/// has only one possible cause, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_reason(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_reason", REASON_UNSET, || {
        pointer::borrow(decision).and_then(|this| this.decision.reason()).map_or(REASON_UNSET, Reason::number)
    })
}

/// Returns what the user can do, one of POLAR_LICENSE_NEXT_.... Returns POLAR_LICENSE_NEXT_NONE if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_next_step(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_next_step", NextStep::None.number(), || {
        pointer::borrow(decision).map_or(NextStep::None, |this| this.decision.next_step()).number()
    })
}

/// Returns the address of the vendor's page for the next step: to buy or renew, to manage devices, or to contact the
/// vendor. Returns NULL if the options have no page for this step, or if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_next_url(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_next_url", decision, |texts| texts.next_url.as_ref())
}

/// Returns 1 if the app should notify the user: a stored license does not allow access, access ends soon, or a problem
/// concerns the user. Show polar_license_decision_message(), and also polar_license_decision_problem_message() if it is
/// not NULL. The following alone needs no notice: the device has no license, its trial has ended, or it is offline and
/// grace does not end soon. Returns 0 if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_notice(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_notice", 0, || {
        pointer::borrow(decision).is_some_and(|this| this.decision.notice()).into()
    })
}

/// Returns one sentence for the user. It is in English unless the options provide another sentence. Never returns NULL;
/// returns an empty string if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_message(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_message", text::fixed(c""), || {
        pointer::borrow(decision).map_or(text::fixed(c""), |this| text::borrowed(Some(&this.texts().message)))
    })
}

/// Returns the part of the license key that may be shown: `****-` and the last six characters. Returns NULL if there is
/// no license, or if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_display_key(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_display_key", decision, |texts| texts.display_key.as_ref())
}

/// Returns the id of the benefit to which the key belongs. Returns NULL if there is no license, or if `decision` is
/// NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_benefit_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_benefit_id", decision, |texts| texts.benefit_id.as_ref())
}

/// Returns the id of the seat that this device took. Returns NULL if the key needs no seat, if there is no license, or
/// if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_activation_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_activation_id", decision, |texts| texts.activation_id.as_ref())
}

/// Returns the label of this device's seat, as the customer sees it. Returns NULL if the key needs no seat, if the
/// label was lost (for example because the record was edited), if there is no license, or if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_activation_label(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_activation_label", decision, |texts| texts.activation_label.as_ref())
}

/// Returns the time at which the key expires, in milliseconds since 1970-01-01 UTC. Returns POLAR_LICENSE_ABSENT if the
/// key never expires, if there is no license, or if `decision` is NULL. Also returns POLAR_LICENSE_ABSENT in the state
/// POLAR_LICENSE_STATE_EXPIRED, if the vendor has changed the expiry and Polar did not report the new time.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_expires_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_expires_at_ms", decision, |this| this.license()?.expires_at)
}

/// Returns the last day of updates, in UTC, such as "2027-11-21": the license includes the versions of the app that
/// were built on this day or earlier. Returns NULL if the options do not limit updates, if there is no license, or if
/// `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_updates_until(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_updates_until", decision, |texts| texts.updates_until.as_ref())
}

/// Returns the time of Polar's last confirmation, on Polar's clock, in milliseconds since 1970-01-01 UTC. Returns
/// POLAR_LICENSE_ABSENT if there is no license, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_confirmed_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_confirmed_at_ms", decision, |this| Some(this.license()?.confirmed_at))
}

/// Returns the time of the next request to Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC. Returns
/// POLAR_LICENSE_ABSENT if no request is planned, for example because there is no license, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_refresh_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_refresh_at_ms", decision, polar_license::Decision::refresh_at)
}

/// Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, at which access ends if Polar is not
/// reached before then. This time may have passed already. Returns POLAR_LICENSE_ABSENT if there is no license, if
/// Polar denied the license when it last answered, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_grace_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_grace_ends_at_ms", decision, polar_license::Decision::grace_ends_at)
}

/// Returns 1 if the license was imported on a computer without a network, and Polar has not confirmed it to this device
/// since. Returns 0 otherwise, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_air_gapped(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_air_gapped", 0, || {
        pointer::borrow(decision).is_some_and(|this| this.decision.air_gapped()).into()
    })
}

/// Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, at which an imported license ends. This
/// time may have passed already. Returns POLAR_LICENSE_ABSENT if the license is not air-gapped, or if `decision` is
/// NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_offline_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_offline_ends_at_ms", decision, polar_license::Decision::offline_ends_at)
}

/// Returns the time, in milliseconds since 1970-01-01 UTC, at which the trial of this device ends, or at which it has
/// ended. Returns POLAR_LICENSE_ABSENT if no trial was started, if a license is stored, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_trial_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_trial_ends_at_ms", decision, polar_license::Decision::trial_ends_at)
}

/// Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, from which the app should tell the user
/// what to do before access ends: to go online, to make a new request if the license is air-gapped, or to buy a license
/// if this is a trial. This time may have passed already. Returns POLAR_LICENSE_ABSENT if there is neither a license
/// nor a trial, if Polar denied the license when it last answered, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_notice_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_notice_at_ms", decision, polar_license::Decision::notice_at)
}

/// Returns the usage at the time of Polar's last confirmation. Returns POLAR_LICENSE_ABSENT if there is no license, or
/// if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_usage(decision: *const Decision) -> i64 {
    count("polar_license_decision_usage", decision, |license| Some(license.usage))
}

/// Returns the usage limit of the key, that is, how many uses may be consumed in total. Returns POLAR_LICENSE_ABSENT if
/// there is no limit, if there is no license, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_limit_usage(decision: *const Decision) -> i64 {
    count("polar_license_decision_limit_usage", decision, |license| license.limit_usage)
}

/// Returns the number of devices that may be active at once. Returns POLAR_LICENSE_ABSENT if the key needs no
/// activation, if there is no license, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_limit_activations(decision: *const Decision) -> i64 {
    count("polar_license_decision_limit_activations", decision, |license| license.limit_activations)
}

/// Returns the kind of the key's purchase, as of the last confirmation: "subscription" or "order". A later version may
/// return other kinds. Returns NULL if Polar did not report the purchase, if there is no license, or if `decision` is
/// NULL. Access never depends on the kind.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_kind(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_purchase_kind", ptr::null(), || match purchase(decision) {
        Some(Purchase::Subscription(_)) => text::fixed(c"subscription"),
        Some(Purchase::Order(_)) => text::fixed(c"order"),
        Some(_) | None => ptr::null(),
    })
}

/// Returns the status of the purchase, as Polar names it. The status of a subscription is "incomplete",
/// "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid" or "paused". The status of an order is
/// "draft", "pending", "paid", "refunded", "partially_refunded" or "void". Polar may add others. Returns NULL if
/// polar_license_decision_purchase_kind() returns NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_status(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_purchase_status", decision, |texts| texts.purchase_status.as_ref())
}

/// Returns the end of the subscription's current period, in milliseconds since 1970-01-01 UTC. At this time the
/// subscription renews or ends. Returns POLAR_LICENSE_ABSENT if the time is not known, if the purchase is not a
/// subscription, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_current_period_end_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_purchase_current_period_end_ms", decision, |this| {
        this.purchase()?.subscription()?.current_period_end
    })
}

/// Returns the time at which the subscription ends or has ended, in milliseconds since 1970-01-01 UTC. Returns
/// POLAR_LICENSE_ABSENT if the time is not known, if the purchase is not a subscription, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_purchase_ends_at_ms", decision, |this| this.purchase()?.subscription()?.ends_at)
}

/// Returns 1 if the subscription ends with the current period instead of renewing. Returns 0 otherwise, for example if
/// the purchase is not a subscription, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_cancels_at_period_end(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_purchase_cancels_at_period_end", 0, || {
        let subscription = purchase(decision).and_then(Purchase::subscription);
        subscription.is_some_and(|subscription| subscription.cancels_at_period_end).into()
    })
}

/// Returns 1 if the order was paid. Returns 0 otherwise, for example if the purchase is not an order, or if `decision`
/// is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_paid(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_purchase_paid", 0, || {
        purchase(decision).and_then(Purchase::order).is_some_and(|order| order.paid).into()
    })
}

/// Returns the time at which the order was placed, in milliseconds since 1970-01-01 UTC. Returns POLAR_LICENSE_ABSENT
/// if the purchase is not an order, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_purchase_created_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_purchase_created_at_ms", decision, |this| Some(this.purchase()?.order()?.created_at))
}

/// Returns the kind of the problem that the decision reports, such as a failure to reach Polar: one of
/// POLAR_LICENSE_ERR_.... A problem does not prevent a decision, and access does not depend on it. Returns
/// POLAR_LICENSE_OK if there was no problem, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_kind(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem_kind", OK, || problem(decision).map_or(OK, |problem| problem.kind.number()))
}

/// Returns one sentence that tells the user about the problem. It is in English unless the options provide another
/// sentence. Returns NULL if there was no problem, or if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_message(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_problem_message", decision, |texts| texts.problem_message.as_ref())
}

/// Returns one line about the problem for developers and logs. Returns NULL if there was no problem, or if `decision`
/// is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_detail(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_problem_detail", decision, |texts| texts.problem_detail.as_ref())
}

/// Returns the number of milliseconds to wait before the next request, if the problem calls for a wait. Returns
/// POLAR_LICENSE_ABSENT if the wait is unknown, if there is no problem, or if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_retry_after_ms(decision: *const Decision) -> i64 {
    guarded("polar_license_decision_problem_retry_after_ms", POLAR_LICENSE_ABSENT, || {
        let wait = problem(decision).and_then(|problem| problem.retry_after);
        wait.map_or(POLAR_LICENSE_ABSENT, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Returns 1 if Polar may have carried out the request although the problem prevented a reply. Returns 0 otherwise, or
/// if `decision` is NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_maybe_applied(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem_maybe_applied", 0, || {
        problem(decision).is_some_and(|problem| problem.maybe_applied).into()
    })
}

/// Returns everything about the decision as one JSON object. Its members are named after the functions above, in camel
/// case and without the unit of a time: for example, polar_license_decision_expires_at_ms() becomes `expiresAt`. The
/// problem and the purchase are objects, and `features` is an object that has a boolean for each feature. Absent values
/// are null, and times are RFC 3339 strings in UTC. Later versions may add members. Returns NULL if `decision` is NULL.
///
/// The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_json(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_json", ptr::null(), || {
        let json = |this: &Decision| text::owned(&this.decision.to_json());
        text::borrowed(pointer::borrow(decision).map(|this| this.json.get_or_init(|| json(this))))
    })
}

/// Frees the decision and every string borrowed from it. NULL is allowed.
///
/// Free each decision once, when no thread uses it any longer. Do not free the decision that
/// polar_license_error_decision() returns, or the decisions that a change callback receives. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_free(decision: *mut Decision) {
    guarded("polar_license_decision_free", (), || pointer::free(decision));
}

fn problem<'a>(decision: *const Decision) -> Option<&'a Problem> {
    pointer::borrow(decision)?.decision.problem()
}

fn purchase<'a>(decision: *const Decision) -> Option<&'a Purchase> {
    pointer::borrow(decision)?.decision.purchase()
}

fn borrowed(
    function: &str,
    decision: *const Decision,
    choose: impl FnOnce(&Texts) -> Option<&CString>,
) -> *const c_char {
    guarded(function, ptr::null(), || text::borrowed(pointer::borrow(decision).and_then(|this| choose(this.texts()))))
}

fn moment(
    function: &str,
    decision: *const Decision,
    choose: impl FnOnce(&polar_license::Decision) -> Option<Timestamp>,
) -> i64 {
    guarded(function, POLAR_LICENSE_ABSENT, || {
        let at = pointer::borrow(decision).and_then(|this| choose(&this.decision));
        at.map_or(POLAR_LICENSE_ABSENT, Timestamp::unix_ms)
    })
}

fn count(function: &str, decision: *const Decision, choose: impl FnOnce(&License) -> Option<u32>) -> i64 {
    guarded(function, POLAR_LICENSE_ABSENT, || {
        let license = pointer::borrow(decision).and_then(|this| this.decision.license());
        license.and_then(choose).map_or(POLAR_LICENSE_ABSENT, i64::from)
    })
}
