//! The errors of the portal, in the app's words. They never contain typed texts or secrets.

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

    /// Creates an error with a sentence of the portal's, if that of the kind says too little.
    pub(super) fn error_saying(&self, text: Text, kind: ErrorKind, detail: &str) -> Error {
        Error::saying(self.texts(), text, kind, detail)
    }

    /// Creates an error for a text that the user has typed or pasted wrong.
    pub(super) fn typed_wrong(&self, text: Text, detail: &str) -> Error {
        self.error_saying(text, ErrorKind::InvalidArgument, detail)
    }

    /// Creates an error for a wrong argument of the app's.
    pub(super) fn mistake(&self, detail: &str) -> Error {
        self.error(ErrorKind::InvalidArgument, detail)
    }

    /// Not part of the public interface: creates the error of an operation that was cancelled before its driver began
    /// it.
    #[doc(hidden)]
    pub fn cancelled(&self) -> Error {
        self.error(ErrorKind::Cancelled, "cancelled before anything was sent")
    }

    /// Creates an error for a request that Polar refused or did not answer.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.into_error(self.texts())
    }

    /// Adds a sentence for the user and a text for developers to an error.
    pub(super) fn also(&self, error: Error, text: Text, detail: &str) -> Error {
        let message = format!("{} {}", error.message(), self.texts().get(text));
        let detail = format!("{}; {detail}", error.detail());
        error.with_texts(message, detail)
    }
}
