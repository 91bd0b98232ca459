//! What an app sees: the decision and the license behind it. Plain data; no personal data, never a full license key
//! except inside [`Key`], which does not show it.

use crate::config::Config;
use crate::error::ErrorKind;
use crate::json::Writer;
use crate::named::Named;
use crate::text::{has_nul, trim};
use crate::time::{Timestamp, milliseconds};
use std::fmt;
#[cfg(feature = "log")]
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Whether the app may run, and why: the answer of every operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub(crate) state: State,
    pub(crate) reason: Option<Reason>,
    pub(crate) license: Option<License>,
    pub(crate) features: Features,
    pub(crate) refresh_at: Option<Timestamp>,
    pub(crate) grace_ends_at: Option<Timestamp>,
    pub(crate) notice_at: Option<Timestamp>,
    pub(crate) next_step: NextStep,
    pub(crate) problem: Option<Problem>,
}

/// The states a license can be in on this device. See the table in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Nothing is stored, or what is stored cannot be trusted or read.
    Unlicensed,
    /// Polar's last word on this license, or the app's configuration, is no.
    Denied,
    /// The clock was moved so far back that no time can be trusted; one online validate heals.
    ClockSuspect,
    /// `expires_at` has passed.
    Expired,
    /// Confirmed by Polar less than `refresh_interval` ago.
    Active,
    /// Confirmed less than `offline_grace` ago.
    Grace,
    /// Not confirmed for too long; one online validate heals.
    Lapsed,
}

/// Why the state is what it is, or why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No license key has been activated on this device.
    None,
    /// The stored record was changed by something other than this library.
    Tampered,
    /// The stored record belongs to another device.
    OtherDevice,
    /// The stored record belongs to another organization, environment or app.
    OtherProduct,
    /// The stored record was written by a newer version of this library.
    NewerFormat,
    /// The stored record could not be read.
    Storage,
    /// Polar does not know this key, or not with this activation: it was mistyped, deleted, rotated, or the
    /// activation was removed. Polar does not tell these apart.
    NotFound,
    /// The key was revoked or disabled.
    Inactive,
    /// The key has expired.
    Expired,
    /// The activation was made under other conditions: another device, or the app's `conditions` changed.
    Conditions,
    /// Polar said no in words this version does not know.
    Refused,
    /// The key has an activation limit, and there is no activation on this device.
    ActivationRequired,
    /// Every activation that the key allows is in use.
    ActivationLimit,
    /// The key is for a benefit that this app does not accept.
    Benefit,
}

/// What the user can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NextStep {
    /// Nothing to do.
    None,
    /// Go online once.
    Connect,
    /// Enter a license key.
    EnterKey,
    /// Activate this device, again or for the first time.
    Activate,
    /// Activate with `replace_previous`, to move the license here from another device.
    Move,
    /// Renew the subscription or buy a new key.
    Renew,
    /// Ask the vendor.
    ContactVendor,
}

macro_rules! names {
    ($type:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// The name used in JSON, in C and in JavaScript.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names!(State:
    Unlicensed = "unlicensed", Denied = "denied", ClockSuspect = "clock_suspect", Expired = "expired",
    Active = "active", Grace = "grace", Lapsed = "lapsed");
names!(Reason:
    None = "none", Tampered = "tampered", OtherDevice = "other_device", OtherProduct = "other_product",
    NewerFormat = "newer_format", Storage = "storage", NotFound = "not_found", Inactive = "inactive",
    Expired = "expired", Conditions = "conditions", Refused = "refused", ActivationRequired = "activation_required",
    ActivationLimit = "activation_limit", Benefit = "benefit");
names!(NextStep:
    None = "none", Connect = "connect", EnterKey = "enter_key", Activate = "activate", Move = "move", Renew = "renew",
    ContactVendor = "contact_vendor");

impl Reason {
    /// One sentence for an operation that was refused: what is wrong and what to do.
    pub(crate) const fn refusal(self) -> &'static str {
        match self {
            Self::NotFound => "Polar does not know this license key; check it for typing errors",
            Self::Inactive => "this license key is no longer active; contact the vendor",
            Self::Expired => "this license key has expired; renew it",
            Self::Conditions => "this activation belongs to another device or version; activate again",
            Self::ActivationRequired => "this license key must be activated on this device first",
            Self::ActivationLimit => {
                "every activation of this license key is in use; deactivate another device, or move the license here"
            }
            Self::Benefit => "this license key is for another product or plan",
            Self::NewerFormat => {
                "the stored license was written by a newer version of this app; update the app, or forget the license first"
            }
            Self::None | Self::Tampered | Self::OtherDevice | Self::OtherProduct | Self::Storage | Self::Refused => {
                "Polar refused this license key; contact the vendor"
            }
        }
    }
}

