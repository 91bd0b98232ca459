//! Carries out the steps of the customer portal. This module makes no decisions, and never logs what a step contains.

use super::{Cancellation, Driver};
use crate::error::Error;
use crate::fetch::running::Running;
use crate::portal::Progress;
use crate::portal::steps::{Context, Step, Waited};
use crate::time::Now;
use crate::transport::{Answer, Sent};
use std::ops::ControlFlow;
use std::rc::Rc;

impl Driver {
    pub(in crate::fetch) fn portal<T: 'static>(
        self: &Rc<Self>,
        begin: impl FnOnce(Context, Now) -> Step<T>,
        progress: impl FnMut(Progress) -> ControlFlow<()> + 'static,
    ) -> Running<Result<T, Error>> {
        let step = begin(self.portal_context(), self.now());
        let cancellation = self.new_cancellation();
        let (driver, its_cancellation) = (Rc::clone(self), Rc::clone(&cancellation));
        let work = async move { driver.carry_out_portal(step, &its_cancellation, progress).await };
        Running::new(work, cancellation)
    }

    pub(in crate::fetch) fn portal_context(&self) -> Context {
        self.with_engine(|engine, _| Context::of(engine))
    }

    async fn carry_out_portal<T>(
        &self,
        mut step: Step<T>,
        cancellation: &Cancellation,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<T, Error> {
        loop {
            step = match step {
                Step::Run(step) => {
                    let outcome = self.carry_out(cancellation, step.operation.clone()).await;
                    step.resume(outcome, self.now())
                }
                Step::Send(step) => {
                    // `pause(0)` does not wait; it only returns whether the operation was cancelled
                    let answer = if self.pause(0, cancellation).await {
                        self.exchange(&step.request, cancellation).await
                    } else {
                        Answer::cancelled(Sent::No)
                    };
                    step.resume(answer, self.now())
                }
                Step::Wait(step) => {
                    let goes_on = progress(step.progress).is_continue() && self.pause(step.until, cancellation).await;
                    step.resume(if goes_on { Waited::Over } else { Waited::GivenUp }, self.now())
                }
                Step::Done(result) => return result,
            };
        }
    }
}
