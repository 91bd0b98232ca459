//! The enums whose names are the same in all languages: states, reasons, next steps and kinds of errors. Each name has
//! a sentence for the user, a next step, and a number in records. From this crate, the module imports only the
//! sentences for users and the macros for tables of names.

use crate::names::codes;
use crate::texts::Text;

/// Defines an enum whose variants are stored in a record as numbers. Each line of the table names a variant, its
/// number, and the `Reason` that an app sees.
macro_rules! stored_codes {
    (
        $(#[$meta:meta])*
        pub(crate) enum $type:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $reason:ident;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $type {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl $type {
            /// Returns the number that stands for this variant in a record.
            pub(crate) const fn number(self) -> u8 {
                self as u8
            }

            /// Returns the variant with this number.
            pub(crate) const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl From<$type> for Reason {
            fn from(code: $type) -> Self {
                match code {
                    $($type::$variant => Self::$reason,)+
                }
            }
        }
    };
}

codes! {
    /// The states a license can be in on this device. See the table in `docs/src/states.md`.
    pub enum State {
        /// No license is stored, or the stored one cannot be trusted or read.
        Unlicensed = "unlicensed", 0;
        /// The license is denied, either by Polar's last answer or by the app's configuration.
        Denied = "denied", 1;
        /// The clock was moved so far back that no time can be trusted. To restore access, the app must validate the
        /// license once while it is online.
        ClockSuspect = "clock_suspect", 2;
        /// `expires_at` has passed.
        Expired = "expired", 3;
        /// Confirmed by Polar less than `refresh_interval` ago.
        Active = "active", 4;
        /// Confirmed by Polar less than `offline_grace` ago, but more than `refresh_interval` ago.
        Grace = "grace", 5;
        /// The last confirmation is too old. Access returns as soon as Polar confirms the license again.
        Lapsed = "lapsed", 6;
        /// No license is stored, and the trial on this device has not ended.
        Trial = "trial", 7;
    }
}

codes! {
    /// The reason why a feature is off.
    pub enum OffReason {
        /// Access is not allowed: the state and the reason of the decision say why.
        NotLicensed = "not_licensed", 1;
        /// The license is valid, but its benefit does not turn the feature on: the user needs another plan.
        NotIncluded = "not_included", 2;
        /// The configuration has no feature with this name. This is a bug in the app.
        Unknown = "unknown", 3;
    }
}

codes! {
    /// The reason for a state, or for the refusal of an operation.
    pub enum Reason {
        /// No license key has been activated on this device.
        NoLicense = "no_license", 1;
        /// The stored record was changed by something other than this library.
        Tampered = "tampered", 2;
        /// The stored record belongs to another device.
        OtherDevice = "other_device", 3;
        /// The stored record belongs to another organization, environment or app.
        OtherProduct = "other_product", 4;
        /// The stored record was written by a newer version of this library.
        NewerFormat = "newer_format", 5;
        /// The stored record could not be read.
        Storage = "storage", 6;
        /// Polar does not know this key, or does not know this activation of the key. The key was mistyped, deleted or
        /// rotated, or the activation was removed. Polar does not distinguish these cases.
        NotFound = "not_found", 7;
        /// The key was revoked or disabled.
        Inactive = "inactive", 8;
        /// The key has expired.
        Expired = "expired", 9;
        /// The activation was made under other conditions: on another device, or before the app's `conditions` changed.
        Conditions = "conditions", 10;
        /// Polar denied the key for a reason that this version of the library does not know.
        Refused = "refused", 11;
        /// The key has an activation limit, and there is no activation on this device.
        ActivationRequired = "activation_required", 12;
        /// Every activation that the key allows is in use.
        ActivationLimit = "activation_limit", 13;
        /// The key is for a benefit that this app does not accept.
        Benefit = "benefit", 14;
        /// This version of the app was built after the license's updates ended. Earlier versions continue to work.
        UpdatesEnded = "updates_ended", 15;
        /// No license key has been activated on this device, and the trial has ended.
        TrialEnded = "trial_ended", 16;
    }
}

codes! {
    /// The next step that the user can take.
    pub enum NextStep {
        /// Nothing to do.
        None = "none", 0;
        /// Go online once.
        Connect = "connect", 1;
        /// Enter a license key.
        EnterKey = "enter_key", 2;
        /// Activate this device, again or for the first time.
        Activate = "activate", 3;
        /// Activate with `replace_previous`, to move the license here from another device.
        Move = "move", 4;
        /// Renew the subscription or buy a new key.
        Renew = "renew", 5;
        /// Ask the vendor.
        ContactVendor = "contact_vendor", 6;
        /// Deactivate another device, either on that device or in Polar's customer portal.
        ManageDevices = "manage_devices", 7;
        /// Buy a license, or enter its key.
        Buy = "buy", 8;
        /// Make an offline request on this computer, and import its answer.
        OfflineRequest = "offline_request", 9;
    }
}

codes! {
    /// The kinds of [`Error`](crate::Error), the same in every language.
    pub enum ErrorKind {
        /// The caller passed an invalid argument, such as an empty license key.
        InvalidArgument = "invalid_argument", 1;
        /// The configuration is invalid. Nothing was sent.
        InvalidConfig = "invalid_config", 2;
        /// Polar could not be reached: there was no connection, or another server answered.
        Network = "network", 3;
        /// No complete answer came in time.
        Timeout = "timeout", 4;
        /// Polar asks the app to wait; see [`Error::retry_after`](crate::Error::retry_after).
        RateLimited = "rate_limited", 5;
        /// Polar was reached, but its server failed.
        Server = "server", 6;
        /// Polar, or the app's own configuration, denied the request; see [`Error::reason`](crate::Error::reason).
        Refused = "refused", 7;
        /// The key has fewer uses left than requested.
        UsageExhausted = "usage_exhausted", 8;
        /// The record could not be read or written.
        Storage = "storage", 9;
        /// The caller cancelled the operation.
        Cancelled = "cancelled", 10;
        /// The operation needs a license, and there is none on this device.
        NotActivated = "not_activated", 11;
        /// An earlier activation may have taken a seat, but this device does not know whether it did.
        SeatUncertain = "seat_uncertain", 12;
        /// A bug in this library.
        Internal = "internal", 13;
        /// The browser has no WebAssembly, or does not allow it, so the library cannot run. Occurs in JavaScript only.
        Unsupported = "unsupported", 14;
    }
}

codes! {
    /// The outcome of releasing a seat.
    pub enum Deactivated {
        /// Polar confirmed that the seat is free.
        Released = "released", 0;
        /// Polar does not know the seat, for example because it was removed in the portal.
        Unknown = "unknown", 1;
        /// The license took no seat.
        NotNeeded = "not_needed", 2;
        /// Polar does not know the seat, but the seat may still be taken. Either the key was rotated or deleted, or
        /// Polar did not say whether it knows the key. If a new key has replaced the old one, an activation of the new
        /// key on this device uses or releases the seat.
        KeyUnknown = "key_unknown", 3;
    }
}

#[cfg(feature = "portal")]
codes! {
    /// Whether one of a customer's license keys can be used.
    pub enum KeyStatus {
        /// A status that this version does not know.
        Unknown = "unknown", 0;
        /// The key can be used.
        Granted = "granted", 1;
        /// The key has expired, by the clock of this device.
        Expired = "expired", 2;
        /// The purchase was refunded, the subscription has ended, or the seat was taken back.
        Revoked = "revoked", 3;
        /// The vendor has disabled the key.
        Disabled = "disabled", 4;
    }
}

#[cfg(feature = "portal")]
codes! {
    /// The event that the app waits for.
    pub enum Stage {
        /// The buyer completes the purchase.
        Open = "open", 1;
        /// The payment succeeds.
        Paying = "paying", 2;
        /// The license key is created.
        Granting = "granting", 3;
    }
}

stored_codes! {
    /// The reason why Polar denies a license. A record stores the reason as its number. The number 0 means that the
    /// license is confirmed.
    pub(crate) enum Denial {
        /// Polar denied the license for a reason that this version of the library does not know.
        Refused = 1, Refused;
        /// Polar does not know the key, or does not know this activation of the key.
        NotFound = 2, NotFound;
        /// The key was revoked or disabled.
        Inactive = 3, Inactive;
        /// The key has expired.
        Expired = 4, Expired;
        /// The activation was made under conditions other than the present ones.
        Conditions = 5, Conditions;
        /// The key is for another benefit.
        Benefit = 6, Benefit;
    }
}

stored_codes! {
    /// The reason why a stored record cannot be trusted. A record stores the reason as a number.
    pub(crate) enum Distrust {
        /// The record was changed by something other than this library.
        Tampered = 1, Tampered;
        /// The record belongs to another device.
        OtherDevice = 2, OtherDevice;
        /// The record belongs to another organization, environment or app.
        OtherProduct = 3, OtherProduct;
        /// The record was written by a newer version of this library.
        NewerFormat = 4, NewerFormat;
    }
}

impl State {
    /// Returns `true` if the app may run: in [`State::Active`], [`State::Grace`] and [`State::Trial`] only.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Active | Self::Grace | Self::Trial)
    }

    /// Returns the possible reasons for this state. There are none if the state itself is the reason.
    pub const fn reasons(self) -> &'static [Reason] {
        match self {
            Self::Unlicensed => &[
                Reason::NoLicense,
                Reason::Tampered,
                Reason::OtherDevice,
                Reason::OtherProduct,
                Reason::NewerFormat,
                Reason::Storage,
                Reason::TrialEnded,
            ],
            Self::Denied => &[
                Reason::NotFound,
                Reason::Inactive,
                Reason::Conditions,
                Reason::Refused,
                Reason::ActivationRequired,
                Reason::Benefit,
                Reason::UpdatesEnded,
            ],
            Self::ClockSuspect | Self::Expired | Self::Active | Self::Grace | Self::Lapsed | Self::Trial => &[],
        }
    }
}

/// The parts of an untrusted license that can still be used to ask Polar about the license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Nothing,
    /// Only the key, which is enough to ask Polar about the license.
    Key,
    /// The key and a seat. The seat was taken by this device, or by the device that wrote the record.
    Seat,
}

