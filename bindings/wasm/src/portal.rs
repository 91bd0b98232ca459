//! The engine's methods for the customer portal. `callPortal` starts the operation that a request in JSON describes. An
//! operation consists of steps: a step runs an operation of the engine, sends a request with a token, or waits.
//! JavaScript carries out each step and then calls the method that resumes the operation. The replies contain no token,
//! code or license key. They contain handles instead, with which JavaScript refers to these secrets. This module makes
//! no decisions.
//!
//! ```text
//!  callPortal ─► run       an operation of the engine: its steps, and resumeRun when it is done
//!             ├► exchange  one request: resumePortalReply, resumePortalFailure
//!             ├► wait      until a time: resumeWait
//!             ├► done      a reply in JSON, whose handles last until releaseReply
//!             └► failed    an error
//! ```

use crate::arguments::{NoReply, now, status};
use crate::engine::{Engine, Inner, NextStep};
use crate::under_way::Portal;
use crate::values::{another_kind, milliseconds, no_such_step, to_js};
use polar_license::engine::Outcome;
use polar_license::portal::boundary::{self, json::ProgressJson};
use polar_license::portal::steps::{Context, Step, Waited};
use polar_license::transport::{Answer, Method, Request, Sent};
use polar_license::{Error, ErrorDetails, Now};
use serde::Serialize;
use std::ops::Deref;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const IMPORTS: &str = r#"import type { Progress } from "./portal/types.js";"#;

/// The next step that a driver of the portal must execute. The driver passes the step's number when it resumes the
/// operation.
#[derive(Serialize, Tsify)]
#[serde(tag = "do", rename_all = "lowercase", rename_all_fields = "camelCase")]
#[tsify(missing_as_null, hashmap_as_object)]
pub enum PortalStep<'a> {
    /// Call the method `run`, which starts an operation of the engine. Carry out that operation, then call `resumeRun`.
    Run { number: u32 },
    /// Send this request once. Wait at most `timeout_ms` for the reply, and read at most `reply_limit` bytes of the
    /// reply. Never show any part of the request.
    Exchange {
        number: u32,
        #[tsify(type = "\"GET\" | \"POST\"")]
        method: &'static str,
        url: &'a str,
        headers: Vec<(&'static str, &'a str)>,
        /// The body, or null if the request has none.
        body: Option<&'a str>,
        timeout_ms: u64,
        reply_limit: u32,
    },
    /// Report the progress to the app, then wait until the monotonic clock reads `until`.
    Wait {
        number: u32,
        until: u64,
        #[tsify(type = "Progress")]
        progress: ProgressJson,
    },
    /// The operation has succeeded. `reply` is its result in JSON. Pass `number` to `releaseReply` to release the
    /// reply.
    Done {
        number: u32,
        reply: &'a str,
        /// The secret address of a checkout's page. Null if the result is not a checkout.
        address: Option<&'a str>,
    },
    /// The operation has failed.
    Failed {
        #[tsify(type = "Failure")]
        error: ErrorDetails<'a>,
    },
}

/// The next step of an operation of the portal.
type NextPortalStep = Result<Ts<PortalStep<'static>>, JsValue>;

#[wasm_bindgen]
impl Engine {
    /// Starts an operation of the portal. `request` describes the operation in JSON.
    #[wasm_bindgen(js_name = callPortal)]
    pub fn call_portal(&self, request: &str, wall: f64, mono: f64) -> NextPortalStep {
        let mut inner = self.inner()?;
        let step = boundary::begin(request, Context::of(&inner.engine), &inner.portal.handles, now(wall, mono));
        inner.show_portal(step)
    }

    /// Starts the engine's operation for a `run` step. Call `resumeRun` when that operation is done.
    pub fn run(&self, number: u32, wall: f64, mono: f64) -> NextStep {
        let (mut inner, now) = (self.inner()?, now(wall, mono));
        let Some(Step::Run(step)) = inner.portal.steps.get(number) else { return Err(another_kind()) };
        let operation = step.operation.clone();
        inner.portal.runs.current = Some(number);
        let step = inner.engine.begin(operation, now);
        inner.show(step, now)
    }

