//! The customer portal as further methods of the engine. Its operations have steps of their own kind, which run the
//! engine's operations and send requests with a token. Decides nothing, and never shows a token, code or license key:
//! JavaScript has only numbers for the values that it passes back.
//!
//! ```text
//!  begin ─► run       an operation of the engine: its steps, and resumeRun when it is done
//!        ├► exchange  one request: resumePortalReply, resumePortalFailure
//!        ├► wait      until a time: resumeWait
//!        └► done      a value, or an error
//! ```

mod operations;
mod values;

use crate::arguments::{NoReply, now, status};
use crate::engine::{Engine, NextStep};
use crate::held::HeldValues;
use crate::under_way::{Portal, Value};
use crate::values::{another_kind, defect, no_such_step, to_js};
use polar_license::Now;
use polar_license::engine::Outcome;
use polar_license::portal::steps::{Context, Step, Waited};
use polar_license::transport::{Answer, PortalAnswer, Sent};
use tsify::Ts;
use values::PortalStep;
use wasm_bindgen::prelude::*;

/// The next step of an operation of the portal.
pub(crate) type NextPortalStep = Result<Ts<PortalStep<'static>>, JsValue>;

#[wasm_bindgen]
impl Engine {
    /// Starts the engine's operation of a step `run`. Call `resumeRun` when that operation is done.
    pub fn run(&self, number: u32, wall: f64, mono: f64) -> NextStep {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let Some(Step::Run(step)) = inner.portal.steps.get(number) else { return Err(another_kind()) };
        let operation = step.operation.clone();
        inner.portal.runs.current = Some(number);
        let step = inner.engine.begin(operation, now);
        inner.show(step, now)
    }

    /// Continues after a step `run`. An operation that was never started counts as cancelled.
    #[wasm_bindgen(js_name = resumeRun)]
    pub fn resume_run(&self, number: u32, wall: f64, mono: f64) -> NextPortalStep {
        let not_begun = not_begun(&Context::of(&self.inner()?.engine));
        self.go_on(number, now(wall, mono), |portal, step, now| {
            let Step::Run(step) = step else { return Err(another_kind()) };
            let outcome = portal.runs.ended.take(number).unwrap_or(not_begun);
            Ok(step.resume(outcome, now))
        })
    }

    /// Continues after a step `exchange` with a complete reply. `location` is its header of that name.
    #[wasm_bindgen(js_name = resumePortalReply)]
    #[expect(
        clippy::too_many_arguments,
        reason = "a reply has these parts, and an object would have to be made of them"
    )]
    pub fn resume_portal_reply(
        &self,
        number: u32,
        #[wasm_bindgen(js_name = status)] code: f64,
        #[wasm_bindgen(js_name = retryAfter)] retry_after: Option<u32>,
        location: Option<String>,
        body: Vec<u8>,
        wall: f64,
        mono: f64,
    ) -> NextPortalStep {
        let answer = Answer::Reply { status: status(code), retry_after, body };
        let location = location.map(Into::into);
        self.exchanged(number, PortalAnswer { answer, location }, now(wall, mono))
    }

    /// Continues after a step `exchange` without a complete reply. `sent` means that the request may have reached
    /// Polar.
    #[wasm_bindgen(js_name = resumePortalFailure)]
    pub fn resume_portal_failure(
        &self,
        number: u32,
        failure: NoReply,
        sent: bool,
        message: String,
        wall: f64,
        mono: f64,
    ) -> NextPortalStep {
        let sent = if sent { Sent::Maybe } else { Sent::No };
        let answer = Answer::Failed { failure: failure.parse()?, sent, message };
        self.exchanged(number, answer.into(), now(wall, mono))
    }

    /// Continues after a step `wait`: its time has come, or the caller no longer wants to wait.
    #[wasm_bindgen(js_name = resumeWait)]
    pub fn resume_wait(
        &self,
        number: u32,
        #[wasm_bindgen(js_name = givenUp)] given_up: bool,
        wall: f64,
        mono: f64,
    ) -> NextPortalStep {
        let waited = if given_up { Waited::GivenUp } else { Waited::Over };
        self.go_on(number, now(wall, mono), |_, step, now| {
            let Step::Wait(step) = step else { return Err(another_kind()) };
            Ok(step.resume(waited, now))
        })
    }

    /// Ends an operation of the portal in this step, and drops its values.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, number: u32) -> Result<(), JsValue> {
        let portal = &mut self.inner()?.portal;
        drop(portal.steps.take(number));
        drop(portal.runs.ended.take(number));
        portal.runs.under_way.retain(|run_for| *run_for != number);
        Ok(())
    }

    /// Drops the value with the number `held`, and wipes its secrets.
    #[wasm_bindgen(js_name = letGo)]
    pub fn let_go(&self, held: u32) -> Result<(), JsValue> {
        self.inner()?.portal.held.let_go(held);
        Ok(())
    }
}

impl Engine {
    /// Starts an operation of the portal with values for which JavaScript has numbers.
    fn begin_portal(&self, begin: impl FnOnce(Context, &HeldValues) -> Option<Step<Value>>) -> NextPortalStep {
        let mut inner = self.inner()?;
        let context = Context::of(&inner.engine);
        let step = begin(context, &inner.portal.held).ok_or_else(|| defect("nothing is held by this number"))?;
        inner.show_portal(step)
    }

    fn exchanged(&self, number: u32, answer: PortalAnswer, now: Now) -> NextPortalStep {
        self.go_on(number, now, |_, step, now| {
            let Step::Send(step) = step else { return Err(another_kind()) };
            Ok(step.resume(answer, now))
        })
    }

    fn go_on(
        &self,
        number: u32,
        now: Now,
        resume: impl FnOnce(&mut Portal, Step<Value>, Now) -> Result<Step<Value>, JsValue>,
    ) -> NextPortalStep {
        let mut inner = self.inner()?;
        let step = inner.portal.steps.take(number).ok_or_else(no_such_step)?;
        let step = resume(&mut inner.portal, step, now)?;
        inner.show_portal(step)
    }
}

impl crate::engine::Inner {
    /// Converts a step for JavaScript. Stores it under a new number, unless it is the last step.
    fn show_portal(&mut self, step: Step<Value>) -> NextPortalStep {
        let number = self.next_number();
        let shown = match &step {
            Step::Run(_) => to_js(&PortalStep::Run { number }),
            Step::Send(step) => {
                to_js(&PortalStep::exchange(number, &step.request, &step.request.headers().collect::<Vec<_>>()))
            }
            Step::Wait(step) => to_js(&PortalStep::wait(number, step)),
            Step::Done(Ok(value)) => return to_js(&PortalStep::done(value, &mut self.portal.held)),
            Step::Done(Err(error)) => return to_js(&PortalStep::failed(error)),
        }?;
        self.portal.steps.insert(number, step);
        Ok(shown)
    }
}

fn not_begun(context: &Context) -> Outcome {
    Outcome { result: Err(context.cancelled()), deactivated: None, wake_at: None }
}
