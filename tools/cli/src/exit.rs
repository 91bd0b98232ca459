//! The exit statuses and their meaning. Scripts depend on them, so a number must never change its meaning.

use polar_license::{Decision, Error, ErrorKind, State};
use std::process::ExitCode;

/// The table of exit statuses in the help. Its numbers are the values of [`Exit`].
pub(crate) const HELP: &str = "\
Exit status:
  0  allowed, or done
  1  something else went wrong, or was refused while the license here
     allows access
  2  wrong usage or configuration
  3  not allowed: no license, or one that was denied, has expired, was not
     confirmed for too long, or cannot be read
  4  could not be determined: nothing trusted is stored, and Polar was not
     reached; for activate, consume, deactivate, and where a code from a
     mail is asked for: Polar was not reached, or limits requests
  5  one of several has to be chosen: the output lists them";

/// The table that the help of `doctor` shows.
pub(crate) const DOCTOR_HELP: &str = "\
Exit status:
  0  nothing is wrong
  1  something is wrong; advice is below each finding
  2  wrong usage or configuration";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Allowed = 0,
    Failed = 1,
    Usage = 2,
    NotAllowed = 3,
    Undetermined = 4,
    Choice = 5,
}

impl Exit {
    /// Returns the exit status for an operation that ended with a decision.
    pub(crate) fn of(decision: &Decision) -> Self {
        let unreached = decision.problem().is_some_and(|problem| problem.kind.is_unreachable());
        if decision.allowed() {
            Self::Allowed
        } else if decision.state() == State::Unlicensed && unreached {
            Self::Undetermined
        } else {
            Self::NotAllowed
        }
    }

    /// Returns the exit status of an operation that failed. After a refusal, the exit status depends on whether the
    /// license still allows access, according to the decision in the error. If the error contains no decision,
    /// `license` is used instead.
    pub(crate) fn of_error(error: &Error, license: Option<&Decision>) -> Self {
        let kind = error.kind();
        if kind == ErrorKind::InvalidConfig {
            Self::Usage
        } else if matches!(kind, ErrorKind::Refused | ErrorKind::UsageExhausted) {
            Self::of_refusal(error.decision().or(license))
        } else if kind.is_unreachable() {
            Self::Undetermined
        } else {
            Self::Failed
        }
    }

    /// Returns the exit status after a refusal. The exit status depends on whether the license on this device allows
    /// access.
    pub(crate) fn of_refusal(license: Option<&Decision>) -> Self {
        if license.is_some_and(Decision::allowed) { Self::Failed } else { Self::NotAllowed }
    }

    /// Returns the exit status that says whether a feature is on.
    pub(crate) fn of_feature(is_on: bool) -> Self {
        if is_on { Self::Allowed } else { Self::NotAllowed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
