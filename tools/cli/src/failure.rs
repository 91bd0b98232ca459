//! Failures as JSON. Each has the same members: the error, and the license as it is after the failure. The license is
//! null if the command ended before it opened the license, or acted for another computer.

use crate::args;
use polar_license::{Decision, Error, ErrorKind, NextStep, Reason};
use serde::Serialize;
use std::borrow::Cow;

/// A failure. The license is a separate member, so that no script mistakes the license for the result of the command.
#[derive(Serialize)]
struct FailureJson<'a> {
    error: ErrorJson<'a>,
    license: Option<&'a Decision>,
}

/// An error, with the same members as in the library's bindings for other languages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorJson<'a> {
    kind: ErrorKind,
    reason: Option<Reason>,
    message: Cow<'a, str>,
    detail: Cow<'a, str>,
    retry_after_ms: Option<u128>,
    maybe_applied: bool,
    next_step: NextStep,
    next_url: Option<&'a str>,
}

/// Returns the failure as one JSON object. `license` is the decision about this device's license, which may be the one in
/// the error.
pub(crate) fn json(error: &Error, license: Option<&Decision>) -> serde_json::Result<String> {
    serde_json::to_string(&FailureJson { error: error.into(), license })
}

/// Returns `true` if the error means that the command line is wrong. The library's message for such an error blames the
/// app, because the message is written for users of an app. So the command prints the detail instead.
pub(crate) fn is_wrong_usage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::InvalidConfig)
        && error.message() == Error::new(error.kind(), error.detail()).message()
}

impl<'a> From<&'a Error> for ErrorJson<'a> {
    fn from(error: &'a Error) -> Self {
        let detail = detail(error);
        let message = if is_wrong_usage(error) { sentence(&detail).into() } else { error.message().into() };
        Self {
            kind: error.kind(),
            reason: error.reason(),
            message,
            detail,
            retry_after_ms: error.retry_after().map(|wait| wait.as_millis()),
            maybe_applied: error.maybe_applied(),
            next_step: error.next_step(),
            next_url: error.next_url(),
        }
    }
}

/// Returns the detail for developers. If the command line is wrong, masks input that may be a license key in the wrong
/// place.
pub(crate) fn detail(error: &Error) -> Cow<'_, str> {
    if is_wrong_usage(error) { args::mask_input(error.detail()).into() } else { error.detail().into() }
}

/// Turns a detail for developers into a sentence, with a capital letter at the beginning and a full stop at the end.
fn sentence(detail: &str) -> String {
    let mut rest = detail.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).chain(['.']).collect()
}
