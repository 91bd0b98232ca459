//! The result of every operation: whether the app may run, why, and what the user can do. These types are plain data.
//! They contain no personal data, and never a full license key.

use crate::codes::{ErrorKind, NextStep, OffReason, Reason, State};
use crate::explanation::Explanation;
use crate::features::EnabledFeatures;
use crate::json;
use crate::license::License;
use crate::links::Links;
use crate::purchase::Purchase;
use crate::text::printable;
use crate::texts::{Text, Texts};
use crate::time::{Date, Timestamp, optional_milliseconds};
use serde::{Serialize, Serializer};
use std::time::Duration;
use uuid::Uuid;

/// The result of every operation: whether the app may run, and why.
///
/// ```no_run
/// use polar_license::{Decision, NextStep};
///
/// fn show(license: &Decision) {
///     println!("{}", license.message());
///     match license.next_step() {
///         NextStep::EnterKey => println!("[Enter a license key …]"),
///         NextStep::Connect => println!("[Try again]"),
///         _ => {}
///     }
///     if let Some(problem) = license.problem() {
///         println!("{}", problem.message); // such as a missing network; access does not depend on a problem
///     }
///     for (feature, is_on) in license.features() {
///         println!("{feature}: {}", if is_on { "on" } else { "off" });
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub(crate) state: State,
    pub(crate) reason: Option<Reason>,
    pub(crate) license: Option<License>,
    pub(crate) features: EnabledFeatures,
    pub(crate) updates_until: Option<Date>,
    pub(crate) refresh_at: Option<Timestamp>,
    pub(crate) grace_ends_at: Option<Timestamp>,
    pub(crate) offline_ends_at: Option<Timestamp>,
    pub(crate) trial_ends_at: Option<Timestamp>,
    pub(crate) notice_at: Option<Timestamp>,
    pub(crate) next_step: NextStep,
    pub(crate) links: Links,
    pub(crate) texts: Texts,
    pub(crate) problem: Option<Problem>,
    /// The sentence for the user, if the other fields do not determine it.
    pub(crate) own_message: Option<String>,
}

/// A problem that did not prevent a decision, such as a failure to reach Polar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Problem {
    /// The stable code.
    pub kind: ErrorKind,
    /// The sentence for the user, in English unless the configuration replaces it.
    pub message: String,
    /// One line for developers and logs.
    pub detail: String,
    /// The time to wait before trying again, if it is known.
    #[serde(rename = "retryAfterMs", with = "optional_milliseconds")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub retry_after: Option<Duration>,
    /// Whether Polar may have applied the request although no answer arrived.
    pub maybe_applied: bool,
}

