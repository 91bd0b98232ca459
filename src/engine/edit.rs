//! Changes to a record as data, so that they can be applied to whatever another process has saved meanwhile, and
//! again after a save that failed. Pure.

use super::Engine;
use super::policy;
use super::schedule::{Round, next_round};
use super::timeline::Timeline;
use crate::config::Config;
use crate::hash::{sha256, short};
use crate::license::Reason;
use crate::record::{Attempt, Held, Identity, Plan, Record, TimeBase, Verdict};
use crate::text::hex;
use crate::time::{Now, Timestamp};
use crate::wire::Confirmed;
use uuid::Uuid;

pub(super) enum Edit {
    /// Polar's answer about a license.
    Word(Box<Word>),
    /// An activation is about to be sent.
    Attempt(Attempt),
    /// The attempt has come to nothing, for certain.
    AttemptOver(AttemptId),
    /// A license was activated, or found to need no activation.
    Activated(Box<Activated>),
    /// The seat known here was given up to take another.
    SeatLost(Uuid),
    /// Polar knows this seat no more.
    Released(Uuid),
    /// The license was given up.
    Deactivated(Identity),
    Forget,
    /// Polar wants no request before this, on the wall clock.
    Pause(Timestamp),
    Plan(PlanEdit),
}

/// Polar's answer about the license `asked`.
pub(super) struct Word {
    pub(super) asked: Asked,
    pub(super) says: Says,
}

pub(super) enum Says {
    Yes(Yes),
    No(Reason),
}

pub(super) struct Yes {
    /// Its key differs from the one known where Polar or the customer rotated it.
    pub(super) identity: Identity,
    pub(super) confirmed: Confirmed,
    /// The wall clock when it was heard.
    pub(super) wall: Timestamp,
}

/// The license a question was about, and how many words had been heard on it.
pub(super) struct Asked {
    pub(super) identity: Identity,
    pub(super) revision: u64,
}

/// An attempt by its random part and time.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptId {
    pub(super) random: u16,
    pub(super) at: Timestamp,
}

pub(super) struct Activated {
    pub(super) yes: Yes,
    pub(super) attempt: Option<AttemptId>,
    /// The license that was here when the user asked for this one.
    pub(super) instead_of: Option<Identity>,
}

/// When to ask next, given how this round ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanEdit {
    /// Whether Polar answered.
    pub(super) answered: bool,
    /// How many rounds in a row had not led to access before this one.
    pub(super) misses: u32,
    pub(super) jitter: u32,
    /// When the round ended, on this process's monotonic clock: the edit may be applied again much later.
    pub(super) ended: u64,
    /// Polar wants no request before this, on the wall clock.
    pub(super) pause_until: Option<Timestamp>,
}

/// What came of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Changed,
    Unchanged,
    /// Another process heard the opposite meanwhile: ask once more.
    Contradicted,
}

/// What edits are applied with.
pub(super) struct Editor<'a> {
    pub(super) config: &'a Config,
    pub(super) timeline: Timeline,
    pub(super) now: Now,
    /// The edits that have not been saved so far.
    pub(super) unsaved: &'a [Edit],
}

/// How long an attempt without an outcome is reported. By then the customer has looked, or has not missed a seat.
const ATTEMPTS_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// An activation ends within its 35 s, unless its machine goes to sleep.
const ATTEMPT_UNDER_WAY_MS: i64 = 60 * 1000;

/// More attempts than this are not kept; the oldest has been reported for long.
const MOST_ATTEMPTS: usize = 16;

impl Says {
    pub(super) fn yes(identity: Identity, confirmed: &Confirmed, now: Now) -> Self {
        Self::Yes(Yes { identity, confirmed: *confirmed, wall: now.wall })
    }
}

impl Engine {
    /// Puts down what Polar said of the license known here.
    pub(super) fn remember(&mut self, says: Says) {
        if let Some(asked) = self.op.known.take() {
            self.op.edits.push(Edit::Word(Box::new(Word { asked, says })));
        }
    }
}

impl Edit {
    /// Whether losing it in a power cut would lose something.
    pub(super) fn is_precious(&self) -> bool {
        !matches!(self, Self::Plan(_) | Self::Pause(_))
    }