impl Denial {
    /// Converts the reason for which Polar refused a license to the denial that is stored. A reason that Polar never
    /// gives for a license that was activated before has no denial of its own, and becomes [`Denial::Refused`].
    pub(crate) const fn of(reason: Reason) -> Self {
        match reason {
            Reason::NotFound => Self::NotFound,
            Reason::Inactive => Self::Inactive,
            Reason::Expired => Self::Expired,
            Reason::Conditions => Self::Conditions,
            Reason::Benefit => Self::Benefit,
            Reason::NoLicense
            | Reason::Tampered
            | Reason::OtherDevice
            | Reason::OtherProduct
            | Reason::NewerFormat
            | Reason::Storage
            | Reason::Refused
            | Reason::ActivationRequired
            | Reason::ActivationLimit
            | Reason::UpdatesEnded
            | Reason::TrialEnded => Self::Refused,
        }
    }
}

impl Reason {
    /// Returns the reason for a denial, given the HTTP status and the text of Polar's reply. If this version does not
    /// know the text, the reply still counts as a denial.
    pub(crate) fn of_polar(status: u16, detail: &str) -> Self {
        if status == 404 && detail == "Not found" {
            Self::NotFound
        } else if detail.contains("no longer active") {
            Self::Inactive
        } else if detail.contains("has expired") {
            Self::Expired
        } else if detail.contains("required conditions") {
            Self::Conditions
        } else if detail.contains("given benefit") {
            Self::Benefit
        } else if status == 403 && !detail.contains("does not support activations") {
            Self::ActivationLimit
        } else {
            Self::Refused
        }
    }