    /// Continues after a `run` step. If `run` was never called for this step, the engine's operation counts as
    /// cancelled.
    #[wasm_bindgen(js_name = resumeRun)]
    pub fn resume_run(&self, number: u32, wall: f64, mono: f64) -> NextPortalStep {
        let not_begun = not_begun(&Context::of(&self.inner()?.engine));
        self.go_on(number, now(wall, mono), |portal, step, now| {
            let Step::Run(step) = step else { return Err(another_kind()) };
            let outcome = portal.runs.ended.take(number).unwrap_or(not_begun);
            Ok(step.resume(outcome, now))
        })
    }

    /// Continues after an `exchange` step that got a complete reply. `location` is the reply's `Location` header.
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
        let location = location.map(Into::into);
        let answer = Answer::Reply { status: status(code), retry_after, location, body: body.into() };
        self.exchanged(number, answer, now(wall, mono))
    }

    /// Continues after an `exchange` step that got no complete reply. `sent` is true if the request may have reached
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
        self.exchanged(number, answer, now(wall, mono))
    }

    /// Continues after a `wait` step. `given_up` is true if the caller has stopped waiting before the end of the wait.
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

    /// Ends the portal's operation whose present step has this number, and wipes the secrets that the operation holds.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, number: u32) -> Result<(), JsValue> {
        let portal = &mut self.inner()?.portal;
        drop(portal.steps.take(number));
        drop(portal.runs.ended.take(number));
        portal.runs.under_way.retain(|run_for| *run_for != number);
        Ok(())
    }

    /// Drops the reply of a `done` step. From then on, the reply's handles are no longer valid, and the values behind
    /// the handles are wiped.
    #[wasm_bindgen(js_name = releaseReply)]
    pub fn release_reply(&self, number: u32) -> Result<(), JsValue> {
        drop(self.inner()?.portal.replies.take(number));
        Ok(())
    }
}

impl Engine {
    fn exchanged(&self, number: u32, answer: Answer, now: Now) -> NextPortalStep {
        self.go_on(number, now, |_, step, now| {
            let Step::Send(step) = step else { return Err(another_kind()) };
            Ok(step.resume(answer, now))
        })
    }

    fn go_on(
        &self,
        number: u32,
        now: Now,
        resume: impl FnOnce(&mut Portal, Step<boundary::Outcome>, Now) -> Result<Step<boundary::Outcome>, JsValue>,
    ) -> NextPortalStep {
        let mut inner = self.inner()?;
        let step = inner.portal.steps.take(number).ok_or_else(no_such_step)?;
        let step = resume(&mut inner.portal, step, now)?;
        inner.show_portal(step)
    }
}

impl Inner {
    /// Converts a step for JavaScript. Stores the step under a new number. If the step is `Done`, stores its reply
    /// instead.
    fn show_portal(&mut self, step: Step<boundary::Outcome>) -> NextPortalStep {
        let number = self.next_number();
        let shown = match step {
            Step::Done(result) => return self.show_result(number, result),
            Step::Run(_) => to_js(&PortalStep::Run { number }),
            Step::Send(ref step) => {
                let headers: Vec<_> = step.request.headers().collect();
                to_js(&PortalStep::exchange(number, &step.request, &headers))
            }
            Step::Wait(ref step) => {
                to_js(&PortalStep::Wait { number, until: step.until, progress: step.progress.into() })
            }
        }?;
        self.portal.steps.insert(number, step);
        Ok(shown)
    }

    fn show_result(&mut self, number: u32, result: Result<boundary::Outcome, Error>) -> NextPortalStep {
        match result {
            Ok(outcome) => {
                let reply = outcome.reply(&self.portal.handles);
                let shown = to_js(&PortalStep::Done { number, reply: reply.json(), address: reply.address() })?;
                self.portal.replies.insert(number, reply);
                Ok(shown)
            }
            Err(error) => to_js(&PortalStep::Failed { error: error.details() }),
        }
    }
}

impl<'a> PortalStep<'a> {
    fn exchange(number: u32, request: &'a Request, headers: &'a [(&'static str, impl Deref<Target = String>)]) -> Self {
        let (method, body) = match request.method {
            Method::Get => ("GET", None),
            Method::Post => ("POST", Some(request.body.as_str())),
        };
        Self::Exchange {
            number,
            method,
            url: &request.url,
            headers: headers.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            body,
            timeout_ms: milliseconds(request.timeout),
            reply_limit: request.reply_limit.try_into().unwrap_or(u32::MAX),
        }
    }
}

fn not_begun(context: &Context) -> Outcome {
    Outcome { result: Err(context.cancelled()), deactivated: None, text: None, wake_at: None }
}