impl Decision {
    /// Returns a decision that denies access, for use when nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            state: State::Unlicensed,
            reason: Some(Reason::NoLicense),
            license: None,
            features: EnabledFeatures::default(),
            updates_until: None,
            refresh_at: None,
            grace_ends_at: None,
            offline_ends_at: None,
            trial_ends_at: None,
            notice_at: None,
            next_step: NextStep::EnterKey,
            links: Links::default(),
            texts: Texts::default(),
            problem: None,
            own_message: None,
        }
    }

    /// Returns `true` if the app may run.
    pub fn allowed(&self) -> bool {
        self.state.is_allowed()
    }

    /// Returns `true` if `feature` is on: the app may run, and the confirmed benefit is among the feature's benefits. A
    /// feature that the configuration does not name is off.
    pub fn allows(&self, feature: &str) -> bool {
        self.features.allows(feature)
    }

    #[doc = include_str!("client/operations/explain.md")]
    ///
    /// ```no_run
    /// # fn f(license: polar_license::Decision) {
    /// let export = license.explain("export");
    /// if !export.allowed() {
    ///     println!("{}", export.message()); // such as: Your license does not include this feature. Upgrade to use it.
    /// }
    /// # }
    /// ```
    pub fn explain(&self, feature: &str) -> Explanation {
        let name = printable(feature);
        let text = |text: Text| self.texts.get(text);
        let (reason, next_step, message, detail) = if !self.features.names(feature) {
            let detail = format!("the configuration names no feature `{name}`; add it, or correct the name");
            (Some(OffReason::Unknown), NextStep::ContactVendor, text(Text::FeatureUnknown), detail)
        } else if !self.allowed() {
            let because = self.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            let detail = format!("the feature `{name}` is off in the state `{}`{because}", self.state);
            (Some(OffReason::NotLicensed), self.next_step, self.message(), detail)
        } else if !self.allows(feature) && self.state == State::Trial {
            let detail = format!("the trial does not include the feature `{name}`");
            (Some(OffReason::NotIncluded), NextStep::Buy, text(Text::FeatureNotInTrial), detail)
        } else if !self.allows(feature) {
            let benefit = self.license.as_ref().map(|license| license.benefit_id).unwrap_or_default();
            let detail = format!("the benefit {benefit} of the license does not turn the feature `{name}` on");
            (Some(OffReason::NotIncluded), NextStep::Renew, text(Text::FeatureNotIncluded), detail)
        } else {
            let included = if self.state == State::Trial { Text::FeatureInTrial } else { Text::FeatureIncluded };
            (None, NextStep::None, text(included), format!("the feature `{name}` is on"))
        };
        let next_url = self.links.of(next_step).map(str::to_owned);
        Explanation { reason, message: message.to_owned(), detail, next_step, next_url }
    }

    /// Returns the state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Returns the reason for the state. Returns `None` for a state that needs no reason, such as `expired`.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Returns the license, or `None` if none is stored, or if the record is not trusted.
    pub fn license(&self) -> Option<&License> {
        self.license.as_ref()
    }

    /// Returns the configured features, and whether each is on.
    pub fn features(&self) -> impl Iterator<Item = (&str, bool)> {
        self.features.iter()
    }

    /// Returns the purchase of the key, as of the last confirmation: a subscription or an order. An app can show the
    /// user when the subscription renews or ends. Returns `None` if Polar did not report the purchase, or if there is
    /// no license. Access never depends on the purchase.
    ///
    /// ```
    /// use polar_license::{Decision, SubscriptionStatus};
    ///
    /// fn has_payment_failed(license: &Decision) -> bool {
    ///     let subscription = license.purchase().and_then(|purchase| purchase.subscription());
    ///     subscription.is_some_and(|subscription| subscription.status == SubscriptionStatus::PastDue)
    /// }
    /// ```
    pub fn purchase(&self) -> Option<&Purchase> {
        self.license.as_ref()?.purchase.as_ref()
    }

    /// Returns the last day of updates: the license includes the versions of the app that were built on this day or
    /// earlier. Returns `None` if the configuration does not limit [updates](crate::ConfigBuilder::updates), or if
    /// there is no license.
    pub fn updates_until(&self) -> Option<Date> {
        self.updates_until
    }

    /// Returns `true` if the license includes a version of the app that was built on this day. An updater can ask this
    /// before it offers that version. Returns `false` only if the license would deny that version access with the
    /// reason [`updates_ended`](crate::Reason::UpdatesEnded). Without a license, returns `true`.
    ///
    /// ```
    /// # fn f(license: polar_license::Decision) -> Result<(), Box<dyn std::error::Error>> {
    /// use polar_license::Date;
    ///
    /// let released: Date = "2026-11-21T09:30:00Z".parse()?; // such as `pub_date` of the update that was found
    /// if !license.covers(released) {
    ///     println!("A new version is there. Renew the license to use it.");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn covers(&self, built: impl Into<Date>) -> bool {
        let built = built.into();
        self.updates_until.is_none_or(|until| built <= until)
    }

    /// Returns the time, on Polar's clock, of the next planned request to Polar.
    pub fn refresh_at(&self) -> Option<Timestamp> {
        self.refresh_at
    }

    /// Returns the time, on Polar's clock, at which access ends unless Polar confirms the license before.
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.grace_ends_at
    }

    /// Returns `true` if this license was imported on a computer without a network, and Polar has not confirmed it to
    /// this device since the import.
    pub fn air_gapped(&self) -> bool {
        self.offline_ends_at.is_some()
    }

    /// Returns the time, on Polar's clock, at which an imported license ends. Returns `None` if the license is not
    /// [air-gapped](Self::air_gapped).
    pub fn offline_ends_at(&self) -> Option<Timestamp> {
        self.offline_ends_at
    }

    /// Returns the time at which the trial of this device ends, or at which it has ended. Returns `None` if no trial was
    /// started, or if a license is stored.
    pub fn trial_ends_at(&self) -> Option<Timestamp> {
        self.trial_ends_at
    }

    /// Returns `true` if the app should notify the user: a stored license does not allow access, access ends soon, or a
    /// problem concerns the user. Show the [`message`](Self::message), and the message of the
    /// [`problem`](Self::problem) if there is one.
    ///
    /// The following alone needs no notice: the device has no license, its trial has ended, or it is offline and grace
    /// does not end soon.
    pub fn notice(&self) -> bool {
        let concerns_user = |problem: &Problem| problem.kind.concerns_user();
        let has_no_license = matches!(self.reason, Some(Reason::NoLicense | Reason::TrialEnded));
        let has_step = self.next_step != NextStep::None && !has_no_license;
        has_step || self.problem.as_ref().is_some_and(concerns_user)
    }

    /// Returns the time, on Polar's clock, from which the app should tell the user what to do before access ends:
    /// - to go online: some days before grace ends.
    /// - to make a new request, if the license is [air-gapped](Self::air_gapped): two weeks before the license ends.
    /// - to buy a license, in a trial: some days before the trial ends.
    pub fn notice_at(&self) -> Option<Timestamp> {
        self.notice_at
    }

    /// Returns the next step that the user can take.
    pub fn next_step(&self) -> NextStep {
        self.next_step
    }

    /// Returns the vendor's page for the next step, if the configuration has one: to buy or renew, to manage devices,
    /// or to contact the vendor.
    ///
    /// ```no_run
    /// # fn open_in_browser(_: &str) {}
    /// # fn f(license: polar_license::Decision) {
    /// if let Some(url) = license.next_url() {
    ///     open_in_browser(url);
    /// }
    /// # }
    /// ```
    pub fn next_url(&self) -> Option<&str> {
        self.links.of(self.next_step)
    }

    /// Returns the problem that the client has at present, such as a failure to reach Polar, or `None` if it has none.
    /// A problem does not change whether access is allowed.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Returns one sentence for the user, in English unless the configuration [replaces](crate::ConfigBuilder::texts)
    /// it.
    pub fn message(&self) -> &str {
        self.own_message.as_deref().unwrap_or_else(|| self.texts.get(self.text()))
    }

    fn text(&self) -> Text {
        match self.state {
            State::Active => Text::Active,
            State::Lapsed if self.air_gapped() => Text::OfflineLapsed,
            State::ClockSuspect if self.air_gapped() => Text::OfflineClockSuspect,
            State::Grace if self.next_step == NextStep::Connect => Text::GraceEnding,
            State::Grace => Text::Grace,
            State::Lapsed => Text::Lapsed,
            State::Expired => Text::Expired,
            State::Trial => Text::Trial,
            State::ClockSuspect => Text::ClockSuspect,
            State::Unlicensed if self.reason == Some(Reason::Tampered) && self.next_step == NextStep::EnterKey => {
                Text::TamperedKey
            }
            State::Unlicensed => self.reason.unwrap_or(Reason::NoLicense).text(),
            State::Denied => self.reason.unwrap_or(Reason::Refused).text(),
        }
    }

    /// Returns the decision as one JSON object with stable member names, like the command line's `--json`.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}