    /// Returns the sentence that tells the user why access is not allowed.
    pub(crate) const fn text(self) -> Text {
        match self {
            Self::NoLicense => Text::NoLicense,
            Self::Tampered => Text::Tampered,
            Self::OtherDevice => Text::OtherDevice,
            Self::OtherProduct => Text::OtherProduct,
            Self::NewerFormat => Text::NewerFormat,
            Self::Storage => Text::Unreadable,
            Self::NotFound => Text::NotFound,
            Self::Inactive => Text::Inactive,
            Self::Expired => Text::Expired,
            Self::Conditions => Text::Conditions,
            Self::Refused => Text::Refused,
            Self::ActivationRequired => Text::ActivationRequired,
            Self::ActivationLimit => Text::KeyInUse,
            Self::Benefit => Text::Benefit,
            Self::UpdatesEnded => Text::UpdatesEnded,
            Self::TrialEnded => Text::TrialEnded,
        }
    }

    /// Returns the sentence that tells the user that the entered key was refused for this reason.
    pub(crate) const fn refused_text(self) -> Text {
        match self {
            Self::NotFound => Text::KeyNotFound,
            Self::Inactive => Text::KeyInactive,
            Self::Expired => Text::KeyExpired,
            Self::Conditions => Text::Conditions,
            Self::ActivationRequired => Text::ActivationRequired,
            Self::ActivationLimit => Text::KeyInUse,
            Self::Benefit => Text::KeyBenefit,
            Self::UpdatesEnded => Text::KeyUpdatesEnded,
            Self::NewerFormat => Text::KeyNewerFormat,
            Self::NoLicense
            | Self::Tampered
            | Self::OtherDevice
            | Self::OtherProduct
            | Self::Storage
            | Self::Refused => Text::KeyRefused,
            Self::TrialEnded => Text::TrialEnded,
        }
    }