    /// Whether a later edit of the same sort makes this one needless.
    pub(super) fn is_replaced_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Plan(_), Self::Plan(_)) | (Self::Pause(_), Self::Pause(_)) => true,
            (Self::Word(word), Self::Word(later)) => word.asked.identity == later.asked.identity,
            _ => false,
        }
    }
}

impl Editor<'_> {
    pub(super) fn apply(&mut self, record: &mut Record, edit: &Edit) -> Applied {
        match edit {
            Edit::Word(word) => return self.word(record, word),
            Edit::Activated(activated) => self.activated(record, activated),
            Edit::Plan(plan) => self.plan(record, *plan),
            Edit::Pause(until) => record.plan.pause_until = Some(*until),
            Edit::Forget => *record = Record::default(),
            Edit::Attempt(attempt) => {
                if record.attempts.len() >= MOST_ATTEMPTS {
                    record.attempts.remove(0);
                }
                record.attempts.push(attempt.clone());
            }
            Edit::AttemptOver(id) => return record.remove_attempts(&|attempt| attempt.is(*id)).into(),
            Edit::Released(id) => {
                let at = record.releases.iter().position(|release| release.activation_id == *id);
                return at.map(|at| record.releases.remove(at)).is_some().into();
            }
            Edit::SeatLost(id) => {
                lose(record.held.as_mut().map(|held| &mut held.identity), *id);
                lose(record.aside.as_mut().and_then(|aside| aside.identity.as_mut()), *id);
            }
            Edit::Deactivated(identity) => {
                if record.identity() != Some(identity) {
                    return Applied::Unchanged;
                }
                // what may have been taken, and what is still to be given up, is not settled by giving up another seat
                record.held = None;
                record.aside = None;
                record.unknown.clear();
                record.plan = Plan { pause_until: record.plan.pause_until, ..Plan::default() };
            }
        }
        Applied::Changed
    }

    fn word(&mut self, record: &mut Record, word: &Word) -> Applied {
        let Some(held) = record.held.as_mut() else { return self.word_on_aside(record, word) };
        if held.identity != word.asked.identity {
            return Applied::Unchanged;
        }
        let overtaken = held.revision != word.asked.revision && !self.is_only_ours(&held.identity);
        let (says_yes, same_key) = match &word.says {
            Says::Yes(yes) => (true, yes.identity.key == held.identity.key),
            Says::No(_) => (false, true),
        };
        if overtaken && same_key {
            let same = says_yes == (held.verdict == Verdict::Yes);
            return if same { Applied::Unchanged } else { Applied::Contradicted };
        }
        match &word.says {
            Says::Yes(yes) => *held = self.held(yes, held.revision),
            Says::No(reason) => {
                let changed = held.identity.seat.is_some() && held.conditions != conditions_hash(self.config);
                let unclear = matches!(reason, Reason::Refused | Reason::Conditions);
                held.verdict = Verdict::No(if changed && unclear { Reason::Conditions } else { *reason });
                held.revision = held.revision.saturating_add(1);
            }
        }
        Applied::Changed
    }

    /// Whether only this process knows the license so far, so that nobody else can have heard anything of it.
    fn is_only_ours(&self, identity: &Identity) -> bool {
        let activates = |edit: &Edit| matches!(edit, Edit::Activated(activated) if activated.yes.identity == *identity);
        self.unsaved.iter().any(activates)
    }

    /// A yes makes a license that could not be trusted one that can; a no leaves it as it is.
    fn word_on_aside(&self, record: &mut Record, word: &Word) -> Applied {
        let asked = record.aside.as_ref().is_some_and(|aside| aside.identity.as_ref() == Some(&word.asked.identity));
        match &word.says {
            Says::Yes(yes) if asked => {
                record.held = Some(self.held(yes, 0));
                record.aside = None;
                Applied::Changed
            }
            _ => Applied::Unchanged,
        }
    }

    fn activated(&self, record: &mut Record, activated: &Activated) {
        let Activated { yes: yes @ Yes { identity, confirmed, .. }, attempt, instead_of } = activated;
        if let Some(id) = attempt {
            record.remove_attempts(&|attempt| attempt.is(*id));
        }
        if confirmed.limit_activations == Some(1) {
            // the only seat there is was free, so no earlier attempt has taken it; one that is on its way still may
            let last_six = identity.key.last_six();
            let over = |attempt: &Attempt| confirmed.at.ms_since(attempt.at) > ATTEMPT_UNDER_WAY_MS;
            record.remove_attempts(&|attempt| attempt.last_six == last_six && over(attempt));
        }
        let mut revision = 0;
        if let Some(old) = record.held.take() {
            let stale = Some(&old.identity) == instead_of.as_ref();
            let seated = old.identity.seat.is_some() && old.verdict == Verdict::Yes;
            if let Some(seat) = identity.seat.filter(|_| !stale && seated && old.identity.key == identity.key) {
                // another process activated the same key meanwhile: its seat serves both
                record.release(&identity.key, seat.id);
                record.held = Some(old);
                return;
            }
            if let Some(seat) = old.identity.seat.filter(|seat| Some(seat.id) != identity.activation_id()) {
                record.release(&old.identity.key, seat.id);
            }
            // another license starts afresh, whatever it takes the place of: the edit may be applied again to another record
            if old.identity == *identity {
                revision = old.revision;
            }
        }
        record.held = Some(self.held(yes, revision));
        record.aside = None;
    }

    fn held(&self, yes: &Yes, revision: u64) -> Box<Held> {
        let Yes { identity, confirmed, wall } = yes;
        Box::new(Held {
            identity: identity.clone(),
            revision: revision.saturating_add(1),
            verdict: Verdict::Yes,
            license_id: confirmed.id,
            benefit_id: confirmed.benefit_id,
            limit_activations: confirmed.limit_activations,
            limit_usage: confirmed.limit_usage,
            usage: confirmed.usage,
            expires_at: confirmed.expires_at,
            time: TimeBase { confirmed: confirmed.at, offset: confirmed.at.ms_since(*wall), high: confirmed.at },
            conditions: conditions_hash(self.config),
        })
    }

    fn plan(&mut self, record: &mut Record, edit: PlanEdit) {
        let now = self.estimate(record);
        let (state, _) = policy::state(self.config, record, now);
        let settled = edit.answered && record.releases.is_empty();
        let misses = if settled && state.is_allowed() { 0 } else { edit.misses.saturating_add(1) };
        let round = Round { state, settled, misses, jitter: edit.jitter };
        let wait = next_round(&round, self.config.refresh_ms());
        let next = now.unwrap_or(self.now.wall).plus_ms(wait.saturating_sub(self.now.since(edit.ended)));
        // an answer that was on its way before a pause began does not end it
        let pause_until = record.plan.pause_ahead(self.now.wall).max(edit.pause_until);
        record.plan = Plan { next: Some(next), misses, pause_until };
        // by Polar's clock alone: a wall clock that was set wrong must not cut the report short
        if let Some(now) = now.filter(|_| edit.answered) {
            record.remove_attempts(&|attempt| now.ms_since(attempt.at) >= ATTEMPTS_KEPT_MS);
        }
    }

    /// The time on Polar's clock, as far as this record can tell.
    pub(super) fn estimate(&mut self, record: &Record) -> Option<Timestamp> {
        let held = record.held.as_deref()?;
        self.timeline.judge(held.time, self.now)
    }
}

impl Attempt {
    pub(super) fn is(&self, id: AttemptId) -> bool {
        self.at == id.at && self.seat == id.seat()
    }
}

impl AttemptId {
    /// The random part as in labels: four digits.
    pub(super) fn seat(self) -> String {
        hex(&self.random.to_be_bytes()).to_ascii_uppercase()
    }
}

impl From<bool> for Applied {
    fn from(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

fn lose(identity: Option<&mut Identity>, activation_id: Uuid) {
    if let Some(identity) = identity.filter(|identity| identity.activation_id() == Some(activation_id)) {
        identity.seat = None;
    }
}

/// What the app's own conditions are at present, to tell later whether they were changed.
pub(super) fn conditions_hash(config: &Config) -> [u8; 8] {
    short(&sha256(&[config.conditions().json().as_bytes()]))
}
