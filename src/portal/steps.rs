//! The operations of the portal as steps, for a driver that you write yourself. The clients of this crate are drivers
//! too.
//!
//! A driver is a loop that carries out one step after another until there is a result. For each step, it runs an
//! operation of its [engine](crate::engine), sends a request, or waits. Then it passes the outcome to the step's
//! `resume`, which returns the next step.
//!
//! ```
//! use polar_license::engine::{Engine, Operation, Outcome};
//! use polar_license::portal::Progress;
//! use polar_license::portal::steps::{Context, Step, Waited, request_code};
//! use polar_license::time::Now;
//! use polar_license::transport::{Answer, Request};
//! use polar_license::Error;
//!
//! trait Platform {
//!     fn now(&self) -> Now;
//!     fn run(&self, operation: Operation) -> Outcome;
//!     fn send(&self, request: &Request) -> Answer;
//!     fn wait(&self, until: u64, progress: Progress);
//! }
//!
//! fn carry_out<T>(mut step: Step<T>, platform: &impl Platform) -> Result<T, Error> {
//!     loop {
//!         step = match step {
//!             Step::Run(step) => {
//!                 let outcome = platform.run(step.operation.clone());
//!                 step.resume(outcome, platform.now())
//!             }
//!             Step::Send(step) => {
//!                 let answer = platform.send(&step.request);
//!                 step.resume(answer, platform.now())
//!             }
//!             Step::Wait(step) => {
//!                 platform.wait(step.until, step.progress);
//!                 step.resume(Waited::Over, platform.now())
//!             }
//!             Step::Done(result) => return result,
//!         }
//!     }
//! }
//!
//! # fn f(engine: &Engine, platform: &impl Platform) -> Result<(), Error> {
//! let step = request_code(Context::of(engine), "ada@example.com", platform.now());
//! let code = carry_out(step, platform)?;
//! # let _ = code; Ok(()) }
//! ```

pub use super::checkout::{follow, made_elsewhere as checkout_from_secret, open as open_checkout};
pub use super::code::{authenticate, claim_seat, request_code, request_code_for, session_from_token};
pub use super::context::Context;
pub use super::keys::{devices, list as license_keys, release};
pub use super::restore::{activate, restore, restore_purchase, restore_when_granted, usable_keys};
pub use super::rotation::rotate;
pub use super::step::{RunStep, SendStep, Step, WaitStep, Waited};
