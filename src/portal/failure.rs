//! The errors of the portal. Their messages come from the app's texts. Errors never contain secrets or anything that
//! the user typed.

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

    /// Creates an error with a sentence of the portal, if the usual sentence for this kind of error says too little.
    pub(super) fn error_saying(&self, text: Text, kind: ErrorKind, detail: &str) -> Error {
        Error::saying(self.texts(), text, kind, detail)
    }

    /// Creates the error for a text that the user typed or pasted and that is not valid.
    pub(super) fn typed_wrong(&self, text: Text, detail: &str) -> Error {
        self.error_saying(text, ErrorKind::InvalidArgument, detail)
    }

    /// Creates an error for a wrong argument that the app passed.
    pub(super) fn mistake(&self, detail: &str) -> Error {
        self.error(ErrorKind::InvalidArgument, detail)
    }

    /// Creates the error for an operation that was cancelled before the driver began it. Not part of the public
    /// interface.
    #[doc(hidden)]
    pub fn cancelled(&self) -> Error {
        self.error(ErrorKind::Cancelled, "cancelled before anything was sent")
    }

    /// Creates an error for a request that Polar refused or did not answer.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.into_error(self.texts())
    }

    /// Appends a sentence for the user and a detail for developers to an error.
    pub(super) fn also(&self, error: Error, text: Text, detail: &str) -> Error {
        let message = format!("{} {}", error.message(), self.texts().get(text));
        let detail = format!("{}; {detail}", error.detail());
        error.with_texts(message, detail)
    }
}
