//! `polar_license_decision`: whether the app may run, and why.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::codes::{OK, POLAR_LICENSE_ABSENT, REASON_UNSET};
use crate::guard::guarded;
use crate::{pointer, text};
use polar_license::{License, NextStep, Problem, Reason, State, Timestamp};
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Whether the app may run, and why: the result of every operation, at that moment. Freed with
/// polar_license_decision_free(). Does not change; may be read from several threads at once.
pub struct Decision {
    decision: polar_license::Decision,
    texts: OnceLock<Box<Texts>>,
    json: OnceLock<CString>,
    /// By feature. Nothing is removed or replaced, since the app has pointers to the strings.
    explanations: Mutex<BTreeMap<String, Explained>>,
}

/// What the app was told about a feature.
struct Explained {
    message: CString,
    json: CString,
}

/// Made when one of them is first asked for.
struct Texts {
    message: CString,
    next_url: Option<CString>,
    display_key: Option<CString>,
    benefit_id: Option<CString>,
    activation_id: Option<CString>,
    activation_label: Option<CString>,
    problem_message: Option<CString>,
    problem_detail: Option<CString>,
}

impl Decision {
    pub(crate) fn new(decision: polar_license::Decision) -> Self {
        Self { decision, texts: OnceLock::new(), json: OnceLock::new(), explanations: Mutex::default() }
    }

    /// A pointer into the explanation of the feature, which lives as long as the decision.
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
                problem_message: self.decision.problem().map(|problem| text::owned(&problem.message)),
                problem_detail: self.decision.problem().map(|problem| text::owned(&problem.detail)),
            })
        })
    }
}

/// 1 if the app may run. 0 otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_allowed(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_allowed", 0, || {
        pointer::borrow(decision).is_some_and(|this| this.decision.allowed()).into()
    })
}

/// 1 if the feature is on: the app may run, and the key's benefit is among those the options give the feature.
/// 0 otherwise, for a feature that the options do not name, and for NULL.
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

/// Why the feature is on or off, in one sentence for the user, in English unless the options replace it: they may need
/// a license, or one for another plan, of which polar_license_decision_message() says nothing. Empty for NULL, and for
/// a feature that is not UTF-8; never NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_explain(decision: *const Decision, feature: *const c_char) -> *const c_char {
    guarded("polar_license_decision_explain", text::fixed(c""), || {
        let feature = pointer::string(feature).and_then(|feature| feature.to_str().ok());
        let explained = pointer::borrow(decision).zip(feature);
        explained.map_or(text::fixed(c""), |(this, feature)| this.explained(feature, |explained| &explained.message))
    })
}

/// Why the feature is on or off as one JSON object: `allowed`, `reason` (null, "not_licensed", "not_included" or
/// "unknown"), `nextStep`, `nextUrl`, `message` for the user and `detail` for developers. A later version may add
/// members. NULL for NULL, and for a feature that is not UTF-8.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
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

/// The state, one of POLAR_LICENSE_STATE_.... A later version may have more; only polar_license_decision_allowed() says
/// whether the app may run. POLAR_LICENSE_STATE_UNLICENSED for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_state(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_state", State::Unlicensed.number(), || {
        pointer::borrow(decision).map_or(State::Unlicensed, |this| this.decision.state()).number()
    })
}

/// Why the state is what it is, for states with more than one cause: one of POLAR_LICENSE_REASON_....
/// POLAR_LICENSE_REASON_UNSET otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_reason(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_reason", REASON_UNSET, || {
        pointer::borrow(decision).and_then(|this| this.decision.reason()).map_or(REASON_UNSET, Reason::number)
    })
}

/// What the user can do, one of POLAR_LICENSE_NEXT_.... POLAR_LICENSE_NEXT_NONE for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_next_step(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_next_step", NextStep::None.number(), || {
        pointer::borrow(decision).map_or(NextStep::None, |this| this.decision.next_step()).number()
    })
}

/// The vendor's page for the next step: where to buy or renew, to manage devices, or to contact the vendor. NULL where
/// the options have none for it, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_next_url(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_next_url", decision, |texts| texts.next_url.as_ref())
}

/// 1 if the app should show the user something unasked: access is not allowed, grace ends soon, or something is wrong
/// that the user should know of. What to show is polar_license_decision_message(), and
/// polar_license_decision_problem_message() unless that is NULL. Being offline for a while is no such thing. 0
/// otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_notice(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_notice", 0, || {
        pointer::borrow(decision).is_some_and(|this| this.decision.notice()).into()
    })
}

/// One sentence for the user, in English unless the options replace it. Empty for NULL; never NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_message(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_message", text::fixed(c""), || {
        pointer::borrow(decision).map_or(text::fixed(c""), |this| text::borrowed(Some(&this.texts().message)))
    })
}

