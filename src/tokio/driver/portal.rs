//! Carries out the steps of the customer portal, in a task. Decides nothing, and shows nothing of what it carries.

use super::{Cancellation, Driver, EndOnDrop, SLACK};
use crate::client::cancel::Cancel;
use crate::error::Error;
use crate::portal::Progress;
use crate::portal::steps::{Context, Step, Waited};
use crate::time::Now;
use crate::tokio::race::{Raced, race};
use crate::transport::{Answer, Failure, PortalAnswer, PortalRequest, Sent};
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::task::JoinError;

impl Driver {
    pub(in crate::tokio) async fn portal<T: Send + 'static>(
        self: &Arc<Self>,
        begin: impl FnOnce(Context, Now) -> Step<T>,
        progress: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Result<T, Error> {
        let step = begin(self.portal_context(), self.now());
        let cancellation = self.new_cancellation();
        let _ends = EndOnDrop(&cancellation);
        let (driver, its_cancellation) = (Arc::clone(self), Arc::clone(&cancellation));
        let task = async move { driver.carry_out_portal(step, &its_cancellation, progress).await };
        match self.spawn(task).await.map_err(JoinError::try_into_panic) {
            Ok(result) => result,
            // of the app's store, clock, listener or progress
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(_)) => Err(self.shut_down()),
        }
    }

    pub(in crate::tokio) fn portal_context(&self) -> Context {
        self.with_engine(|engine, _| Context::of(engine))
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
                    let answer = self.exchange(&step.request, cancellation).await;
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

    /// Neither a cancel nor the deadline depends on the transport: its future is dropped.
    async fn exchange(&self, request: &PortalRequest, cancellation: &Cancellation) -> PortalAnswer {
        if cancellation.is_requested(Cancel::AfterReply) {
            return Answer::cancelled(Sent::No).into();
        }
        let limit = request.timeout.saturating_add(SLACK);
        match race(self.exchange_unless_it_panics(request), limit, cancellation.requested(Cancel::Now)).await {
            Raced::Done(answer) => answer,
            Raced::TimeUp => Answer::timed_out().into(),
            Raced::Cancelled => Answer::cancelled(Sent::Maybe).into(),
        }
    }

    async fn exchange_unless_it_panics(&self, request: &PortalRequest) -> PortalAnswer {
        let mut exchange = pin!(async { self.transport.exchange(request).await });
        let panicked = || Answer::failed(Failure::Network, Sent::Maybe, "the transport panicked").into();
        poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| exchange.as_mut().poll(context)));
            polled.unwrap_or_else(|_| Poll::Ready(panicked()))
        })
        .await
    }
}
