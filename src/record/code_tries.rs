//! The times at which codes of the customer portal were requested or tried on this device. Contains no address and no
//! code.

use crate::retry_headers::LONGEST_BLOCK;
use crate::time::Timestamp;

/// The requests and tries of codes, by the wall clock, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeTries {
    pub(crate) list: Vec<CodeTry>,
    /// The codes that may have been mailed and are still valid.
    pub(crate) mails: Vec<CodeMail>,
    /// The time before which Polar accepts neither requests for codes nor tries.
    pub(crate) blocked_until: Option<Timestamp>,
}

/// One request for a code, or one try of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeTry {
    pub(crate) at: Timestamp,
    /// A random number, because two processes may ask in the same millisecond.
    pub(crate) id: u32,
}

/// A code that was requested, and may have been mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeMail {
    pub(crate) at: Timestamp,
    /// Whether a code was tried since. Until then, one try is reserved for this code.
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
    /// The time for which a try counts: Polar's hour, and the time that a request may take to reach Polar.
    pub(crate) const KEPT_MS: i64 = 60 * 60 * 1000 + Self::ON_ITS_WAY_MS;

    /// The time within which a request for a code, or a try, reaches Polar, or else never does.
    pub(crate) const ON_ITS_WAY_MS: i64 = 15 * 1000;

    /// Returns `true` if anything here still counts.
    pub(crate) fn matter(&self, wall: Timestamp) -> bool {
        let is_kept = |code_try: &CodeTry| wall.ms_since(code_try.at) < Self::KEPT_MS;
        self.list.iter().any(is_kept) || self.block_ahead(wall).is_some()
    }

    /// Returns the end of a block that has not ended.
    pub(crate) fn block_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        self.blocked_until.filter(|until| *until > wall)
    }

    /// Moves every time that is ahead of the wall clock to this moment, because it was saved while the clock was ahead.
    /// So setting the clock back does not lift the limits, and nobody waits until the clock has caught up. Returns
    /// `true` if anything was ahead.
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
    /// The time for which a code is valid.
    const GOOD_MS: i64 = 30 * 60 * 1000;

    /// Returns the time at which the code expires, or `None` if it has expired, or was requested under another wall
    /// clock.
    pub(crate) fn ends(&self, wall: Timestamp) -> Option<Timestamp> {
        let is_good = (-CodeTries::KEPT_MS..Self::GOOD_MS).contains(&wall.ms_since(self.at));
        is_good.then(|| self.at.min(wall).plus_ms(Self::GOOD_MS))
    }
}
