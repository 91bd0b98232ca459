//! Carries out the steps of the customer portal. Decides nothing, and shows nothing of what it carries.

use super::{Driver, SLACK, Scope, lock};
use crate::error::Error;
use crate::portal::Progress;
use crate::portal::steps::{Context, Step, WaitStep, Waited};
use crate::time::Now;
use crate::transport::{Answer, Failure, PortalAnswer, PortalRequest, Sent};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

impl Driver {
    pub(in crate::blocking) fn portal<T>(
        &self,
        begin: impl FnOnce(Context, Now) -> Step<T>,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<T, Error> {
        let scope = lock(&self.scope).clone();
        let mut step = begin(self.portal_context(), self.now());
        loop {
            step = match step {
                Step::Run(step) => {
                    let outcome = self.run_in(&scope, step.operation.clone());
                    step.resume(outcome, self.now())
                }
                Step::Send(step) => {
                    let answer = self.exchange(step.request.clone(), &scope);
                    step.resume(answer, self.now())
                }
                Step::Wait(step) => {
                    let waited = self.wait(&step, &scope, &mut progress);
                    step.resume(waited, self.now())
                }
                Step::Done(result) => return result,
            };
        }
    }

    /// Says whether what begins at this moment was cancelled since.
    pub(in crate::blocking) fn cancellation(&self) -> impl Fn() -> bool + use<> {
        let scope = lock(&self.scope).clone();
        move || scope.is_cancelled()
    }

    pub(in crate::blocking) fn portal_context(&self) -> Context {
        self.with_engine(|engine, _| Context::of(engine))
    }

    fn wait<T>(
        &self,
        step: &WaitStep<T>,
        scope: &Scope,
        progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Waited {
        if progress(step.progress).is_break() {
            return Waited::GivenUp;
        }
        self.pause(step.until, scope);
        if scope.is_cancelled() { Waited::GivenUp } else { Waited::Over }
    }

    /// The request has a thread of its own, so that neither a cancel nor the deadline depends on the transport. It is waited
    /// for in short pieces, so that a cancel ends it soon.
    fn exchange(&self, request: PortalRequest, scope: &Scope) -> PortalAnswer {
        const PIECE: Duration = Duration::from_millis(100);
        if scope.is_cancelled() {
            return Answer::cancelled(Sent::No).into();
        }
        let mut left = request.timeout.saturating_add(SLACK);
        let (sender, receiver) = mpsc::channel();
        let transport = Arc::clone(&self.transport);
        let spawned = thread::Builder::new().name(String::from("polar-license request")).spawn(move || {
            let answer = catch_unwind(AssertUnwindSafe(|| transport.exchange(&request)))
                .unwrap_or_else(|_| Answer::failed(Failure::Network, Sent::Maybe, "the transport panicked").into());
            // after a cancel the receiver is gone
            let _ = sender.send(answer);
        });
        if spawned.is_err() {
            return Answer::failed(Failure::Network, Sent::No, "the system has no thread left for a request").into();
        }
        loop {
            match receiver.recv_timeout(PIECE.min(left)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Answer::timed_out().into(),
                Err(RecvTimeoutError::Timeout) if scope.is_cancelled() => {
                    return Answer::cancelled(Sent::Maybe).into();
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Answer::timed_out().into(),
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(PIECE),
            }
        }
    }
}