impl State {
    /// Whether the app may run. Only [`State::Active`] and [`State::Grace`] allow it.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Active | Self::Grace)
    }
}

/// The license that Polar last confirmed or denied, without the key itself and without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct License {
    /// `****-` and the last six characters of the key.
    pub display_key: String,
    /// The benefit that the key was sold as.
    pub benefit_id: Uuid,
    /// The seat taken by this device, where the key has an activation limit.
    pub activation_id: Option<Uuid>,
    /// When the key stops being valid; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When Polar last confirmed it, on Polar's clock.
    pub confirmed_at: Timestamp,
    /// How much of the key's usage was consumed when it was last confirmed.
    pub usage: u32,
    /// The most that may be consumed; `None` for no limit.
    pub limit_usage: Option<u32>,
    /// How many devices may be active at once; `None` where the key needs no activation.
    pub limit_activations: Option<u32>,
}

/// What went wrong on the way although a decision could be made, such as not reaching Polar.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// The stable code.
    pub kind: ErrorKind,
    /// One line for people.
    pub message: String,
    /// How long to wait before trying again, where that is known.
    pub retry_after: Option<Duration>,
    /// Whether Polar may have done what was asked although no answer came back.
    pub maybe_applied: bool,
}

impl Decision {
    /// Access to nothing, where nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            state: State::Unlicensed,
            reason: Some(Reason::None),
            license: None,
            features: Features::default(),
            refresh_at: None,
            grace_ends_at: None,
            notice_at: None,
            next_step: NextStep::EnterKey,
            problem: None,
        }
    }

    /// Whether the app may run.
    pub fn allowed(&self) -> bool {
        self.state.is_allowed()
    }

    /// Whether `feature` is on: the app may run, and the confirmed benefit is among the feature's benefits.
    /// A feature that the configuration does not name is off, and the log says so once.
    pub fn allows(&self, feature: &str) -> bool {
        self.features.allows(feature)
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Why, in the states that have more than one cause.
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The license this is about; `None` where none is stored or it cannot be trusted.
    pub fn license(&self) -> Option<&License> {
        self.license.as_ref()
    }

    /// The configured features, and whether each is on.
    pub fn features(&self) -> impl Iterator<Item = (&str, bool)> {
        self.features.iter()
    }

    /// When Polar will next be asked, on Polar's clock.
    pub fn refresh_at(&self) -> Option<Timestamp> {
        self.refresh_at
    }

    /// Until when access lasts without reaching Polar, on Polar's clock.
    pub fn grace_ends_at(&self) -> Option<Timestamp> {
        self.grace_ends_at
    }

    /// From when on the app should tell the user to go online, on Polar's clock; three days before grace ends.
    pub fn notice_at(&self) -> Option<Timestamp> {
        self.notice_at
    }

    /// What the user can do.
    pub fn next_step(&self) -> NextStep {
        self.next_step
    }

    /// What went wrong on the way, if anything; access does not depend on it.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// One English sentence for the user.
    pub fn message(&self) -> &'static str {
        match (self.state, self.reason) {
            (State::Active, _) => "The license is active.",
            (State::Grace, _) if self.next_step == NextStep::Connect => {
                "The license has not been confirmed for some time. Go online soon to keep it working."
            }
            (State::Grace, _) => "The license is active; it will be confirmed when you are next online.",
            (State::Lapsed, _) => "The license has not been confirmed for too long. Go online once to continue.",
            (State::Expired, _) => "The license has expired. Renew it to continue.",
            (State::ClockSuspect, _) => "The computer's clock was set back. Go online once to continue.",
            (State::Unlicensed, Some(Reason::Tampered)) if self.next_step == NextStep::EnterKey => {
                "The stored license was changed or damaged. Enter the license key again."
            }
            (State::Unlicensed, Some(Reason::Tampered)) => {
                "The stored license was changed or damaged. Go online once to confirm it, or enter the license key again."
            }
            (State::Unlicensed, Some(Reason::OtherDevice)) => {
                "The stored license belongs to another device. Activate it here to move it."
            }
            (State::Unlicensed, Some(Reason::OtherProduct)) => {
                "The stored license belongs to another product. Enter the license key for this one."
            }
            (State::Unlicensed, Some(Reason::NewerFormat)) => {
                "The stored license was written by a newer version. Go online once, or update the app."
            }
            (State::Unlicensed, Some(Reason::Storage)) => {
                "The stored license could not be read. Check the disk and the file's permissions."
            }
            (State::Unlicensed, _) => "No license is active on this device. Enter a license key.",
            (State::Denied, Some(Reason::Inactive)) => "The license is no longer active. Contact the vendor.",
            (State::Denied, Some(Reason::Conditions)) => {
                "The license was activated for another device or version. Activate it again."
            }
            (State::Denied, Some(Reason::NotFound)) => {
                "The license is no longer valid on this device. Activate it again, or enter the new license key."
            }
            (State::Denied, Some(Reason::ActivationRequired)) => "The license must be activated on this device.",
            (State::Denied, Some(Reason::Benefit)) => "The license is for another product or plan. Contact the vendor.",
            (State::Denied, _) => "The license was refused. Contact the vendor.",
        }
    }

    /// The decision as one JSON object with stable member names; what the command line prints with `--json`.
    pub fn to_json(&self) -> String {
        self.json_members().finish()
    }

    pub(crate) fn json_members(&self) -> Writer {
        let license = self.license.as_ref();
        let mut features = Writer::new();
        for (name, on) in self.features() {
            features.bool(name, on);
        }
        let mut object = Writer::new();
        object
            .bool("allowed", self.allowed())
            .string("state", self.state.as_str())
            .opt_string("reason", self.reason.map(Reason::as_str))
            .opt_string("displayKey", license.map(|license| license.display_key.as_str()))
            .opt_id("benefitId", license.map(|license| &license.benefit_id))
            .opt_id("activationId", license.and_then(|license| license.activation_id.as_ref()))
            .opt_time("expiresAt", license.and_then(|license| license.expires_at))
            .opt_time("confirmedAt", license.map(|license| license.confirmed_at))
            .opt_time("refreshAt", self.refresh_at)
            .opt_time("graceEndsAt", self.grace_ends_at)
            .opt_number("usage", license.map(|license| license.usage.into()))
            .opt_number("limitUsage", license.and_then(|license| license.limit_usage).map(u64::from))
            .opt_number("limitActivations", license.and_then(|license| license.limit_activations).map(u64::from))
            .raw("features", &features.finish())
            .string("nextStep", self.next_step.as_str())
            .opt_time("noticeAt", self.notice_at)
            .string("message", self.message())
            .opt_raw("problem", self.problem.as_ref().map(Problem::to_json).as_deref());
        object
    }
}