    /// Returns the line for developers about an entered key that was refused for this reason. It also says what to do.
    pub(crate) const fn refusal(self) -> &'static str {
        match self {
            Self::NotFound => "Polar does not know this license key; check it for typos",
            Self::Inactive => "this license key is no longer active; contact the vendor",
            Self::Expired => "this license key has expired; renew it",
            Self::Conditions => "this activation belongs to another device or version; activate again",
            Self::ActivationRequired => "this license key must be activated on this device first",
            Self::ActivationLimit => {
                "every activation of this license key is in use; deactivate another device, or remove one in Polar's customer portal"
            }
            Self::Benefit => "this license key is for another product or plan",
            Self::UpdatesEnded => "this license key does not include a version built as late as this one; renew it",
            Self::NewerFormat => {
                "the stored license was written by a newer version of this app; update the app, or forget the license first"
            }
            Self::NoLicense
            | Self::Tampered
            | Self::OtherDevice
            | Self::OtherProduct
            | Self::Storage
            | Self::Refused => "Polar refused this license key; contact the vendor",
            Self::TrialEnded => "the trial on this device has ended; it starts only once",
        }
    }

    /// Returns the line for developers about a stored license that was refused for this reason. It does not suggest
    /// that the key was mistyped, as `refusal` does.
    pub(crate) const fn refusal_here(self) -> &'static str {
        match self {
            Self::NotFound => {
                "Polar does not know this license key, or not with this activation; activate it again, or enter the new key"
            }
            Self::NoLicense
            | Self::Tampered
            | Self::OtherDevice
            | Self::OtherProduct
            | Self::NewerFormat
            | Self::Storage
            | Self::Inactive
            | Self::Expired
            | Self::Conditions
            | Self::Refused
            | Self::ActivationRequired
            | Self::ActivationLimit
            | Self::Benefit
            | Self::UpdatesEnded
            | Self::TrialEnded => self.refusal(),
        }
    }

    /// Returns the next step for a user who is denied access for this reason. If the stored license is untrusted,
    /// `known` says which parts of it can still be used.
    pub(crate) const fn next_step(self, known: Known) -> NextStep {
        match self {
            Self::OtherDevice => match known {
                Known::Seat => NextStep::Move,
                Known::Key => NextStep::Activate,
                Known::Nothing => NextStep::EnterKey,
            },
            Self::Tampered | Self::NewerFormat => match known {
                Known::Seat | Known::Key => NextStep::Connect,
                Known::Nothing => NextStep::EnterKey,
            },
            Self::NoLicense | Self::OtherProduct => NextStep::EnterKey,
            Self::NotFound | Self::Conditions | Self::ActivationRequired => NextStep::Activate,
            Self::Expired | Self::UpdatesEnded => NextStep::Renew,
            Self::TrialEnded => NextStep::Buy,
            Self::ActivationLimit => NextStep::ManageDevices,
            Self::Storage | Self::Inactive | Self::Refused | Self::Benefit => NextStep::ContactVendor,
        }
    }

    /// Returns the user's next step if an operation was refused for this reason.
    pub(crate) const fn refused_next_step(self) -> NextStep {
        match self {
            Self::NotFound | Self::Benefit => NextStep::EnterKey,
            Self::Expired | Self::UpdatesEnded => NextStep::Renew,
            Self::TrialEnded => NextStep::Buy,
            Self::Conditions | Self::ActivationRequired => NextStep::Activate,
            Self::ActivationLimit => NextStep::ManageDevices,
            // The user must update the app, and `NextStep` has no variant for that.
            Self::NewerFormat => NextStep::None,
            Self::Inactive
            | Self::NoLicense
            | Self::Tampered
            | Self::OtherDevice
            | Self::OtherProduct
            | Self::Storage
            | Self::Refused => NextStep::ContactVendor,
        }
    }
}

