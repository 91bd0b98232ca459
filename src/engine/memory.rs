//! The engine's record in memory, and how it is merged with the stored record. The two records differ if another
//! process has changed the stored record, or if a save has failed.

use super::edit::{Applied, Asked, Edit, Editor};
use super::task::Write;
use super::{Engine, policy};
use crate::codes::{Distrust, ErrorKind, State};
use crate::decision::Problem;
use crate::record::{Attempt, Record};
use crate::store::{Change, Durability};
use crate::texts::Text;
use crate::time::{Now, Timestamp};

/// The result of merging edits with the stored record.
pub(super) struct Merged {
    record: Box<Record>,
    is_newer: bool,
    /// Whether all edits are saved as soon as the change that [`Engine::merge`] returns is written.
    complete: bool,
    contradicted: bool,
    overtaken: bool,
}

/// The result of applying edits to a record.
struct Edited {
    /// Whether there is anything to save.
    changed: bool,
    /// Whether the save must survive a power cut.
    precious: bool,
    /// Whether Polar's answer in a new edit contradicts the answer that another process has saved.
    contradicted: bool,
    /// Whether another process has saved a newer answer about the same license than an edit that this process has not
    /// saved yet. The answer in that edit is obsolete.
    overtaken: bool,
}

/// Before the first read of the store, the stored time `high` may lag behind the estimated time by at most this much.
/// If it lags further, the record is saved to update `high`. Every other save updates `high` too.
const HIGH_LAG_AT_START_MS: i64 = 60 * 60 * 1000;

/// After the first read of the store, the stored time `high` may lag behind the estimated time by a tenth of the time
/// for which this engine has been running, but at least by ten minutes and at most by a day. Without a lag, a program
/// that runs for months would save the record every few minutes only because time passes. If the process is killed, the
/// stored time misses at most a tenth of a long run.
const HIGH_LAG_PART: i64 = 10;
const LEAST_HIGH_LAG_MS: i64 = 10 * 60 * 1000;
const MOST_HIGH_LAG_MS: i64 = 24 * 60 * 60 * 1000;

impl Engine {
    /// Returns the record that results from applying these edits to the stored bytes, and the change that the store
    /// needs. Changes neither the engine nor the store.
    pub(super) fn merge(&self, edits: &[Edit], stored: Option<&[u8]>, write: Write, now: Now) -> (Merged, Change) {
        let mut record = match stored.map(|bytes| self.sealer.open(bytes)) {
            None => Box::default(),
            Some(Ok(record)) => record,
            Some(Err(untrusted)) => Box::new(Record { untrusted: Some(untrusted), ..Record::default() }),
        };
        let is_newer = record.untrusted.as_ref().is_some_and(|untrusted| untrusted.why == Distrust::NewerFormat)
            && !edits.iter().any(|edit| matches!(edit, Edit::Forget));
        // An untrusted record may be overwritten only by a confirmation or by an act of the user, and not by a plan, a
        // pause or a denial.
        let was_untrusted = record.untrusted.is_some() && record.license.is_none();
        let Edited { changed, precious, contradicted, overtaken } = self.edit(&mut record, &self.unsaved, edits, now);
        let must_write = write == Write::Always && record.license.is_some();
        let (change, complete) = if is_newer {
            (Change::Keep, !precious)
        } else if was_untrusted && !precious {
            (Change::Keep, !changed)
        } else if !changed && !must_write {
            (Change::Keep, true)
        } else if record.is_worth_keeping(now.wall) {
            let durability = if precious || must_write { Durability::Synced } else { Durability::Relaxed };
            (Change::Put(self.sealer.seal(&record), durability), true)
        } else if stored.is_some() {
            (Change::Remove, true)
        } else {
            (Change::Keep, true)
        };
        (Merged { record, is_newer, complete, contradicted, overtaken }, change)
    }

    /// Applies `earlier`, the edits that the record may lack, and then `edits`.
    fn edit(&self, record: &mut Record, earlier: &[Edit], edits: &[Edit], now: Now) -> Edited {
        let bytes_before = record.bytes();
        let mut editor = Editor { config: &self.config, timeline: self.timeline, now, unsaved: earlier };
        let (mut precious, mut contradicted, mut overtaken) = (false, false, false);
        for edit in earlier {
            let applied = editor.apply(record, edit);
            precious |= applied == Applied::Changed && edit.is_precious();
            overtaken |= applied.is_overtaken();
        }
        for edit in edits {
            let applied = editor.apply(record, edit);
            precious |= applied == Applied::Changed && edit.is_precious();
            contradicted |= applied == Applied::Contradicted;
        }
        let mut changed = bytes_before != record.bytes();
        // Polar counts every request, even a failed one. So the time of a request is saved for the next process, even
        // if nothing else is.
        changed |= self.running.has_unsaved_request;
        self.pacer.learn(now, record.sent);
        let sent = self.pacer.recent(now);
        if sent.iter().any(Option::is_some) {
            record.sent = sent;
        }
        if let Some(estimate) = editor.estimate(record)
            && let Some(high) = record.high_mut()
        {
            changed |= estimate.ms_since(*high) > self.longest_high_lag(now);
            *high = estimate.max(*high);
        }
        Edited { changed, precious, contradicted, overtaken }
    }