impl Problem {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, maybe_applied: false }
    }

    fn to_json(&self) -> String {
        Writer::new()
            .string("kind", self.kind.as_str())
            .string("message", &self.message)
            .opt_number("retryAfterMs", self.retry_after.map(milliseconds))
            .bool("maybeApplied", self.maybe_applied)
            .finish()
    }
}

/// Which configured features are on: those of the licensed benefit. Looked up in the configuration, so that a decision
/// copies no names.
#[derive(Clone, Default)]
pub(crate) struct Features {
    pub(crate) config: Option<Config>,
    /// The benefit, where access is allowed.
    pub(crate) benefit: Option<Uuid>,
    pub(crate) unknown: UnknownFeatures,
}

/// The names that were asked for and are not in the configuration. Shared by all decisions of one client.
#[derive(Clone, Default)]
pub(crate) struct UnknownFeatures(#[cfg(feature = "log")] Arc<Mutex<Vec<String>>>);

impl Features {
    fn configured(&self) -> &Named<Vec<Uuid>> {
        const NONE: &Named<Vec<Uuid>> = &Named::new();
        self.config.as_ref().map_or(NONE, Config::features)
    }

    fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.configured().iter().map(|(name, benefits)| (name, self.is_on(benefits)))
    }

    fn is_on(&self, benefits: &[Uuid]) -> bool {
        self.benefit.is_some_and(|benefit| benefits.contains(&benefit))
    }

    pub(crate) fn allows(&self, feature: &str) -> bool {
        let Some(benefits) = self.configured().get(feature) else {
            self.unknown.log(feature);
            return false;
        };
        self.is_on(benefits)
    }
}

