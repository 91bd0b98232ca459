//! The steps of an operation, which a driver carries out. Each step contains its continuation. To cancel an operation,
//! drop its step; nothing has to be undone.
//!
//! ```text
//!           ┌── Run: an operation of the engine ───────────────┐
//!  begin ───┼── Send: one request ─────────────────────────────┼──► resume ──► … ──► Done(result)
//!           └── Wait: report progress, wait until `until` ─────┘
//! ```

use super::progress::Progress;
use crate::codes::ErrorKind;
use crate::engine::{Operation, Outcome};
use crate::error::Error;
use crate::texts::Texts;
use crate::time::Now;
use crate::transport::{Answer, Request};
use std::fmt;

/// The next step for a driver.
#[must_use = "an operation goes on only if its step is carried out"]
pub enum Step<T> {
    /// Run an operation of the engine.
    Run(RunStep<T>),
    /// Send one request.
    Send(SendStep<T>),
    /// Wait until it is time to continue.
    Wait(WaitStep<T>),
    /// The operation has ended.
    Done(Result<T, Error>),
}

/// A step that asks the driver to run an operation of the engine, and then to continue with the outcome of that
/// operation.
pub struct RunStep<T> {
    /// The operation to run.
    pub operation: Operation,
    then: Then<Outcome, T>,
}

/// A step that asks the driver to send a request once, and then to resume the operation with the answer.
pub struct SendStep<T> {
    /// The request to send. No part of it may be shown or logged.
    pub request: Request,
    then: Then<Answer, T>,
}

/// A step that asks the driver to report the progress, to wait until the monotonic clock reads `until`, and then to
/// continue.
pub struct WaitStep<T> {
    /// The end of the wait, in ms of the monotonic clock.
    pub until: u64,
    /// The progress to report to the caller.
    pub progress: Progress,
    /// The texts for the error if the wait is cancelled.
    texts: Texts,
    then: Then<Waited, T>,
}

/// The outcome of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The time has passed.
    Over,
    /// The caller has cancelled the wait.
    GivenUp,
}

type Then<In, T> = Box<dyn FnOnce(In, Now) -> Step<T> + Send>;

impl<T> RunStep<T> {
    /// Returns the next step.
    pub fn resume(self, outcome: Outcome, now: Now) -> Step<T> {
        (self.then)(outcome, now)
    }
}

impl<T> SendStep<T> {
    /// Returns the next step.
    pub fn resume(self, answer: Answer, now: Now) -> Step<T> {
        (self.then)(answer, now)
    }
}

impl<T> WaitStep<T> {
    /// Returns the next step. If the wait was cancelled, the operation ends with an error of the kind `cancelled`.
    pub fn resume(self, waited: Waited, now: Now) -> Step<T> {
        match waited {
            Waited::Over => (self.then)(waited, now),
            Waited::GivenUp => {
                Step::failed(Error::worded(&self.texts, ErrorKind::Cancelled, "cancelled while waiting"))
            }
        }
    }
}

impl<T: 'static> Step<T> {
    /// Returns the same steps with their result converted, for a driver that has one result type for all operations.
    pub fn map<U: 'static>(self, convert: impl FnOnce(T) -> U + Send + 'static) -> Step<U> {
        match self {
            Self::Done(result) => Step::Done(result.map(convert)),
            Self::Run(RunStep { operation, then }) => {
                Step::run(operation, |outcome, now| then(outcome, now).map(convert))
            }
            Self::Send(SendStep { request, then }) => Step::send(request, |answer, now| then(answer, now).map(convert)),
            Self::Wait(WaitStep { until, progress, texts, then }) => {
                Step::wait(until, progress, texts, |now| then(Waited::Over, now).map(convert))
            }
        }
    }

    pub(super) fn run(operation: Operation, then: impl FnOnce(Outcome, Now) -> Self + Send + 'static) -> Self {
        Self::Run(RunStep { operation, then: Box::new(then) })
    }

    pub(super) fn send(request: Request, then: impl FnOnce(Answer, Now) -> Self + Send + 'static) -> Self {
        Self::Send(SendStep { request, then: Box::new(then) })
    }

    pub(super) fn wait(
        until: u64,
        progress: Progress,
        texts: Texts,
        then: impl FnOnce(Now) -> Self + Send + 'static,
    ) -> Self {
        Self::Wait(WaitStep { until, progress, texts, then: Box::new(|_, now| then(now)) })
    }

    pub(super) fn done(value: T) -> Self {
        Self::Done(Ok(value))
    }

    /// Continues with `next` if these steps succeed.
    pub(super) fn and_then<U: 'static>(
        self,
        now: Now,
        next: impl FnOnce(T, Now) -> Step<U> + Send + 'static,
    ) -> Step<U> {
        self.then(now, |result, now| match result {
            Ok(value) => next(value, now),
            Err(error) => Step::failed(error),
        })
    }

    /// Continues with `next` when these steps end, also if they fail.
    pub(super) fn then<U: 'static>(
        self,
        now: Now,
        next: impl FnOnce(Result<T, Error>, Now) -> Step<U> + Send + 'static,
    ) -> Step<U> {
        match self {
            Self::Done(result) => next(result, now),
            Self::Run(RunStep { operation, then }) => {
                Step::run(operation, |outcome, now| then(outcome, now).then(now, next))
            }
            Self::Send(SendStep { request, then }) => {
                Step::send(request, |answer, now| then(answer, now).then(now, next))
            }
            Self::Wait(WaitStep { until, progress, texts, then }) => {
                Step::wait(until, progress, texts, |now| then(Waited::Over, now).then(now, next))
            }
        }
    }
}

impl<T> Step<T> {
    pub(super) fn failed(error: Error) -> Self {
        Self::Done(Err(error))
    }
}

/// Shows only the kind of the step, and no secrets.
impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run(_) => "Run",
            Self::Send(_) => "Send",
            Self::Wait(_) => "Wait",
            Self::Done(_) => "Done",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_step_goes_to_any_thread_and_shows_nothing() {
        fn goes_anywhere<T: Send>() {}
        goes_anywhere::<Step<String>>();
        let now = Now { wall: Timestamp::default(), mono: 0 };
        let step = Step::done("secret").and_then(now, |text, _| Step::done(text.len()));
        assert_eq!(format!("{step:?}"), "Done");
        assert!(matches!(step, Step::Done(Ok(6))));
    }
}