impl Problem {
    pub(crate) fn new(texts: &Texts, kind: ErrorKind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let message = texts.fill(kind.text(), &[("detail", &detail)]);
        Self { kind, message, detail, retry_after: None, maybe_applied: false }
    }

    /// Returns the problem that Polar limits requests. The next request may be sent after `wait`.
    pub(crate) fn busy(texts: &Texts, wait: Duration) -> Self {
        let sentences = [Text::BusySecond, Text::BusySeconds, Text::BusyMinutes];
        Self::rate_limited(texts, wait, sentences, "Polar limits requests")
    }

    /// Creates a problem whose message and detail contain the time to wait. The array has the message for one second,
    /// for several seconds, and for minutes.
    pub(crate) fn rate_limited(
        texts: &Texts,
        wait: Duration,
        [second, some_seconds, minutes]: [Text; 3],
        detail: &str,
    ) -> Self {
        let seconds = wait.as_millis().div_ceil(1000);
        let (text, name, number) = match seconds {
            0..=1 => (second, "seconds", seconds),
            2..=99 => (some_seconds, "seconds", seconds),
            _ => (minutes, "minutes", seconds.div_ceil(60)),
        };
        let detail = format!("{detail}; the next one may leave in {number} {name}");
        let message = texts.fill(text, &[(name, &number.to_string())]);
        Self { message, retry_after: Some(wait), ..Self::new(texts, ErrorKind::RateLimited, detail) }
    }
}