impl UnknownFeatures {
    /// Without a log there is nobody to tell.
    #[cfg(not(feature = "log"))]
    fn log(&self, _: &str) {}

    /// Says once that a feature is not in the configuration.
    #[cfg(feature = "log")]
    fn log(&self, feature: &str) {
        if !log::log_enabled!(log::Level::Warn) {
            return;
        }
        let mut unknown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // bounded, since the names come from the app
        if unknown.len() < 64 && !unknown.iter().any(|known| known == feature) {
            unknown.push(feature.to_owned());
            log::warn!("feature {} is not in the configuration, so it is off", crate::json::quoted(feature));
        }
    }
}

impl PartialEq for Features {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// A license key, as a person typed or pasted it. Byte-exact for Polar except for what surrounds it.
/// `Debug` and `Display` show `****-` and its last six characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Longer keys are taken for a mistake.
    pub const MAX_BYTES: usize = 1024;

    /// Trims white space, zero-width characters and byte order marks at both ends, as pasting brings them along.
    /// Empty keys, keys with a NUL character and keys over 1,024 bytes are `invalid_argument`.
    pub fn parse(text: &str) -> Result<Self, crate::Error> {
        let invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
        let key = trim(text, invisible);
        let fault = if key.is_empty() {
            "the license key is empty; enter the key from the purchase e-mail"
        } else if has_nul(key) {
            "the license key contains a NUL character; copy it again"
        } else if key.len() > Self::MAX_BYTES {
            "the license key is longer than 1,024 bytes; copy only the key"
        } else {
            return Ok(Self(key.to_owned()));
        };
        Err(crate::Error::new(ErrorKind::InvalidArgument, fault))
    }

    /// The key itself. Send it to Polar and nowhere else.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// `****-` and the last six characters.
    pub(crate) fn masked(&self) -> String {
        ["****-", &self.last_six()].concat()
    }

    /// The last six characters, which Polar shows too; of a short key fewer, so that most of it stays unseen.
    pub(crate) fn last_six(&self) -> String {
        let count = self.0.chars().count();
        let mut shown = self.0.chars();
        for _ in 6.min(count / 2)..count {
            shown.next();
        }
        shown.as_str().to_owned()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_key_is_trimmed_and_nothing_else_is_changed() {
        for text in ["MYAPP-1a 2B", " MYAPP-1a 2B\r\n", "\u{feff}\u{200b}MYAPP-1a 2B\u{a0}\u{2060}"] {
            assert_eq!(Key::parse(text).unwrap().secret(), "MYAPP-1a 2B");
        }
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_before_anything_is_sent() {
        for text in ["", " \u{200b}\n", "AB\0CD", &"K".repeat(1025)] {
            assert_eq!(Key::parse(text).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn a_key_is_never_shown_whole() {
        for (key, shown) in
            [("D1E50001-AAAA-4BBB-8CCC-DDDD0000EEEF", "****-00EEEF"), ("ABCDEF", "****-DEF"), ("A", "****-")]
        {
            let key = Key::parse(key).unwrap();
            assert_eq!(format!("{key} {key:?}"), format!("{shown} {shown}"));
        }
    }
}