/// The license key as it may be shown: `****-` and its last six characters. NULL without a license, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_display_key(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_display_key", decision, |texts| texts.display_key.as_ref())
}

/// The id of the benefit that the key was sold as. NULL without a license, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_benefit_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_benefit_id", decision, |texts| texts.benefit_id.as_ref())
}

/// The id of the seat that this device took. NULL if the key needs none, without a license, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_activation_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_activation_id", decision, |texts| texts.activation_id.as_ref())
}

/// What the customer sees beside that seat: the label that it was taken with. NULL if an earlier version of this
/// library took it, if the key needs none, without a license, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_activation_label(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_activation_label", decision, |texts| texts.activation_label.as_ref())
}

/// When the key stops being valid, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for never, in the
/// state expired if the vendor has moved that time and Polar did not say to when, without a license, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_expires_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_expires_at_ms", decision, |this| this.license()?.expires_at)
}

/// When Polar last confirmed the license, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT
/// without a license, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_confirmed_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_confirmed_at_ms", decision, |this| Some(this.license()?.confirmed_at))
}

/// When Polar will next be asked, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT if
/// there is nothing to ask, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_refresh_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_refresh_at_ms", decision, polar_license::Decision::refresh_at)
}

/// How long access lasts without reaching Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC.
/// POLAR_LICENSE_ABSENT without access, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_grace_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_grace_ends_at_ms", decision, polar_license::Decision::grace_ends_at)
}

/// When the app should start asking the user to go online, on Polar's clock, in milliseconds since 1970-01-01 UTC.
/// POLAR_LICENSE_ABSENT without access, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_notice_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_notice_at_ms", decision, polar_license::Decision::notice_at)
}

/// How much of the key's usage was consumed when it was last confirmed. POLAR_LICENSE_ABSENT without a license, and for
/// NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_usage(decision: *const Decision) -> i64 {
    count("polar_license_decision_usage", decision, |license| Some(license.usage))
}

/// The most that may be consumed. POLAR_LICENSE_ABSENT for no limit, without a license, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_limit_usage(decision: *const Decision) -> i64 {
    count("polar_license_decision_limit_usage", decision, |license| license.limit_usage)
}

/// How many devices may be active at once. POLAR_LICENSE_ABSENT if the key needs no activation, without a license,
/// and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_limit_activations(decision: *const Decision) -> i64 {
    count("polar_license_decision_limit_activations", decision, |license| license.limit_activations)
}

/// The kind of error that occurred although a decision could be made, such as not reaching Polar: one of
/// POLAR_LICENSE_ERR_.... POLAR_LICENSE_OK if there was none, and for NULL. Access does not depend on it.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_kind(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem_kind", OK, || problem(decision).map_or(OK, |problem| problem.kind.number()))
}

/// The problem in one sentence for the user, in English unless the options replace it. NULL if there is none, and for
/// NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_message(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_problem_message", decision, |texts| texts.problem_message.as_ref())
}

/// The problem in one line for developers and logs. NULL if there is none, and for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_detail(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_problem_detail", decision, |texts| texts.problem_detail.as_ref())
}

/// How many milliseconds to wait before asking again, because of the problem. POLAR_LICENSE_ABSENT if that is not
/// known, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_retry_after_ms(decision: *const Decision) -> i64 {
    guarded("polar_license_decision_problem_retry_after_ms", POLAR_LICENSE_ABSENT, || {
        let wait = problem(decision).and_then(|problem| problem.retry_after);
        wait.map_or(POLAR_LICENSE_ABSENT, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// 1 if Polar may have carried out the request although no reply arrived, because of the problem. 0 otherwise, and for
/// NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_maybe_applied(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem_maybe_applied", 0, || {
        problem(decision).is_some_and(|problem| problem.maybe_applied).into()
    })
}

/// Everything about the decision as one JSON object. Its members are named as the functions above, in camel case and
/// without the unit of a time: `state`, `expiresAt`, ...; those of the problem are in an object `problem`, and
/// `features` has a boolean for each feature. What is absent is null; times are RFC 3339 strings in UTC. A later
/// version may add members. NULL for NULL.
///
/// The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_json(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_json", ptr::null(), || {
        let json = |this: &Decision| text::owned(&this.decision.to_json());
        text::borrowed(pointer::borrow(decision).map(|this| this.json.get_or_init(|| json(this))))
    })
}

/// Frees the decision and every string borrowed from it. NULL is allowed.
///
/// Each decision is freed once, when no thread uses it any longer; not the one of polar_license_error_decision() nor
/// the one that a change callback is given. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_free(decision: *mut Decision) {
    guarded("polar_license_decision_free", (), || pointer::free(decision));
}

fn problem<'a>(decision: *const Decision) -> Option<&'a Problem> {
    pointer::borrow(decision)?.decision.problem()
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