/// Whether the app may run, why, and what the user can do. Times are RFC 3339 in UTC, on Polar's clock.
///
/// The JSON of a [`Decision`]. Every member is always present. A member without a value is null.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Decision"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionJson<'a> {
    /// Whether the app may run.
    allowed: bool,
    /// The state.
    state: State,
    /// The reason for the state; null for a state that needs no reason, such as `expired`.
    reason: Option<Reason>,
    /// `****-` and the last six characters of the key; null if no license is stored.
    display_key: Option<&'a str>,
    /// The id of the benefit to which the key belongs.
    benefit_id: Option<Uuid>,
    /// The seat taken by this device, if the key has an activation limit.
    activation_id: Option<Uuid>,
    /// The label of this device's seat, as the customer sees it; null if the key needs no seat. It is also null if the
    /// label was lost, for example because the record was edited.
    activation_label: Option<&'a str>,
    /// The time at which the key expires. Null if it never expires. Also null if the vendor has moved the expiry to an
    /// earlier time, and Polar reports only that the key has expired.
    expires_at: Option<Timestamp>,
    /// The last day of updates, in UTC, such as `2027-11-21`: the license includes the versions of the app that were
    /// built on this day or earlier. Null if the settings do not limit updates, or if there is no license.
    updates_until: Option<Date>,
    /// The time of Polar's last confirmation.
    confirmed_at: Option<Timestamp>,
    /// The time at which access ends unless Polar confirms the license before.
    refresh_at: Option<Timestamp>,
    /// The time until which access lasts if Polar is not reached.
    grace_ends_at: Option<Timestamp>,
    /// Whether the license was imported on a computer without a network, and Polar has not confirmed it to this device
    /// since the import.
    air_gapped: bool,
    /// The time at which an imported license ends; null unless `airGapped` is true.
    offline_ends_at: Option<Timestamp>,
    /// The time at which the trial of this device ends, or at which it has ended; null if no trial was started, or if a
    /// license is stored.
    trial_ends_at: Option<Timestamp>,
    /// The usage at the time of Polar's last confirmation.
    usage: Option<u32>,
    /// The total number of uses that the key allows; null if there is no limit.
    limit_usage: Option<u32>,
    /// The number of devices that may be active at once; null if the key needs no activation.
    limit_activations: Option<u32>,
    /// The purchase of the key, as of the last confirmation: a subscription or an order. It is null if Polar did not
    /// report the purchase. Access never depends on the purchase.
    purchase: Option<&'a Purchase>,
    /// The configured features, and whether each is on.
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, bool>"))]
    features: &'a EnabledFeatures,
    /// The next step that the user can take.
    next_step: NextStep,
    /// The vendor's page for the next step, if the settings have one.
    next_url: Option<&'a str>,
    /// Whether the app should notify the user: a stored license does not allow access, access ends soon, or a problem
    /// concerns the user. Show `message`, and also the message of the `problem` if there is one. The following alone
    /// needs no notice: the device has no license, its trial has ended, or it is offline and grace does not end soon.
    notice: bool,
    /// The time from which the app should tell the user what to do before access ends:
    /// - some days before `graceEndsAt`: go online;
    /// - if `airGapped` is true, two weeks before `offlineEndsAt`: make a new request;
    /// - in a trial, some days before `trialEndsAt`: buy a license.
    notice_at: Option<Timestamp>,
    /// One sentence for the user, in English unless the settings replace it.
    message: &'a str,
    /// The problem that the client has at present, such as a failure to reach Polar; null if it has none. A problem
    /// does not change whether access is allowed.
    problem: Option<&'a Problem>,
}

