//! The sentences that a user may read. Each sentence has a code, under which an app can replace it. `texts/` has the
//! sentences as JSON, for translators. The sentences of the customer portal are in separate files, because a build
//! without the portal does not accept their codes. This file does not choose which sentence is shown, and contains no
//! texts for developers.

use std::sync::Arc;

/// Declares the sentences, one row each. A row says when the sentence is shown, and has its code and its English text.
/// A `{name}` is a placeholder. The portal's sentences, whose codes begin with `portal.`, exist only with the feature
/// `portal`.
macro_rules! texts {
    (
        $($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $english:literal;)+

        portal {
            $($(#[doc = $portal_doc:literal])+ $portal:ident = $portal_code:literal, $portal_english:literal;)+
        }
    ) => {
        /// A sentence for users.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Text {
            $($(#[doc = $doc])+ $variant,)+
            $($(#[doc = $portal_doc])+ #[cfg(feature = "portal")] $portal,)+
        }

        impl Text {
            pub(crate) const ALL: &'static [Self] = &[
                $(Self::$variant,)+
                $(#[cfg(feature = "portal")] Self::$portal,)+
            ];

            /// Returns the code of the sentence, which is its name in a catalogue and never changes.
            pub(crate) const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                    $(#[cfg(feature = "portal")] Self::$portal => $portal_code,)+
                }
            }

            pub(crate) const fn english(self) -> &'static str {
                match self {
                    $(Self::$variant => $english,)+
                    $(#[cfg(feature = "portal")] Self::$portal => $portal_english,)+
                }
            }
        }
    };
}

texts! {
    /// The state `active`.
    Active = "state.active", "The license is active.";
    /// The state `grace`.
    Grace = "state.grace", "The license is active. It will be confirmed when you are next online.";
    /// The state `grace`, some days before it ends.
    GraceEnding = "state.grace_ending", "The license has not been confirmed for some time. Go online soon to keep it working.";
    /// The state `lapsed`.
    Lapsed = "state.lapsed", "The license has not been confirmed for too long. Go online once to continue.";
    /// The state `expired`.
    Expired = "state.expired", "The license has expired. Renew it to continue.";
    /// The state `clock_suspect`.
    ClockSuspect = "state.clock_suspect", "The clock of this device does not fit the last confirmation of the license. Check the date, then go online once to continue.";
    /// The state `trial`. `{day}` is the day on which the trial ends.
    Trial = "state.trial", "This is a trial. It ends on {day}.";
    /// The state `trial`, some days before the trial ends. `{day}` is the day on which it ends.
    TrialEnding = "state.trial_ending", "The trial ends on {day}. Buy a license to keep using the app.";
    /// The trial has ended.
    TrialEnded = "reason.trial_ended", "The trial has ended. Buy a license to continue.";
    /// The trial cannot continue, because the clock was set back.
    TrialClock = "trial.clock", "The trial cannot continue, because the date of this device is earlier than before. Correct the date if it is wrong, or buy a license.";
    /// The trial cannot start, because the clock shows a day before this version of the app was built.
    TrialClockBehind = "trial.clock_behind", "The trial cannot start, because the date of this device is wrong. Correct the date, and try again.";
    /// The trial could not be stored, so it was not started.
    TrialNotStored = "trial.not_stored", "The trial could not be started, because it could not be stored on this device. Make sure that there is space and that this app may write its data.";
    /// The trial does not include a feature.
    FeatureNotInTrial = "feature.not_in_trial", "The trial does not include this feature. Buy a license to use it.";
    /// The trial includes a feature.
    FeatureInTrial = "feature.in_trial", "The trial includes this feature.";
    /// An imported license ends soon. `{day}` is the day on which it ends.
    OfflineEnding = "offline.ending", "The license of this computer ends on {day}. Create a new request, and import its answer.";
    /// An imported license has ended.
    OfflineLapsed = "offline.lapsed", "The license of this computer has ended. Create a new request, and import its answer.";
    /// The state `clock_suspect` of an imported license.
    OfflineClockSuspect = "offline.clock_suspect", "The clock of this computer does not fit its license. Correct the date, or create a new request and import its answer.";
    /// A text of the offline exchange is incomplete or was changed.
    OfflineDamaged = "offline.damaged", "This text is incomplete or has a mistake. Copy the whole text again.";
    /// A request was entered where another text was expected.
    OfflineRequestHere = "offline.request_here", "This text is a request. Take it to a computer with a network to get its answer.";
    /// An answer was entered where another text was expected.
    OfflineAnswerHere = "offline.answer_here", "This text is an answer. Import it on the computer that made the request.";
    /// A return was entered where another text was expected.
    OfflineReturnHere = "offline.return_here", "This text returns a license. Use it to return the license, on a computer with a network.";
    /// A newer version of the app wrote the text.
    OfflineNewer = "offline.newer", "This text was made by a newer version of this app. Update the app, and try again.";
    /// The text belongs to another app.
    OfflineOtherProduct = "offline.other_product", "This text belongs to another product. Use the same app on both computers.";
    /// The answer was made for another device.
    OfflineOtherDevice = "offline.other_device", "This answer was made for another computer. Create a request on this computer, and import its answer.";
    /// The two computers have versions of the app with different secrets.
    OfflineOtherSecret = "offline.other_secret", "The other computer has a version of this app that does not fit this one. Use the same version on both computers.";
    /// The answer does not belong to the latest request.
    OfflineOtherRequest = "offline.other_request", "This answer does not belong to the latest request of this computer. Create a new request, and import its answer.";
    /// The answer was imported so late that its license has ended.
    OfflineLate = "offline.late", "This answer is too old. Create a new request, and import its answer.";
    /// An imported license could not be deactivated, because this computer has no network.
    OfflineNotDeactivated = "offline.not_deactivated", "The license could not be returned without a network. Create a return on this computer, and use it on a computer with a network.";

    /// No license is stored.
    NoLicense = "reason.no_license", "No license is active on this device. Enter a license key.";
    /// The stored record was changed, but still contains a key about which Polar can be asked.
    Tampered = "reason.tampered", "The stored license was changed or damaged. Go online once to confirm it, or enter the license key again.";
    /// The stored record was changed, and has no key.
    TamperedKey = "reason.tampered_key", "The stored license was changed or damaged. Enter the license key again.";
    /// The stored record was copied from another device.
    OtherDevice = "reason.other_device", "The stored license belongs to another device. Activate it here to move it.";
    /// The stored record belongs to another app.
    OtherProduct = "reason.other_product", "The stored license belongs to another product. Enter the license key for this one.";
    /// The stored record was written by a newer version.
    NewerFormat = "reason.newer_format", "The stored license was written by a newer version of this app. Go online once, or update the app.";
    /// The stored record could not be read.
    Unreadable = "reason.storage", "The stored license could not be read. Make sure that this app may read its data on this device.";
    /// The key was rotated or deleted, or the activation was removed. It is unknown which of these happened.
    NotFound = "reason.not_found", "The license is no longer valid on this device. Activate it again, or enter the new license key.";
    /// The vendor revoked or disabled the key.
    Inactive = "reason.inactive", "The license is no longer active. Contact the vendor.";
    /// The activation was made under conditions other than the present ones.
    Conditions = "reason.conditions", "The license was activated for another device or version. Activate it again.";
    /// Polar denied the license for a reason that this version does not know.
    Refused = "reason.refused", "The license was refused. Contact the vendor.";
    /// The key limits the number of devices, and this device is not activated.
    ActivationRequired = "reason.activation_required", "The license must be activated on this device. Activate it to continue.";
    /// The key belongs to a benefit that the app does not accept.
    Benefit = "reason.benefit", "The license is for another product or plan. Contact the vendor.";

    /// The license includes updates for a limited time, and this version was built after that time.
    UpdatesEnded = "reason.updates_ended", "The license includes versions of this app that were built until {day}. They go on working. Renew the license to use this version.";

    /// The entered key is unknown.
    KeyNotFound = "refused.not_found", "This license key is not known. Check it for typos.";
    /// The user tried to activate the stored key again, but Polar does not know it any more.
    KeyReplaced = "refused.replaced", "The license key of this device is no longer valid. Enter the new license key.";
    /// The entered key was revoked or disabled.
    KeyInactive = "refused.inactive", "This license key is no longer active. Contact the vendor.";
    /// The entered key has expired.
    KeyExpired = "refused.expired", "This license key has expired. Renew it to continue.";
    /// The key is already active on as many devices as it allows.
    KeyInUse = "refused.activation_limit", "This license key is in use on as many devices as it allows. Deactivate one of them first.";
    /// The key is active on as many devices as it allows. This device has an older seat of the key, and the license can
    /// be moved here if that seat is released.
    KeyInUseMove = "refused.activation_limit_move", "This license key is in use on as many devices as it allows. Deactivate one of them, or move the license here.";
    /// The entered key belongs to a benefit that the app does not accept.
    KeyBenefit = "refused.benefit", "This license key is for another product or plan. Enter the key for this one.";
    /// The entered key includes updates for a limited time, and this version was built after that time.
    KeyUpdatesEnded = "refused.updates_ended", "This license key includes versions of this app that were built until {day}. Use one of them, or renew the license to use this version.";
    /// A newer version of the app has stored a license, which this version must not overwrite.
    KeyNewerFormat = "refused.newer_format", "The stored license was written by a newer version of this app. Update the app.";
    /// The entered key was denied for a reason that this version does not know.
    KeyRefused = "refused.other", "This license key was refused. Contact the vendor.";

    /// No key was entered.
    KeyEmpty = "key.empty", "The license key is empty. Enter the key from the purchase e-mail.";
    /// The entered key contains a character that no key has.
    KeyUnreadable = "key.unreadable", "The license key has an invisible character in it. Copy it again.";
    /// The entered text is longer than any key.
    KeyTooLong = "key.too_long", "This is too long for a license key. Copy only the key.";

    /// The app called a function wrongly; `{detail}` is in English.
    InvalidArgument = "error.invalid_argument", "This app made a mistake: {detail}.";
    /// The app's settings are invalid; `{detail}` is in English.
    InvalidConfig = "error.invalid_config", "This app is not set up correctly: {detail}.";
    /// The server could not read the request.
    RequestUnreadable = "error.request", "The license server could not read what this app sent. Contact the vendor.";
    /// There is no connection, or a network's sign-in page answered.
    Network = "error.network", "The license server could not be reached. Check the network connection or sign in to the network, and try again.";
    /// No answer arrived in time.
    Timeout = "error.timeout", "The license server did not answer in time. Try again.";
    /// Too many requests were sent, and the time to wait is unknown.
    RateLimited = "error.rate_limited", "The license server is busy. Try again later.";
    /// Too many requests were sent, and the next one may be sent in a second.
    BusySecond = "error.busy_second", "The license server is busy. Try again in a second.";
    /// Too many requests were sent. `{seconds}` is the time to wait, from 2 to 99 seconds.
    BusySeconds = "error.busy_seconds", "The license server is busy. Try again in {seconds} seconds.";
    /// Too many requests were sent. `{minutes}` is the time to wait, which is at least 2 minutes.
    BusyMinutes = "error.busy_minutes", "The license server is busy. Try again in {minutes} minutes.";
    /// The server failed.
    Server = "error.server", "The license server has a problem. Try again later.";
    /// Fewer uses are left than the app wants to count.
    UsageExhausted = "error.usage_exhausted", "The license has fewer uses left than this needs. Renew it, or buy another one.";
    /// The license could not be written.
    Storage = "error.storage", "The license could not be stored on this device. Make sure that there is space and that this app may write its data.";
    /// No seat was taken, because the outcomes of too many earlier activations are unknown.
    TooManyUnsettled = "error.too_many_unsettled", "Too many earlier activations of this device are unresolved. Contact the vendor.";
    /// The user asked to remove the license, and there is none.
    NothingToRemove = "error.nothing_to_remove", "There is no license to remove.";
    /// The license could not be removed.
    NotRemoved = "error.not_removed", "The license could not be removed from this device. Make sure that this app may write its data.";
    /// The seat was released, but the license could not be removed.
    ReleasedNotRemoved = "error.released_not_removed", "The license was released, but could not be removed from this device. Make sure that this app may write its data, and deactivate the license again.";
    /// The user or the app has cancelled the operation.
    Cancelled = "error.cancelled", "The operation was cancelled.";
    /// An activation got no answer, and may have taken a seat. `{key}` stands for the last characters of the license
    /// key, and `{label}` for the label of the seat.
    SeatUncertain = "error.seat_uncertain", "An activation of the license key {key} was interrupted, and may count as one of its devices. If a device is missing, remove \"{label}\" on the page where you manage your purchase, or ask the vendor to remove it.";
    /// The answer was lost, and it is unknown whether the key was activated.
    MaybeActivated = "error.maybe_activated", "The activation was not confirmed, but it may have succeeded. Check the devices of the license before you try again.";
    /// The answer was lost, and it is unknown whether Polar has counted the usage.
    MaybeCounted = "error.maybe_counted", "The uses were not confirmed, but they may have been counted. Check the usage before you try again.";
    /// The app or this library has a bug.
    Internal = "error.internal", "Something went wrong in this app. Restart it and try again.";
    /// The browser has no WebAssembly, or does not allow it.
    Unsupported = "error.unsupported", "This app cannot check its license in this browser. Contact the vendor.";

    /// Added to an error's message if the license could not be stored, and so works only until the app ends.
    UntilExit = "also.until_exit", "The license works until this app ends.";

    /// A feature is on.
    FeatureIncluded = "feature.included", "Your license includes this feature.";
    /// A feature is off, because the license is for another plan.
    FeatureNotIncluded = "feature.not_included", "Your license does not include this feature. Upgrade to use it.";
    /// The app asked for a feature that its settings do not name.
    FeatureUnknown = "feature.unknown", "This feature is not available. Contact the vendor.";

    portal {
        /// The entered text is not an e-mail address.
        NotAnAddress = "portal.not_an_address", "This is not an e-mail address. Check it for typos.";
        /// The address that was entered cannot get mail.
        WrongAddress = "portal.wrong_address", "No mail can be sent to this address. Check it for typos.";
        /// A code was requested, and it is unknown whether Polar knows the address; `{email}` is the address.
        CodeSent = "portal.code_sent", "If {email} bought it, a code is on its way to that address. Check the address for typos.";
        /// Added to an error's message if it is unknown whether a code was mailed.
        MaybeMailed = "portal.maybe_mailed", "The mail with the code may be on its way all the same. Look for it before you ask for another one.";
        /// The address belongs to several customers, and none was chosen.
        SeveralCustomers = "portal.several_customers", "This address belongs to several customers. Choose one of them.";
        /// The entered text cannot be a code.
        NotACode = "portal.not_a_code", "A code has six letters and digits. Copy it from the mail.";
        /// The entered code is wrong, was used, or has expired.
        WrongCode = "portal.wrong_code", "This code is wrong or has expired. Check it, or ask for another one.";
        /// Too many codes were requested or tried, and the next request may be sent in a second.
        TooManyCodesSecond = "portal.too_many_codes_second", "Too many codes were requested or tried. Try again in a second.";
        /// Too many codes were requested or tried. `{seconds}` is the time to wait, from 2 to 99 seconds.
        TooManyCodesSeconds = "portal.too_many_codes_seconds", "Too many codes were requested or tried. Try again in {seconds} seconds.";
        /// Too many codes were requested or tried. `{minutes}` is the time to wait, which is at least 2 minutes.
        TooManyCodesMinutes = "portal.too_many_codes_minutes", "Too many codes were requested or tried. Try again in {minutes} minutes.";
        /// Added to an error's message if the mailed code will still be valid when the user may try again.
        CodeStillGood = "portal.code_still_good", "The code from the last mail is still good then.";
        /// Added to an error's message if the mailed code will have expired by the time when the user may try again.
        CodeOverByThen = "portal.code_over_by_then", "The code from the last mail will have expired by then: ask for another one.";
        /// The entered text cannot be the address of a checkout.
        NotALink = "portal.not_a_link", "This is not a link to a checkout. Copy the whole link.";
        /// The entered text cannot be an invitation to a team.
        NotAnInvitation = "portal.not_an_invitation", "This is not an invitation. Copy the link from the mail.";
        /// The entered invitation has expired, or was accepted or withdrawn.
        InvitationOver = "portal.invitation_over", "This invitation has expired or was accepted before. Ask the person who invited you for another one, or ask for a code by e-mail if you have accepted it.";
        /// Added to an error's message if it is unknown whether the invitation was accepted.
        MaybeClaimed = "portal.maybe_claimed", "The invitation may have been accepted all the same: ask for a code by e-mail.";
        /// The session has ended. A session lasts one hour.
        SessionOver = "portal.session_over", "The session has ended. Ask for another code.";
        /// The customer has no license key for this app.
        NoKeyBought = "portal.no_key", "No license for this app was bought with this address. Try another address.";
        /// The license key of a purchase, or of an invitation, has not been created yet.
        KeyLate = "portal.key_late", "The license key is not there yet. Try again in a few minutes.";
        /// The requested object was used or deleted, or belongs to somebody else.
        NotKnown = "portal.not_known", "This was not found. It may have been deleted in the meantime. Ask for another code by e-mail, and try again.";
        /// Polar does not permit the request because of the key's state or the vendor's settings.
        NotPossible = "portal.not_possible", "This is not possible for this license. Contact the vendor.";
        /// Added to an error's message if it is unknown whether the license key was replaced.
        MaybeRotated = "portal.maybe_rotated", "The license key may have been replaced all the same.";
        /// The license key was replaced, but the new one could not be stored.
        RotatedNotStored = "portal.rotated_not_stored", "The license key was replaced, but could not be stored on this device. Make sure that there is space, and find the new key with a code by e-mail.";
        /// Added to an error's message if it is unknown whether the device was released.
        MaybeReleased = "portal.maybe_released", "The device may have been released all the same.";
        /// The license is certainly in use on a device, but Polar shows the customer no devices.
        DevicesHidden = "portal.devices_hidden", "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.";
        /// There certainly are no devices.
        NoDevices = "portal.no_devices", "This license key is active on no device.";
        /// No devices are shown: the vendor hides them, or there are none.
        DevicesUnknown = "portal.devices_unknown", "This license shows no devices to its customers. If it is in use on a device that you no longer have, ask the vendor to remove it.";
        /// The purchase was not paid in time.
        NotCompleted = "portal.not_completed", "The purchase was not completed in time. If you have paid, ask for a code by e-mail in a few minutes.";
        /// The purchase was not paid, and will not be paid.
        PaymentFailed = "portal.payment_failed", "The payment failed. Try again.";
        /// The purchase is older than a day.
        CheckoutExpired = "portal.checkout_expired", "This purchase is more than a day old. If you have paid, ask for a code by e-mail to find your license key. If not, start the purchase again.";
        /// The purchase is paid, but does not name the buyer.
        NoBuyer = "portal.no_buyer", "The purchase is complete. Ask for a code with the address that you bought with.";
        /// The browser was not sent back to the app after the purchase.
        NotReturned = "portal.not_returned", "The purchase did not come back to this app. Ask for a code by e-mail instead.";
        /// Shown in the browser after the purchase.
        PageDone = "portal.page_done", "Thank you. You can close this page and go back to the app.";
        /// Shown if a browser opens the page without coming from the purchase.
        PageEmpty = "portal.page_empty", "There is nothing here.";
    }
}

/// The sentences as an app shows them: in English, except those that the app has replaced. Clones share the same data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts(Option<Arc<[(Text, String)]>>);

impl Texts {
    /// Creates the list of sentences from pairs of a code and the app's own sentence for it. If a code occurs more than
    /// once, the last sentence counts. Returns the fault of a pair that is not valid.
    pub(crate) fn new(by_code: &[(String, String)]) -> Result<Self, Fault> {
        if by_code.is_empty() {
            return Ok(Self::default());
        }
        let mut replaced = Vec::with_capacity(by_code.len());
        for (code, sentence) in by_code.iter().rev() {
            replaced.push((checked(code, sentence)?, sentence.clone()));
        }
        Ok(Self(Some(replaced.into())))
    }

    /// Returns a sentence without placeholders.
    pub(crate) fn get(&self, text: Text) -> &str {
        let replaced = self.0.as_deref().unwrap_or_default();
        let own = replaced.iter().find(|(replaced, _)| *replaced == text);
        own.map_or(text.english(), |(_, sentence)| sentence)
    }

    /// Returns a sentence with its placeholders replaced.
    pub(crate) fn fill(&self, text: Text, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.get(text);
        while let Some((before, name, after)) = split_placeholder(rest) {
            filled.push_str(before);
            filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The reason why a sentence of the app cannot replace an English one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NoSuchCode { code: String },
    Empty { text: Text },
    NoSuchPlaceholder { text: Text, name: String },
}

/// Splits a sentence at its first placeholder: returns the text before it, its name, and the text after it. If the
/// closing brace is missing, the name is everything after the opening brace. No placeholder has such a name.
fn split_placeholder(sentence: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = sentence.split_once('{')?;
    let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
    Some((before, name, after))
}

fn has_placeholder(mut sentence: &str, wanted: &str) -> bool {
    while let Some((_, name, after)) = split_placeholder(sentence) {
        if name == wanted {
            return true;
        }
        sentence = after;
    }
    false
}

fn checked(code: &str, sentence: &str) -> Result<Text, Fault> {
    let found = Text::ALL.iter().copied().find(|text| text.code() == code);
    let text = found.ok_or_else(|| Fault::NoSuchCode { code: code.to_owned() })?;
    if sentence.trim().is_empty() || sentence.contains('\0') {
        return Err(Fault::Empty { text });
    }
    let mut rest = sentence;
    while let Some((_, name, after)) = split_placeholder(rest) {
        if !has_placeholder(text.english(), name) {
            return Err(Fault::NoSuchPlaceholder { text, name: name.to_owned() });
        }
        rest = after;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    fn replaced(code: &str, sentence: &str) -> Result<Texts, Fault> {
        Texts::new(&[(code.to_owned(), sentence.to_owned())])
    }

    fn placeholders(mut sentence: &str) -> BTreeSet<&str> {
        let next = || {
            let (_, name, after) = split_placeholder(sentence)?;
            sentence = after;
            Some(name)
        };
        std::iter::from_fn(next).collect()
    }

    /// Checks that a sentence is written for users: complete, without the word "Polar", and without jargon.
    fn is_for_users(sentence: &str) {
        assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{sentence}");
        for word in ["Polar", ";", "  ", "\n", "`", "API", "JSON", "HTTP"] {
            assert!(!sentence.contains(word), "`{word}` in: {sentence}");
        }
    }

    #[test]
    fn every_text_is_a_sentence_for_users_with_a_code_of_its_own() {
        let mut codes = BTreeSet::new();
        let mut sentences = BTreeSet::new();
        for text in Text::ALL {
            is_for_users(text.english());
            let code = text.code();
            assert!(code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.')), "{code}");
            assert!(codes.insert(code) && sentences.insert(text.english()), "{code} is there twice");
        }
    }

    #[test]
    fn the_german_catalogues_are_complete() {
        let read = |catalogue| serde_json::from_str::<BTreeMap<String, String>>(catalogue).unwrap();
        let mut german = read(include_str!("../texts/de.json"));
        assert!(german.keys().all(|code| !code.starts_with("portal.")), "a build without the portal takes all of it");
        #[cfg(feature = "portal")]
        german.append(&mut read(include_str!("../texts/portal.de.json")));
        let texts = Texts::new(&german.clone().into_iter().collect::<Vec<_>>()).unwrap();
        for text in Text::ALL {
            let sentence = &german[text.code()];
            is_for_users(sentence);
            assert_ne!(sentence, text.english());
            assert_eq!(texts.get(*text), sentence);
            assert_eq!(placeholders(sentence), placeholders(text.english()), "{}", text.code());
        }
        assert_eq!(german.len(), Text::ALL.len());
    }

    /// Returns the Rust code in this folder, except tests and the file with the sentences themselves.
    fn sources(folder: &Path) -> String {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let text = |path: PathBuf| match path.is_dir() {
            true => sources(&path),
            false if path.ends_with("src/texts.rs") => String::new(),
            false => std::fs::read_to_string(path).unwrap().split("#[cfg(test)]\nmod").next().unwrap().to_owned(),
        };
        entries.map(text).collect()
    }

    #[test]
    fn every_text_is_shown_somewhere() {
        let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let names: BTreeSet<&str> = sources
            .split("Text::")
            .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
            .collect();
        let unused: Vec<_> = Text::ALL.iter().filter(|text| !names.contains(format!("{text:?}").as_str())).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn texts_that_are_not_replaced_are_english() {
        let texts = replaced("state.active", "Die Lizenz ist aktiv.").unwrap();
        assert_eq!(texts.get(Text::Active), "Die Lizenz ist aktiv.");
        assert_eq!(texts.get(Text::Expired), Text::Expired.english());
        assert_eq!(Texts::default().get(Text::Active), Text::Active.english());
        assert_eq!(Texts::new(&[]), Ok(Texts::default()));
    }

    #[test]
    fn placeholders_are_filled_once_and_in_any_order() {
        let values = [("key", "****-{label}"), ("label", "Till {key}")];
        let texts = replaced("error.seat_uncertain", "{label}: {key}, {label}").unwrap();
        assert_eq!(texts.fill(Text::SeatUncertain, &values), "Till {key}: ****-{label}, Till {key}");
        let without = replaced("error.seat_uncertain", "Ask us. :-}").unwrap();
        assert_eq!(without.fill(Text::SeatUncertain, &values), "Ask us. :-}");
        assert_eq!(placeholders(Text::SeatUncertain.english()), ["key", "label"].into());
    }

    #[test]
    fn a_code_or_placeholder_that_does_not_exist_is_a_fault() {
        let unknown = Fault::NoSuchCode { code: String::from("state.activ") };
        assert_eq!(replaced("state.activ", "x"), Err(unknown));
        for empty in ["", " \n", "a\0b"] {
            assert_eq!(replaced("state.active", empty), Err(Fault::Empty { text: Text::Active }));
        }
        for (sentence, name) in [("{count} uses", "count"), ("{}", ""), ("{key", "key"), ("{ key }", " key ")] {
            let fault = Fault::NoSuchPlaceholder { text: Text::Active, name: name.to_owned() };
            assert_eq!(replaced("state.active", sentence), Err(fault), "{sentence}");
        }
        let unclosed = Fault::NoSuchPlaceholder { text: Text::SeatUncertain, name: String::from("label and more") };
        assert_eq!(replaced("error.seat_uncertain", "{key} {label and more"), Err(unclosed));
    }
}
