//! The errors of the portal, in the words of the app. Never repeats what was typed or handed over.

use super::context::Context;
use super::wire::Refusal;
use crate::codes::ErrorKind;
use crate::error::Error;
use crate::texts::{Text, Texts};

impl Context {
    pub(crate) fn texts(&self) -> &Texts {
        self.config.texts()
    }

    pub(super) fn error(&self, kind: ErrorKind, detail: &str) -> Error {
        Error::worded(self.texts(), kind, detail)
    }

    /// With a sentence of the portal's, where that of the kind says too little.
    pub(super) fn error_saying(&self, text: Text, kind: ErrorKind, detail: &str) -> Error {
        Error::saying(self.texts(), text, kind, detail)
    }

    /// What the user has typed or pasted is wrong.
    pub(super) fn typed_wrong(&self, text: Text, detail: &str) -> Error {
        self.error_saying(text, ErrorKind::InvalidArgument, detail)
    }

    /// What the app has handed over is wrong.
    pub(super) fn mistake(&self, detail: &str) -> Error {
        self.error(ErrorKind::InvalidArgument, detail)
    }

    /// Not part of the public interface: an operation that was cancelled before its driver began it.
    #[doc(hidden)]
    pub fn cancelled(&self) -> Error {
        self.error(ErrorKind::Cancelled, "cancelled before anything was sent")
    }

    /// Polar refused what was asked for, or did not answer.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.into_error(self.texts())
    }

    /// The same error with a sentence after its own, and what developers read after it.
    pub(super) fn also(&self, error: Error, text: Text, detail: &str) -> Error {
        let message = format!("{} {}", error.message(), self.texts().get(text));
        let detail = format!("{}; {detail}", error.detail());
        error.with_texts(message, detail)
    }
}
