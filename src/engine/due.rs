//! Decides when to ask Polar without the user doing anything: whether a refresh is due, when a timer should start the
//! next one, and how soon to ask again after each reply. `schedule.rs` computes the waits between requests.

use super::edit::{Edit, PlanEdit};
use super::{Engine, Patience, schedule};
use crate::codes::State;
use crate::decision::Decision;
use crate::record::Verdict;
use crate::time::Now;
use crate::wire::{Cause, Rejection};
use std::time::Duration;

/// The shortest time between two requests to Polar for a user without access. For such a user, Polar is asked even
/// before the planned time if the app refreshes the license or starts the automatic refresh.
const ASK_AGAIN_MS: i64 = 5_000;

impl Engine {
    /// Returns `true` if a refresh with this cause should ask Polar now.
    pub(super) fn is_due(&mut self, patience: Patience, now: Now) -> bool {
        let state = self.state(now);
        let since = self.asked_at.map(|at| now.since(at));
        // A user without access may press a button again and again. So Polar is asked at once, but not more often than
        // `ASK_AGAIN_MS` allows.
        let may_ask_again = !state.is_allowed() && since.is_none_or(|ms| ms >= ASK_AGAIN_MS);
        let user_waits = patience == Patience::Short && may_ask_again;
        if user_waits || !self.has_pending_work(now) {
            return user_waits;
        }
        match patience {
            Patience::Started if may_ask_again => true,
            Patience::Full | Patience::Woken if !state.is_allowed() && since.is_none() => true,
            Patience::Woken if state != State::Active || self.unreached.is_some() => true,
            Patience::Short | Patience::Started | Patience::Woken => self.due_in(now) == 0,
            Patience::Full if self.due_in(now) > 0 => false,
            Patience::Full => {
                let decision = self.current(now);
                self.rest_in(&decision, now) == 0
            }
        }
    }

    /// Returns `true` if Polar has to be contacted even if the user does nothing. This is the case if the device has a
    /// license, if seats have to be released, or if the record is not trusted and Polar has not answered about it yet.
    /// Returns `false` while an imported license allows access, because its computer has no network.
    fn has_pending_work(&mut self, now: Now) -> bool {
        if self.works_offline(now) {
            return false;
        }
        self.has_license() || !self.record.releases.is_empty() || (self.target().is_some() && !self.untrusted_answered)
    }

    /// Returns how many ms to wait until Polar should be asked.
    fn due_in(&mut self, now: Now) -> u64 {
        match (self.estimate(now), self.record.plan.next) {
            (Some(estimate), Some(next)) => {
                let wait = next.ms_since(estimate);
                let longest = self.config.refresh_ms().max(schedule::LONGEST_MS);
                if wait > longest { 0 } else { wait.max(0).unsigned_abs() }
            }
            (None, Some(next)) => {
                // Neither clock can be trusted to tell Polar's time, but the monotonic clock still measures how much
                // time passes in this process.
                let at = *self.fallback_at.get_or_insert_with(|| {
                    let wait = next.ms_since(now.wall).clamp(0, schedule::LONGEST_MS);
                    now.after(wait.unsigned_abs())
                });
                now.until(at)
            }
            (_, None) => 0,
        }
    }

    /// Returns for how many ms timers rest. After a 429, timers rest, so that requests for which users wait get
    /// through. Timers do not rest if access is not allowed, or if the app would tell the user to go online before the
    /// rest is over, because the user would notice such a rest. `decision` must be the present decision.
    fn rest_in(&mut self, decision: &Decision, now: Now) -> u64 {
        let rest = self.pacer.rest_left(now);
        let noticed = decision.notice_at().zip(self.estimate(now));
        let is_unnoticed = noticed.is_some_and(|(at, estimate)| at > estimate.plus_ms(rest.cast_signed()));
        if decision.allowed() && is_unnoticed { rest } else { 0 }
    }

    /// Returns the time at which a timer should run the next refresh: Polar should be asked then, or the state changes
    /// because time has passed. Returns `None` if neither will happen.
    pub(super) fn wake_at(&mut self, decision: &Decision, now: Now) -> Option<u64> {
        let ask_in = self.has_pending_work(now).then(|| self.due_in(now));
        let pause = self.pacer.pause_left(now).max(self.rest_in(decision, now));
        let ask_in = ask_in.map(|wait| wait.max(pause));
        let estimate = self.estimate(now);
        let license = decision.license();
        let stale_at = license.map(|license| license.confirmed_at.plus_ms(self.config.refresh_ms()));
        let expires_at = license.and_then(|license| license.expires_at);
        let changes = [stale_at, decision.notice_at(), decision.grace_ends_at(), expires_at, decision.trial_ends_at()];
        let change_in = changes.into_iter().filter_map(|at| {
            let wait = at?.ms_since(estimate?);
            (wait > 0).then_some(wait.unsigned_abs())
        });
        change_in.chain(ask_in).min().map(|wait| now.after(wait))
    }

    /// Remembers whether Polar could be reached, and returns the plan for the next round of requests.
    pub(super) fn plan(&mut self, rejection: Option<&Rejection>, now: Now) -> PlanEdit {
        let has_confirmed = self.record.license.as_ref().is_some_and(|license| license.verdict == Verdict::Confirmed);
        let (is_new_denial, problem) = match rejection {
            // Polar has been reached. `UsageExhausted` only means that the remaining usage is less than the app asked
            // for. It says nothing about whether the key is valid.
            None | Some(Rejection::NotAnswered(Cause::UsageExhausted)) => (false, None),
            Some(Rejection::Denied(_)) => (has_confirmed, None),
            Some(Rejection::NotAnswered(cause)) => (false, Some(cause.problem(self.config.texts()))),
        };
        // saves only a pause that Polar imposed, not the wait with which this process spaces its requests
        let is_paused = matches!(rejection, Some(Rejection::NotAnswered(Cause::RateLimited(_))));
        let pause = self.pacer.pause_left(now);
        let plan = PlanEdit {
            answered: problem.is_none(),
            failed_tries: if is_new_denial { 0 } else { self.record.plan.failed_tries },
            jitter: self.random.next(),
            ended: now.mono,
            pause_until: (is_paused && pause > 0).then(|| now.wall.plus(Duration::from_millis(pause))),
        };
        self.unreached = problem;
        plan
    }

    /// Records that an operation failed, and whether Polar could be reached. Returns the edits to save: a pause that
    /// Polar imposed, so that other processes pause too, or nothing.
    pub(super) fn pause(&mut self, rejection: &Rejection, now: Now) -> Vec<Edit> {
        let plan = self.plan(Some(rejection), now);
        plan.pause_until.map(Edit::Pause).into_iter().collect()
    }
}
