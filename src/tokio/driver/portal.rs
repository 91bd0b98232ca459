//! Carries out the steps of the customer portal in a task. The steps make all decisions. What a step contains is never
//! logged or shown, because it may be a secret.

use super::{Cancellation, Driver, EndOnDrop};
use crate::client::cancel::Cancel;
use crate::error::Error;
use crate::portal::Progress;
use crate::portal::steps::{Context, Step, Waited};
use crate::time::Now;
use crate::tokio::race::{Raced, race};
use crate::transport::{Answer, Sent};
use std::future::pending;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinError;

impl Driver {
    pub(in crate::tokio) async fn portal<T: Send + 'static>(
        self: &Arc<Self>,
        begin: impl FnOnce(Context, Now) -> Step<T>,
        progress: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Result<T, Error> {
        self.portal_until(begin, progress, pending()).await
    }

    /// Runs an operation of the portal. Ends it early if the future `cancelled` becomes ready first.
    pub(in crate::tokio) async fn portal_until<T: Send + 'static>(
        self: &Arc<Self>,
        begin: impl FnOnce(Context, Now) -> Step<T>,
        progress: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
        cancelled: impl Future<Output = ()>,
    ) -> Result<T, Error> {
        let step = begin(self.portal_context(), self.now());
        let cancellation = self.new_cancellation();
        let _ends = EndOnDrop(&cancellation);
        let (driver, its_cancellation) = (Arc::clone(self), Arc::clone(&cancellation));
        let task = async move { driver.carry_out_portal(step, &its_cancellation, progress).await };
        let mut task = self.spawn(task);
        let ended = match race(&mut task, Duration::MAX, cancelled).await {
            Raced::Done(ended) => ended,
            Raced::TimeUp | Raced::Cancelled => {
                cancellation.request(Cancel::Now);
                task.await
            }
        };
        match ended.map_err(JoinError::try_into_panic) {
            Ok(result) => result,
            // the app's store, clock, listener or `progress` panicked
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(_)) => Err(self.shut_down()),
        }
    }

    pub(in crate::tokio) fn portal_context(&self) -> Context {
        self.engine.inspect(|engine, _| Context::of(engine))
    }

    async fn carry_out_portal<T: Send>(
        self: &Arc<Self>,
        mut step: Step<T>,
        cancellation: &Arc<Cancellation>,
        mut progress: impl FnMut(Progress) -> ControlFlow<()> + Send,
    ) -> Result<T, Error> {
        loop {
            step = match step {
                Step::Run(step) => {
                    let outcome = self.run_with(cancellation, step.operation.clone()).await;
                    step.resume(outcome, self.now())
                }
                Step::Send(step) => {
                    let answer = if cancellation.is_requested(Cancel::AfterReply) {
                        Answer::cancelled(Sent::No)
                    } else {
                        self.exchange(&step.request, cancellation).await
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
