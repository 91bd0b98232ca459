//! The trial before the purchase. It exists only in the record of this device, and Polar knows nothing of it.
//!
//! ```text
//! start ─► save the time, if there is neither a license nor an earlier trial ─► is access allowed? ─► yes: end
//!                                                                                                 └► no: refused
//! ```
//!
//! `policy.rs` decides whether the trial still runs, by the same estimate of the time as for a license.

use super::Engine;
use super::edit::Edit;
use super::task::{AfterStore, Next};
use crate::codes::{ErrorKind, NextStep, Reason, State};
use crate::decision::Decision;
use crate::error::Error;
use crate::texts::Text;
use crate::time::Now;

impl Engine {
    /// Starts the trial. The clock is checked first, because a clock that is behind would make the trial longer.
    pub(super) fn begin_trial(&self, now: Now) -> Next {
        if self.config.trial().is_none() {
            let detail = "the app has no trial; set `trial_days`";
            return Next::fail(self.error(ErrorKind::InvalidConfig, detail));
        }
        let is_behind = now.wall < self.config.certainly_past();
        let edits = if is_behind { Vec::new() } else { vec![Edit::TrialStarted(now.wall)] };
        Next::Store(edits, AfterStore::TrialStarted)
    }

    /// Ends the operation after the trial was saved. If the trial was not started because of a license or an earlier
    /// trial, the result is about that license or that earlier trial.
    pub(super) fn trial_started(&mut self, now: Now) -> Next {
        let decision = self.current(now);
        if decision.allowed() {
            return Next::end();
        }
        Next::fail(match (decision.state(), decision.reason()) {
            (_, Some(Reason::NoLicense)) => {
                let detail =
                    "no trial was started, because the clock of this device shows a day before this version was built";
                let error = self.reworded(self.refused(Reason::Refused), Text::TrialClockBehind, detail);
                error.with_next_step(NextStep::None)
            }
            (State::Expired, _) => self.no_trial(Reason::Expired, &decision),
            (_, reason) => self.no_trial(reason.unwrap_or(Reason::Refused), &decision),
        })
    }

    /// Returns the error for a trial that was not started because of a license or of an earlier trial.
    fn no_trial(&self, reason: Reason, decision: &Decision) -> Error {
        let detail = format!("no trial was started, because the state is `{}` ({reason})", decision.state());
        let error = self.refused(reason).with_texts(decision.message().to_owned(), detail);
        error.with_next_step(decision.next_step())
    }

    /// Returns the error for a trial that was not started because it could not be saved.
    pub(super) fn trial_not_stored(&self, message: &str) -> Error {
        let detail = format!("no trial was started, because it could not be stored: {message}");
        self.reworded(self.error(ErrorKind::Storage, ""), Text::TrialNotStored, detail)
    }
}
