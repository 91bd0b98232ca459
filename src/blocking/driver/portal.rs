//! Carries out the steps of the customer portal. The steps make all decisions. What a step contains is never logged or
//! shown, because it may be a secret.

use super::exchange::Exchange;
use super::{Driver, Scope, lock};
use crate::error::Error;
use crate::portal::Progress;
use crate::portal::steps::{Context, Step, WaitStep, Waited};
use crate::time::Now;
use crate::transport::{Answer, Sent};
use std::ops::ControlFlow;
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
                    let exchange = Exchange::new(&scope);
                    let answer = if exchange.pause(Duration::ZERO, || {}) {
                        exchange.send(&self.transport, &step.request, || {})
                    } else {
                        Answer::cancelled(Sent::No)
                    };
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

    /// Returns a function that says whether the client's operations have been cancelled since this call.
    pub(in crate::blocking) fn cancellation(&self) -> impl Fn() -> bool + use<> {
        let scope = lock(&self.scope).clone();
        move || scope.is_cancelled()
    }

    pub(in crate::blocking) fn portal_context(&self) -> Context {
        self.engine.inspect(|engine, _| Context::of(engine))
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
}
