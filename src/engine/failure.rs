//! Creates the errors of operations: Polar refused or did not answer a request, or the store did not save a change. If
//! Polar may have made the change on its side, the error says so. The errors use the app's own texts.

use super::{Engine, policy};
use crate::codes::{ErrorKind, Known, NextStep, Reason};
use crate::decision::Problem;
use crate::error::Error;
use crate::texts::Text;
use crate::time::Date;
use crate::wire::Rejection;

impl Engine {
    pub(super) fn error(&self, kind: ErrorKind, detail: impl Into<String>) -> Error {
        Error::worded(self.config.texts(), kind, detail)
    }

    /// Returns the error for an operation that was refused for this reason. The error's texts assume that the user has
    /// just entered the key.
    pub(super) fn refused(&self, reason: Reason) -> Error {
        Error::refused(self.config.texts(), reason)
    }

    /// Returns the error for an entered key that Polar refused, or about which Polar did not answer.
    pub(super) fn rejected(&self, rejection: Rejection) -> Error {
        rejection.into_error(self.config.texts())
    }

    /// Returns the error for a stored license that Polar refused, or about which Polar did not answer. The texts of the
    /// error do not suggest that the user mistyped the key.
    pub(super) fn rejected_here(&self, rejection: Rejection) -> Error {
        let Rejection::Denied(reason) = rejection else { return self.rejected(rejection) };
        self.reworded(self.refused(reason), reason.text(), reason.refusal_here())
            .with_next_step(reason.next_step(Known::Seat))
    }

    /// Returns the error for a license whose last day of updates is `until`, if this version of the app was built
    /// later. `text` is the sentence for the user. It is about the license on this device, or about a key that the user
    /// has entered.
    pub(super) fn updates_ended(&self, text: Text, until: Date) -> Error {
        let detail = format!("{}; it includes those built until {until}", Reason::UpdatesEnded.refusal());
        self.refused(Reason::UpdatesEnded).with_texts(policy::dated(&self.config, text, until), detail)
    }

    /// Returns the error for a stored key that Polar does not know any more.
    pub(super) fn key_replaced(&self) -> Error {
        let detail = "Polar does not know the license key of this device any more; activate the new one";
        self.reworded(self.refused(Reason::NotFound), Text::KeyReplaced, detail).with_next_step(NextStep::EnterKey)
    }

    pub(super) fn not_activated(&self) -> Error {
        self.error(ErrorKind::NotActivated, "no license is active on this device; activate a license key first")
    }

    /// Returns the error for a deactivation without a license.
    pub(super) fn nothing_to_remove(&self) -> Error {
        let detail = "there is no license to deactivate";
        self.reworded(self.not_activated(), Text::NothingToRemove, detail).with_next_step(NextStep::None)
    }

    /// Returns the error for a license whose seat Polar did not release. A user whose computer is never online is told
    /// to make a return.
    pub(super) fn not_deactivated(&self, rejection: Rejection) -> Error {
        let error = self.rejected(rejection);
        if self.is_air_gapped() && error.next_step() == NextStep::Connect {
            let detail = error.detail().to_owned();
            self.reworded(error, Text::OfflineNotDeactivated, detail).with_next_step(NextStep::None)
        } else {
            error
        }
    }

    /// Returns the error for a stored license that could not be removed.
    pub(super) fn not_removed(&self, detail: String) -> Error {
        self.store_failed(Text::NotRemoved, false, detail)
    }

    /// Returns the error for a license whose seat was released, but which could not be removed from this device.
    pub(super) fn released_not_removed(&self, message: &str) -> Error {
        let detail = format!(
            "the seat was released, but the license is still stored on this device and works here until its grace period \
             ends; deactivate it again once the store can be written: {message}"
        );
        self.store_failed(Text::ReleasedNotRemoved, true, detail)
    }

    /// Returns the error for a license that cannot be removed from this device, and whose seat was therefore not
    /// released.
    pub(super) fn not_released(&self, message: &str) -> Error {
        let why = "nothing was released, because the license could not be removed from this device";
        self.not_removed(format!("{why}: {message}"))
    }

    /// Returns the error for a key that Polar has replaced with a new one, if the new key could not be stored.
    #[cfg(feature = "portal")]
    pub(super) fn rotated_not_stored(&self, message: &str) -> Error {
        let detail = format!(
            "Polar replaced the license key, but the new one could not be stored, and works here until the app ends; \
             list the keys to find it again: {message}"
        );
        self.store_failed(Text::RotatedNotStored, true, detail)
    }

    /// Returns the error for a change that the store did not save. `maybe_applied` tells whether Polar may have made
    /// the change on its side.
    fn store_failed(&self, text: Text, maybe_applied: bool, detail: String) -> Error {
        let texts = self.config.texts();
        let problem = Problem::new(texts, ErrorKind::Storage, detail);
        Error::of(Problem { message: texts.get(text).to_owned(), maybe_applied, ..problem }, None)
    }

    /// Returns `error` with `text` and `detail` in place of its message and its detail.
    pub(super) fn reworded(&self, error: Error, text: Text, detail: impl Into<String>) -> Error {
        error.with_texts(self.config.texts().get(text).to_owned(), detail.into())
    }

    /// Returns `error` with a sentence added to its message, and with `detail` in place of its detail.
    pub(super) fn also(&self, error: Error, sentence: &str, detail: String) -> Error {
        let message = format!("{} {sentence}", error.message());
        error.with_texts(message, detail)
    }

    /// Returns the error for an activation that succeeded but could not be stored. The license stays in memory, and the
    /// next operation that can write the store saves it.
    pub(super) fn not_stored(&self, message: &str) -> Error {
        let seated = self.record.identity().is_some_and(|identity| identity.seat.is_some());
        let what = if seated { "the license took a seat and is active" } else { "the license is active" };
        let detail = format!("{what} in this process only, since it could not be stored: {message}");
        let texts = self.config.texts();
        let problem = Problem::new(texts, ErrorKind::Storage, detail);
        let message = format!("{} {}", problem.message, texts.get(Text::UntilExit));
        Error::of(Problem { message, maybe_applied: seated, ..problem }, None)
    }
}
