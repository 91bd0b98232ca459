//! One opaque error for every operation, with a stable kind. Never holds a full license key or personal data.

use crate::codes::{ErrorKind, NextStep, Reason};
use crate::decision::{Decision, DecisionJson, Problem};
use crate::json;
use crate::store::StoreError;
#[cfg(feature = "portal")]
use crate::texts::Text;
use crate::texts::Texts;
use crate::time::optional_milliseconds;
use serde::{Serialize, Serializer};
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The error of an operation.
///
/// Match on [`Error::kind`]; show [`Error::message`] to the user. `Display` is for developers and logs, like
/// [`Error::detail`].
pub struct Error(Box<Inner>);

struct Inner {
    problem: Problem,
    reason: Option<Reason>,
    next_step: NextStep,
    decision: Option<Decision>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns the stable code.
    pub fn kind(&self) -> ErrorKind {
        self.0.problem.kind
    }

    /// Returns the reason why Polar or the configuration denied the request. Returns `None` unless the
    /// [kind](Self::kind) is [`ErrorKind::Refused`].
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// Returns one sentence for the user, which says what happened and what to do. It is in English unless the
    /// configuration [replaces](crate::ConfigBuilder::texts) it.
    pub fn message(&self) -> &str {
        &self.0.problem.message
    }

    /// Returns one line for developers and logs.
    pub fn detail(&self) -> &str {
        &self.0.problem.detail
    }

    /// Returns the next step that the user can take. It may differ from the next step of the
    /// [`decision`](Self::decision), which is about the license on this device: for example, a second key can be
    /// refused while the first one works.
    pub fn next_step(&self) -> NextStep {
        self.0.next_step
    }

    /// Returns the vendor's page for the next step, if the configuration has one.
    pub fn next_url(&self) -> Option<&str> {
        self.decision()?.links.of(self.next_step())
    }

    /// Returns the time to wait before trying again, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.problem.retry_after
    }

    /// Returns `true` if Polar may have applied the request although no answer arrived.
    pub fn maybe_applied(&self) -> bool {
        self.0.problem.maybe_applied
    }

    /// Returns the decision that holds after the failure. A failed operation leaves an existing license unchanged.
    pub fn decision(&self) -> Option<&Decision> {
        self.0.decision.as_ref()
    }

    /// Returns one JSON object with the members of [`Decision::to_json`] and the additional member `error`. Without a
    /// decision, the object has only the member `error`.
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// Returns only the member `error` of the JSON, for a binding that passes the decision separately. Not part of the
    /// public interface.
    #[doc(hidden)]
    pub fn details(&self) -> ErrorDetails<'_> {
        ErrorDetails {
            kind: self.kind(),
            reason: self.reason(),
            message: self.message(),
            detail: self.detail(),
            retry_after: self.retry_after(),
            maybe_applied: self.maybe_applied(),
            next_step: self.next_step(),
            next_url: self.next_url(),
        }
    }

    /// Not part of the public interface: creates an error for a mistake that only a caller through a binding can make.
    #[doc(hidden)]
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::worded(&Texts::default(), kind, detail)
    }

    /// Creates an error with the app's own texts.
    pub(crate) fn worded(texts: &Texts, kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::of(Problem::new(texts, kind, detail), None)
    }

    /// Creates an error with the app's own texts. The sentence for the user is `text`, instead of the usual sentence
    /// for this kind of error.
    #[cfg(feature = "portal")]
    pub(crate) fn saying(texts: &Texts, text: Text, kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::of(Problem { message: texts.get(text).to_owned(), ..Problem::new(texts, kind, detail) }, None)
    }

    pub(crate) fn refused(texts: &Texts, reason: Reason) -> Self {
        let message = texts.get(reason.refused_text()).to_owned();
        Self::of(Problem { message, ..Problem::new(texts, ErrorKind::Refused, reason.refusal()) }, Some(reason))
    }

    pub(crate) fn of(problem: Problem, reason: Option<Reason>) -> Self {
        let next_step = reason.map_or(problem.kind.next_step(), Reason::refused_next_step);
        Self(Box::new(Inner { problem, reason, next_step, decision: None, source: None }))
    }

    pub(crate) fn with_texts(mut self, message: String, detail: String) -> Self {
        (self.0.problem.message, self.0.problem.detail) = (message, detail);
        self
    }

    pub(crate) fn with_next_step(mut self, next_step: NextStep) -> Self {
        self.0.next_step = next_step;
        self
    }

    pub(crate) fn with_decision(mut self, decision: Decision) -> Self {
        self.0.decision = Some(decision);
        self
    }

    pub(crate) fn take_decision(&mut self) -> Option<Decision> {
        self.0.decision.take()
    }

    pub(crate) fn into_problem(self) -> Problem {
        self.0.problem
    }
}

/// The JSON of an [`Error`]: the error, and the members of its decision if it has one.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Failure"))]
pub(crate) struct ErrorJson<'a> {
    #[serde(flatten)]
    decision: Option<DecisionJson<'a>>,
    /// The error of the operation.
    error: ErrorDetails<'a>,
}

/// The error of an operation.
#[doc(hidden)]
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Error"))]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails<'a> {
    /// The stable code.
    kind: ErrorKind,
    /// The reason why Polar or the configuration denied the request. Only an error of the kind `refused` has a reason.
    reason: Option<Reason>,
    /// One sentence for the user, in English unless the settings replace it.
    message: &'a str,
    /// One line for developers and logs.
    detail: &'a str,
    /// The time to wait before trying again, if it is known.
    #[serde(rename = "retryAfterMs", serialize_with = "optional_milliseconds::serialize")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    retry_after: Option<Duration>,
    /// Whether Polar may have applied the request although no answer arrived.
    maybe_applied: bool,
    /// The next step that the user can take.
    next_step: NextStep,
    /// The vendor's page for the next step, if the settings have one.
    next_url: Option<&'a str>,
}

/// Serializes like [`Error::to_json`].
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let decision = self.decision().map(DecisionJson::from);
        ErrorJson { decision, error: self.details() }.serialize(serializer)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let mut this = Self::new(ErrorKind::Storage, error.to_string());
        this.0.source = Some(Box::new(error));
        this
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.problem.kind)
            .field("detail", &self.detail())
            .field("reason", &self.0.reason)
            .field("retry_after", &self.0.problem.retry_after)
            .field("maybe_applied", &self.0.problem.maybe_applied)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_follows_the_members_of_its_decision() {
        let error = Error::refused(&Texts::default(), Reason::Expired);
        let alone = r#"{"error":{"kind":"refused","reason":"expired","message":"This license key has expired. Renew it to continue.","detail":"this license key has expired; renew it","retryAfterMs":null,"maybeApplied":false,"nextStep":"renew","nextUrl":null}}"#;
        assert_eq!(error.to_json(), alone);
        let decision = Decision::unknown();
        let members = decision.to_json();
        let with_decision = error.with_decision(decision).to_json();
        assert_eq!(with_decision, format!("{},{}", members.trim_end_matches('}'), alone.trim_start_matches('{')));
    }
}
