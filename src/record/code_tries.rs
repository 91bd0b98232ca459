//! When codes of the customer portal were requested or tried on this device. Not with which address or code.

use crate::retry_headers::LONGEST_BLOCK;
use crate::time::Timestamp;

/// By the wall clock, the older first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeTries {
    pub(crate) list: Vec<CodeTry>,
    /// The codes that may have been mailed and are still good.
    pub(crate) mails: Vec<CodeMail>,
    /// Polar accepts neither requests for codes nor tries before this.
    pub(crate) blocked_until: Option<Timestamp>,
}

/// One request for a code, or one try of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeTry {
    pub(crate) at: Timestamp,
    /// Random: two processes may ask in the same millisecond.
    pub(crate) id: u32,
}

/// A code that was requested, and may have been mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeMail {
    pub(crate) at: Timestamp,
    /// Whether a code was tried since: until then, one try is reserved for it.
    pub(crate) is_tried: bool,
}

/// Whether a code is requested or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeUse {
    /// A code is requested, which reserves a try of it.
    Request,
    /// A code is tried.
    Try,
}

impl CodeTries {
    /// For how long a try counts: Polar's hour, and what a request may take until it is there.
    pub(crate) const KEPT_MS: i64 = 60 * 60 * 1000 + Self::ON_ITS_WAY_MS;

    /// A request for a code, or a try, reaches Polar within this time, or not at all.
    pub(crate) const ON_ITS_WAY_MS: i64 = 15 * 1000;

    /// Whether forgetting them would lose something.
    pub(crate) fn matter(&self, wall: Timestamp) -> bool {
        let is_kept = |code_try: &CodeTry| wall.ms_since(code_try.at) < Self::KEPT_MS;
        self.list.iter().any(is_kept) || self.block_ahead(wall).is_some()
    }

    /// Returns the end of a block that is still to come.
    pub(crate) fn block_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        self.blocked_until.filter(|until| *until > wall)
    }

    /// Lets whatever was saved under a wall clock that was ahead count from this moment on: setting the clock back does not
    /// end the pace, and nobody waits until the clock is there again. Returns `true` if anything was ahead.
    pub(crate) fn count_from(&mut self, wall: Timestamp) -> bool {
        let tries = self.list.iter_mut().map(|code_try| (&mut code_try.at, wall));
        let mails = self.mails.iter_mut().map(|mail| (&mut mail.at, wall));
        let block = self.blocked_until.iter_mut().map(|until| (until, wall.plus(LONGEST_BLOCK)));
        let mut was_ahead = false;
        for (at, latest) in tries.chain(mails).chain(block) {
            was_ahead |= *at > latest;
            *at = latest.min(*at);
        }
        was_ahead
    }
}

impl CodeMail {
    /// The time for which a code is good.
    const GOOD_MS: i64 = 30 * 60 * 1000;

    /// When the code expires; `None` if that has passed, and for one that was requested under another wall clock.
    pub(crate) fn ends(&self, wall: Timestamp) -> Option<Timestamp> {
        let is_good = (-CodeTries::KEPT_MS..Self::GOOD_MS).contains(&wall.ms_since(self.at));
        is_good.then(|| self.at.min(wall).plus_ms(Self::GOOD_MS))
    }
}