    /// Returns the longest time, in ms, by which the stored estimate `high` may lag behind the current estimate of the
    /// time.
    fn longest_high_lag(&self, now: Now) -> i64 {
        if !self.has_read {
            return HIGH_LAG_AT_START_MS;
        }
        let run = self.began_at.map_or(0, |began_at| now.since(began_at));
        (run / HIGH_LAG_PART).clamp(LEAST_HIGH_LAG_MS, MOST_HIGH_LAG_MS)
    }

    /// Adopts the result of a merge. If the stored record could not be read, `merged` is `None`, and the edits are
    /// applied to the record in memory. Returns `true` if another process has saved an answer that contradicts one of
    /// the edits.
    pub(super) fn adopt(
        &mut self,
        merged: Option<Box<Merged>>,
        edits: Vec<Edit>,
        written: &Result<(), String>,
        now: Now,
    ) -> bool {
        self.storage = written.as_ref().err().map(|detail| {
            let texts = self.config.texts();
            let problem = Problem::new(texts, ErrorKind::Storage, detail.as_str());
            if merged.is_some() { problem } else { Problem { message: texts.get(Text::Unreadable).into(), ..problem } }
        });
        let (contradicted, complete) = match merged {
            Some(merged) => {
                (self.record, self.is_newer, self.has_read) = (merged.record, merged.is_newer, true);
                if let Some(identity) = self.record.identity().filter(|_| merged.overtaken) {
                    // Another process has stored a newer answer about this license, so the unsaved answer of this
                    // process is obsolete and is dropped. Otherwise the next answer of this process would be applied to
                    // the same old revision, and would count as obsolete too.
                    self.unsaved.retain(|edit| !edit.answers_about(identity));
                }
                (merged.contradicted, merged.complete)
            }
            None => {
                // The store cannot be read. Keeps the license in memory and applies the edits to it, so that the
                // store's failure loses no license.
                let mut record = std::mem::take(&mut self.record);
                let edited = self.edit(&mut record, &[], &edits, now);
                self.record = record;
                (edited.contradicted, false)
            }
        };
        if written.is_ok() && complete {
            self.unsaved.clear();
        } else {
            for edit in edits {
                Edit::add_unsaved(&mut self.unsaved, edit);
            }
        }
        self.pacer.learn(now, self.record.sent);
        if let Some(until) = self.record.plan.pause_ahead(now.wall) {
            self.pacer.pause(now, until.ms_since(now.wall).unsigned_abs(), self.random.next());
        }
        contradicted
    }

    /// Returns the license to ask Polar about: the stored license, or else the license of an untrusted record.
    pub(super) fn target(&self) -> Option<Asked> {
        match &self.record.license {
            Some(license) => Some(Asked { identity: license.identity.clone(), revision: license.revision }),
            None => {
                let identity = self.record.untrusted.as_ref()?.identity.clone()?;
                Some(Asked { identity, revision: 0 })
            }
        }
    }

    pub(super) fn has_license(&self) -> bool {
        self.record.license.is_some()
    }

    pub(super) fn state(&mut self, now: Now) -> State {
        let estimate = self.estimate(now);
        policy::state(&self.config, &self.record, estimate)
    }

    /// Returns the time on Polar's clock. Returns `None` if no clock can be trusted, or if there is neither a license nor
    /// a trial.
    pub(super) fn estimate(&mut self, now: Now) -> Option<Timestamp> {
        self.timeline.judge(self.record.time()?, now)
    }

    /// Returns `true` if the license was imported, and Polar has not confirmed it to this device itself.
    pub(super) fn is_air_gapped(&self) -> bool {
        let license = self.record.license.as_deref();
        license.is_some_and(|license| policy::air_gap_ms(&self.config, license).is_some())
    }

    /// Returns the most urgent problem at present, or `None` if there is none.
    pub(super) fn problem(&self, now: Now) -> Option<Problem> {
        if self.unreached.is_some() {
            return self.unreached.clone();
        }
        // The user carries an answer to the other computer at once. So an attempt for that computer is reported even if
        // it was sent a moment ago.
        let is_over = |attempt: &Attempt| attempt.is_over(now.wall) || self.running.answering.is_some();
        let is_uncertain = |attempt: &&Attempt| !self.is_sending(attempt) && is_over(attempt);
        let uncertain = self.record.attempts.iter().rfind(is_uncertain);
        let Some(attempt) = uncertain else { return self.storage.clone() };
        Some(Problem {
            kind: ErrorKind::SeatUncertain,
            message: attempt.message(self.config.texts()),
            detail: attempt.detail(),
            retry_after: None,
            maybe_applied: true,
        })
    }

    /// Returns `true` if the operation in progress has sent this attempt, or is about to send it. Such an attempt is
    /// not a problem yet, because its outcome may still arrive.
    fn is_sending(&self, attempt: &Attempt) -> bool {
        self.running.sending.is_some_and(|id| attempt.is(id))
    }
}
