//! `polar_license_decision`: whether the app may run, and why.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::guarded;
use crate::number::{
    POLAR_LICENSE_ABSENT, POLAR_LICENSE_NEXT_NONE, POLAR_LICENSE_OK, POLAR_LICENSE_REASON_UNSET,
    POLAR_LICENSE_STATE_UNLICENSED, of_kind, of_next_step, of_reason, of_state,
};
use crate::{pointer, text};
use polar_license::{License, Problem, Timestamp};
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;

/// Whether the app may run, and why: the answer of every operation, as it was at that moment. Freed with
/// polar_license_decision_free(). Does not change; may be read from several threads at once.
pub struct Decision {
    decision: polar_license::Decision,
    texts: OnceLock<Box<Texts>>,
    json: OnceLock<CString>,
}

/// Made when one of them is first asked for.
struct Texts {
    message: CString,
    display_key: Option<CString>,
    benefit_id: Option<CString>,
    activation_id: Option<CString>,
    problem_message: Option<CString>,
}

impl Decision {
    pub(crate) fn new(decision: polar_license::Decision) -> Self {
        Self { decision, texts: OnceLock::new(), json: OnceLock::new() }
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| {
            let license = self.decision.license();
            Box::new(Texts {
                message: text::owned(self.decision.message()),
                display_key: license.map(|license| text::owned(&license.display_key)),
                benefit_id: license.map(|license| text::owned(&license.benefit_id.to_string())),
                activation_id: license.and_then(|l| l.activation_id).map(|id| text::owned(&id.to_string())),
                problem_message: self.decision.problem().map(|problem| text::owned(&problem.message)),
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
        pointer::look(decision).is_some_and(|this| this.decision.allowed()).into()
    })
}

/// 1 if the feature is on: the app may run, and the key's benefit is among those the options give the feature.
/// 0 otherwise, for a feature that the options do not name, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_allows(decision: *const Decision, feature: *const c_char) -> i32 {
    guarded("polar_license_decision_allows", 0, || {
        let feature = text::required("feature", feature).ok();
        let on = pointer::look(decision).zip(feature).is_some_and(|(this, feature)| this.decision.allows(feature));
        on.into()
    })
}

/// The state, one of POLAR_LICENSE_STATE_.... A later version may know more; only polar_license_decision_allowed() says
/// whether the app may run. POLAR_LICENSE_STATE_UNLICENSED for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_state(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_state", POLAR_LICENSE_STATE_UNLICENSED, || {
        pointer::look(decision).map_or(POLAR_LICENSE_STATE_UNLICENSED, |this| of_state(this.decision.state()))
    })
}

/// Why, in the states that have more than one cause: one of POLAR_LICENSE_REASON_.... POLAR_LICENSE_REASON_UNSET
/// otherwise, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_reason(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_reason", POLAR_LICENSE_REASON_UNSET, || {
        of_reason(pointer::look(decision).and_then(|this| this.decision.reason()))
    })
}

/// What the user can do, one of POLAR_LICENSE_NEXT_.... POLAR_LICENSE_NEXT_NONE for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_next_step(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_next_step", POLAR_LICENSE_NEXT_NONE, || {
        pointer::look(decision).map_or(POLAR_LICENSE_NEXT_NONE, |this| of_next_step(this.decision.next_step()))
    })
}

/// One English sentence for the user. Empty for NULL; never NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_message(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_message", text::fixed(c""), || {
        pointer::look(decision).map_or(text::fixed(c""), |this| text::borrowed(Some(&this.texts().message)))
    })
}

/// The license key as it may be shown: `****-` and its last six characters. NULL without a license, and for NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_display_key(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_display_key", decision, |texts| texts.display_key.as_ref())
}

/// The id of the benefit that the key was sold as. NULL without a license, and for NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_benefit_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_benefit_id", decision, |texts| texts.benefit_id.as_ref())
}

/// The id of the seat that this device took. NULL where the key needs none, without a license, and for NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_activation_id(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_activation_id", decision, |texts| texts.activation_id.as_ref())
}

/// When the key stops being valid, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for never, without a
/// license, and for NULL.
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

