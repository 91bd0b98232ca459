//! One opaque error for every operation, with a stable kind. Never holds a full license key or personal data.

use crate::json::Writer;
use crate::license::{Decision, Problem, Reason};
use crate::store::StoreError;
use crate::time::milliseconds;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Why an operation did not do what was asked.
///
/// Match on [`Error::kind`]; show [`Error`] itself (it implements `Display`) to people.
pub struct Error(Box<Inner>);

struct Inner {
    problem: Problem,
    reason: Option<Reason>,
    decision: Option<Decision>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`], the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller passed something that cannot be right, such as an empty license key.
    InvalidArgument,
    /// The configuration cannot be right; found before anything is sent.
    InvalidConfig,
    /// Polar was not reached: no connection, or something other than Polar answered.
    Network,
    /// No whole answer came in time.
    Timeout,
    /// Polar asks to wait; see [`Error::retry_after`].
    RateLimited,
    /// Polar was reached and failed.
    Server,
    /// Polar, or the app's own configuration, said no; see [`Error::reason`].
    Refused,
    /// The key has fewer uses left than were asked for.
    UsageExhausted,
    /// The record could not be read or written.
    Storage,
    /// The caller gave up waiting.
    Cancelled,
    /// There is no license here to do this with.
    NotActivated,
    /// An earlier activation may have taken a seat without this device knowing.
    SeatUncertain,
    /// A defect in this library.
    Internal,
}

impl ErrorKind {
    /// The name used in JSON, in C and in JavaScript.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::InvalidConfig => "invalid_config",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Refused => "refused",
            Self::UsageExhausted => "usage_exhausted",
            Self::Storage => "storage",
            Self::Cancelled => "cancelled",
            Self::NotActivated => "not_activated",
            Self::SeatUncertain => "seat_uncertain",
            Self::Internal => "internal",
        }
    }

    /// Whether the cause is that Polar did not answer, so that the same call may succeed later.
    pub const fn is_unreachable(self) -> bool {
        matches!(self, Self::Network | Self::Timeout | Self::RateLimited | Self::Server | Self::Cancelled)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// What went wrong, as a stable code.
    pub fn kind(&self) -> ErrorKind {
        self.0.problem.kind
    }

    /// Why Polar or the configuration said no, where the kind is [`ErrorKind::Refused`].
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// How long to wait before trying again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.problem.retry_after
    }

    /// Whether Polar may have done what was asked although no answer came back.
    pub fn maybe_applied(&self) -> bool {
        self.0.problem.maybe_applied
    }

    /// The decision that holds after the failure; a failed operation leaves a license already held as it was.
    pub fn decision(&self) -> Option<&Decision> {
        self.0.decision.as_ref()
    }

    /// The decision that holds, as [`Decision::to_json`] writes it, with a member `error` added; what the command line
    /// prints with `--json`. Just the `error` where there is no decision.
    pub fn to_json(&self) -> String {
        let mut error = Writer::new();
        error
            .string("kind", self.kind().as_str())
            .opt_string("reason", self.reason().map(Reason::as_str))
            .string("message", &self.0.problem.message)
            .opt_number("retryAfterMs", self.retry_after().map(milliseconds))
            .bool("maybeApplied", self.maybe_applied());
        let error = error.finish();
        self.decision().map_or_else(Writer::new, Decision::json_members).raw("error", &error).finish()
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of(Problem::new(kind, message), None)
    }

    pub(crate) fn refused(reason: Reason) -> Self {
        Self::of(Problem::new(ErrorKind::Refused, reason.refusal()), Some(reason))
    }

    pub(crate) fn of(problem: Problem, reason: Option<Reason>) -> Self {
        Self(Box::new(Inner { problem, reason, decision: None, source: None }))
    }

    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.problem.message = message;
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

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let mut this = Self::new(ErrorKind::Storage, error.to_string());
        this.0.source = Some(Box::new(error));
        this
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.problem.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.problem.kind)
            .field("message", &self.0.problem.message)
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