impl<'a> From<&'a Decision> for DecisionJson<'a> {
    fn from(decision: &'a Decision) -> Self {
        let license = decision.license.as_ref();
        Self {
            allowed: decision.allowed(),
            state: decision.state,
            reason: decision.reason,
            display_key: license.map(|license| license.display_key.as_str()),
            benefit_id: license.map(|license| license.benefit_id),
            activation_id: license.and_then(|license| license.activation_id),
            activation_label: license.and_then(|license| license.activation_label.as_deref()),
            expires_at: license.and_then(|license| license.expires_at),
            updates_until: decision.updates_until,
            confirmed_at: license.map(|license| license.confirmed_at),
            refresh_at: decision.refresh_at,
            grace_ends_at: decision.grace_ends_at,
            air_gapped: decision.air_gapped(),
            offline_ends_at: decision.offline_ends_at,
            trial_ends_at: decision.trial_ends_at,
            usage: license.map(|license| license.usage),
            limit_usage: license.and_then(|license| license.limit_usage),
            limit_activations: license.and_then(|license| license.limit_activations),
            purchase: decision.purchase(),
            features: &decision.features,
            next_step: decision.next_step,
            next_url: decision.next_url(),
            notice: decision.notice(),
            notice_at: decision.notice_at,
            message: decision.message(),
            problem: decision.problem.as_ref(),
        }
    }
}