/// When Polar will next be asked, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT where
/// there is nothing to ask, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_refresh_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_refresh_at_ms", decision, polar_license::Decision::refresh_at)
}

/// Until when access lasts without reaching Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC.
/// POLAR_LICENSE_ABSENT without access, and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_grace_ends_at_ms(decision: *const Decision) -> i64 {
    moment("polar_license_decision_grace_ends_at_ms", decision, polar_license::Decision::grace_ends_at)
}

/// From when on the app should ask the user to go online, on Polar's clock, in milliseconds since 1970-01-01 UTC.
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

/// How many devices may be active at once. POLAR_LICENSE_ABSENT where the key needs no activation, without a license,
/// and for NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_limit_activations(decision: *const Decision) -> i64 {
    count("polar_license_decision_limit_activations", decision, |license| license.limit_activations)
}

/// What went wrong on the way although a decision could be made, such as not reaching Polar: one of POLAR_LICENSE_ERR_....
/// POLAR_LICENSE_OK where nothing did, and for NULL. Access does not depend on it.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem", POLAR_LICENSE_OK, || {
        problem(decision).map_or(POLAR_LICENSE_OK, |problem| of_kind(problem.kind))
    })
}

/// The problem in one line for people. NULL where there is none, and for NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_message(decision: *const Decision) -> *const c_char {
    borrowed("polar_license_decision_problem_message", decision, |texts| texts.problem_message.as_ref())
}

/// How many milliseconds to wait before asking again, because of the problem. POLAR_LICENSE_ABSENT where that is not
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

/// 1 if, because of the problem, Polar may have done what was asked although no answer came back. 0 otherwise, and for
/// NULL.
///
/// Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_problem_maybe_applied(decision: *const Decision) -> i32 {
    guarded("polar_license_decision_problem_maybe_applied", 0, || {
        problem(decision).is_some_and(|problem| problem.maybe_applied).into()
    })
}

/// Everything about the decision as one JSON object: allowed, state, reason, displayKey, benefitId, activationId,
/// expiresAt, confirmedAt, refreshAt, graceEndsAt, usage, limitUsage, limitActivations, features {name: bool}, nextStep,
/// noticeAt, message, problem {kind, message, retryAfterMs, maybeApplied}. What is absent is null; times are RFC 3339 in
/// UTC. A later version may add members. NULL for NULL.
///
/// The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_json(decision: *const Decision) -> *const c_char {
    guarded("polar_license_decision_json", ptr::null(), || {
        let json = |this: &Decision| text::owned(&this.decision.to_json());
        text::borrowed(pointer::look(decision).map(|this| this.json.get_or_init(|| json(this))))
    })
}

/// Frees the decision and every text borrowed from it. NULL is fine.
///
/// Each decision is freed once, when no thread uses it any more; not the one of polar_license_error_decision() nor the
/// one that a change callback is given. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_decision_free(decision: *mut Decision) {
    guarded("polar_license_decision_free", (), || pointer::take(decision));
}

fn problem<'a>(decision: *const Decision) -> Option<&'a Problem> {
    pointer::look(decision)?.decision.problem()
}

fn borrowed(
    function: &str,
    decision: *const Decision,
    choose: impl FnOnce(&Texts) -> Option<&CString>,
) -> *const c_char {
    guarded(function, ptr::null(), || text::borrowed(pointer::look(decision).and_then(|this| choose(this.texts()))))
}

fn moment(
    function: &str,
    decision: *const Decision,
    choose: impl FnOnce(&polar_license::Decision) -> Option<Timestamp>,
) -> i64 {
    guarded(function, POLAR_LICENSE_ABSENT, || {
        let at = pointer::look(decision).and_then(|this| choose(&this.decision));
        at.map_or(POLAR_LICENSE_ABSENT, Timestamp::unix_ms)
    })
}

fn count(function: &str, decision: *const Decision, choose: impl FnOnce(&License) -> Option<u32>) -> i64 {
    guarded(function, POLAR_LICENSE_ABSENT, || {
        let license = pointer::look(decision).and_then(|this| this.decision.license());
        license.and_then(choose).map_or(POLAR_LICENSE_ABSENT, i64::from)
    })
}
