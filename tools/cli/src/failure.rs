//! A failure as JSON, in one shape whatever failed: the error, and the license as it is after it, or null if the command did
//! not come as far as the license.

use polar_license::{Decision, Error, ErrorKind, NextStep, Reason};
use serde::Serialize;
use std::borrow::Cow;

/// A failure: one member for the error and one for the license, so that nobody takes the license for the result.
#[derive(Serialize)]
struct FailureJson<'a> {
    error: ErrorShown<'a>,
    license: Option<&'a Decision>,
}

/// An error with the members that it has in every language.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorShown<'a> {
    kind: ErrorKind,
    reason: Option<Reason>,
    message: Cow<'a, str>,
    detail: &'a str,
    retry_after_ms: Option<u128>,
    maybe_applied: bool,
    next_step: NextStep,
    next_url: Option<&'a str>,
}

/// Returns the failure as one object. `license` is the decision if the error has none.
pub(crate) fn json(error: &Error, license: Option<&Decision>) -> serde_json::Result<String> {
    let license = error.decision().or(license);
    serde_json::to_string(&FailureJson { error: error.into(), license })
}

/// Returns `true` if the command line is wrong. Its users would read the library's sentence, which is for the users of an app,
/// as a mistake of the app.
pub(crate) fn is_wrong_usage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::InvalidConfig)
        && error.message() == Error::new(error.kind(), error.detail()).message()
}

impl<'a> From<&'a Error> for ErrorShown<'a> {
    fn from(error: &'a Error) -> Self {
        let message = if is_wrong_usage(error) { sentence(error.detail()).into() } else { error.message().into() };
        Self {
            kind: error.kind(),
            reason: error.reason(),
            message,
            detail: error.detail(),
            retry_after_ms: error.retry_after().map(|wait| wait.as_millis()),
            maybe_applied: error.maybe_applied(),
            next_step: error.next_step(),
            next_url: error.next_url(),
        }
    }
}

/// Returns a line for developers as a sentence.
fn sentence(detail: &str) -> String {
    let mut rest = detail.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).chain(['.']).collect()
}