impl ErrorKind {
    /// Returns `true` if the user should be told about a problem of this kind. Such a problem does not change access,
    /// but it affects the user and does not go away by itself.
    pub(crate) const fn concerns_user(self) -> bool {
        match self {
            Self::Storage | Self::SeatUncertain | Self::Internal | Self::Unsupported => true,
            Self::InvalidArgument
            | Self::InvalidConfig
            | Self::Network
            | Self::Timeout
            | Self::RateLimited
            | Self::Server
            | Self::Refused
            | Self::UsageExhausted
            | Self::Cancelled
            | Self::NotActivated => false,
        }
    }

    /// Returns the sentence for the user about an error of this kind, for use if no more specific sentence is known.
    pub(crate) const fn text(self) -> Text {
        match self {
            Self::InvalidArgument => Text::InvalidArgument,
            Self::InvalidConfig => Text::InvalidConfig,
            Self::Network => Text::Network,
            Self::Timeout => Text::Timeout,
            Self::RateLimited => Text::RateLimited,
            Self::Server => Text::Server,
            Self::Refused => Text::Refused,
            Self::UsageExhausted => Text::UsageExhausted,
            Self::Storage => Text::Storage,
            Self::Cancelled => Text::Cancelled,
            Self::NotActivated => Text::NoLicense,
            Self::SeatUncertain => Text::SeatUncertain,
            Self::Internal => Text::Internal,
            Self::Unsupported => Text::Unsupported,
        }
    }

    /// Returns the usual next step for a user after an error of this kind. Some errors have a more specific next step
    /// instead.
    pub(crate) const fn next_step(self) -> NextStep {
        match self {
            Self::Network | Self::Timeout => NextStep::Connect,
            Self::NotActivated => NextStep::EnterKey,
            Self::UsageExhausted => NextStep::Renew,
            Self::SeatUncertain => NextStep::ManageDevices,
            Self::Refused | Self::Unsupported => NextStep::ContactVendor,
            Self::InvalidArgument
            | Self::InvalidConfig
            | Self::RateLimited
            | Self::Server
            | Self::Storage
            | Self::Cancelled
            | Self::Internal => NextStep::None,
        }
    }

    /// Returns `true` if Polar gave no usable answer. The same call may succeed later.
    pub const fn is_unreachable(self) -> bool {
        matches!(self, Self::Network | Self::Timeout | Self::RateLimited | Self::Server | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that the number and the name of each row of a table convert back to that row. This fails if two rows
    /// share a number or a name.
    macro_rules! round_trip {
        ($($type:ident from $first:literal),+) => {$(
            for (code, number) in $type::ALL.iter().zip($first..) {
                assert_eq!(code.number(), number, "{code}: the numbers have no gap");
                assert_eq!($type::from_number(number), Some(*code));
                assert_eq!(code.as_str().parse(), Ok(*code));
                assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
                assert!(!code.doc().is_empty());
            }
            assert_eq!($type::from_number($first - 1), None);
            assert_eq!("".parse::<$type>().unwrap_err().to_string(), concat!("not the name of a `", stringify!($type), "`"));
        )+};
    }

    #[test]
    fn every_code_reads_back_as_itself() {
        round_trip!(State from 0, Reason from 1, NextStep from 0, ErrorKind from 1, Deactivated from 0);
    }

    #[test]
    fn stored_codes_read_back_as_themselves() {
        let denials: Vec<_> = (0..=u8::MAX).filter_map(Denial::from_number).collect();
        assert!(denials.iter().zip(1..).all(|(denial, number)| denial.number() == number));
        let distrusts: Vec<_> = (0..=u8::MAX).filter_map(Distrust::from_number).collect();
        assert!(distrusts.iter().zip(1..).all(|(distrust, number)| distrust.number() == number));
        assert_eq!(Reason::from(Denial::Benefit), Reason::Benefit);
        assert_eq!(Reason::from(Distrust::NewerFormat), Reason::NewerFormat);
    }

    #[test]
    fn details_are_lines_for_developers() {
        for reason in Reason::ALL {
            let detail = reason.refusal();
            assert!(
                detail.starts_with(|c: char| c.is_lowercase() || detail.starts_with("Polar")) && !detail.ends_with('.'),
                "{detail}"
            );
        }
    }
}