/// Serializes like [`Decision::to_json`].
impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DecisionJson::from(self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_present_in_order() {
        let nothing = r#"{"allowed":false,"state":"unlicensed","reason":"no_license","displayKey":null,"benefitId":null,"activationId":null,"activationLabel":null,"expiresAt":null,"updatesUntil":null,"confirmedAt":null,"refreshAt":null,"graceEndsAt":null,"airGapped":false,"offlineEndsAt":null,"trialEndsAt":null,"usage":null,"limitUsage":null,"limitActivations":null,"purchase":null,"features":{},"nextStep":"enter_key","nextUrl":null,"notice":false,"noticeAt":null,"message":"No license is active on this device. Enter a license key.","problem":null}"#;
        assert_eq!(Decision::unknown().to_json(), nothing);
        let wait = Some(Duration::from_millis(1500));
        let problem =
            Problem { retry_after: wait, ..Problem::new(&Texts::default(), ErrorKind::RateLimited, "wait \"a\"\u{1}") };
        let json = Decision { problem: Some(problem), ..Decision::unknown() }.to_json();
        let expected = r#""problem":{"kind":"rate_limited","message":"The license server is busy. Try again later.","detail":"wait \"a\"\u0001","retryAfterMs":1500,"maybeApplied":false}}"#;
        assert!(json.ends_with(expected), "{json}");
    }

    #[test]
    fn a_feature_is_explained_by_its_license_its_plan_and_its_name() {
        use crate::features::{Access, Features};
        let (basic, pro) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let features = Features::new([("export".to_owned(), vec![pro])].into_iter().collect());
        let terms = crate::license::Terms {
            license_id: Uuid::from_u128(3),
            benefit_id: basic,
            limit_activations: None,
            limit_usage: None,
            ..Default::default()
        };
        let with = |state, benefit: Option<Uuid>, reason| Decision {
            state,
            reason,
            license: Some(License::new("****-00EEF6".into(), None, None, Timestamp::from_unix_ms(8), &terms)),
            features: features.enabled_for(benefit.map_or(Access::Denied, Access::Benefit)),
            ..Decision::unknown()
        };
        let explained = |decision: Decision, feature: &str| {
            let why = decision.explain(feature);
            assert_eq!(why.allowed(), decision.allows(feature));
            assert!(why.message().ends_with('.') && !why.detail().ends_with('.'), "{why:?}");
            (why.reason(), why.message().to_owned(), why.detail().to_owned())
        };
        let is = |reason, message: &str, detail: &str| (reason, message.to_owned(), detail.to_owned());
        assert_eq!(
            explained(with(State::Active, Some(pro), None), "export"),
            is(None, "Your license includes this feature.", "the feature `export` is on")
        );
        assert_eq!(
            explained(with(State::Grace, Some(basic), None), "export"),
            is(
                Some(OffReason::NotIncluded),
                "Your license does not include this feature. Upgrade to use it.",
                "the benefit 00000000-0000-0000-0000-000000000001 of the license does not turn the feature `export` on"
            )
        );
        assert_eq!(
            explained(with(State::Denied, None, Some(Reason::Inactive)), "export"),
            is(
                Some(OffReason::NotLicensed),
                "The license is no longer active. Contact the vendor.",
                "the feature `export` is off in the state `denied` (inactive)"
            )
        );
        for decision in [with(State::Active, Some(pro), None), with(State::Lapsed, None, None)] {
            assert_eq!(
                explained(decision, "exprot\n"),
                is(
                    Some(OffReason::Unknown),
                    "This feature is not available. Contact the vendor.",
                    "the configuration names no feature `exprot\u{fffd}`; add it, or correct the name"
                )
            );
        }
    }

    #[test]
    fn the_user_sees_problems_to_solve_and_not_that_they_are_offline() {
        let active = Decision { state: State::Active, reason: None, next_step: NextStep::None, ..Decision::unknown() };
        let with = |kind| Decision { problem: Some(Problem::new(&Texts::default(), kind, "")), ..active.clone() };
        assert!(!active.notice() && !with(ErrorKind::Network).notice() && !with(ErrorKind::RateLimited).notice());
        assert!(with(ErrorKind::Storage).notice() && with(ErrorKind::SeatUncertain).notice());
        let grace = Decision { state: State::Grace, ..active.clone() };
        assert!(!grace.notice());
        assert!(Decision { next_step: NextStep::Connect, ..grace }.notice());
        assert!(Decision { state: State::Lapsed, next_step: NextStep::Connect, ..active.clone() }.notice());
        assert!(!Decision::unknown().notice(), "a user who never had a license is left alone");
    }

    #[test]
    fn the_members_of_a_license_are_those_of_the_decision() {
        use crate::purchase::{Order, OrderStatus};
        let terms = crate::license::Terms {
            license_id: Uuid::from_u128(1),
            benefit_id: Uuid::from_u128(2),
            limit_activations: Some(3),
            limit_usage: Some(4),
            usage: 5,
            expires_at: Some(Timestamp::from_unix_ms(6)),
            purchase: Some(Purchase::Order(Order {
                status: OrderStatus::Paid,
                paid: true,
                created_at: Timestamp::from_unix_ms(9),
            })),
            ..Default::default()
        };
        let (seat, label) = (Some(Uuid::from_u128(7)), Some(String::from("Debian 12 · 7F3A")));
        let license = License::new("****-00EEF6".into(), seat, label, Timestamp::from_unix_ms(8), &terms);
        let members = serde_json::to_value(&license).unwrap();
        let decision = serde_json::to_value(Decision { license: Some(license), ..Decision::unknown() }).unwrap();
        for (name, value) in members.as_object().unwrap() {
            assert_eq!(&decision[name], value, "{name}");
        }
    }
}
