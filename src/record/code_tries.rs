//! The times at which this device requested or tried codes of the customer portal. Contains no address and no code.

use crate::retry_headers::LONGEST_BLOCK;
use crate::time::Timestamp;

/// The requests with which this device asked Polar for a code or tried a code. The times are those of the wall clock,
/// and the oldest request comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeTries {
    pub(crate) list: Vec<CodeTry>,
    /// The codes that may have been mailed and are still valid.
    pub(crate) mails: Vec<CodeMail>,
    /// Until this time, Polar mails no codes and accepts none.
    pub(crate) blocked_until: Option<Timestamp>,
}

/// A request in which this device asked Polar for a code, or tried a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeTry {
    pub(crate) at: Timestamp,
    /// A random number that distinguishes requests of different processes in the same millisecond.
    pub(crate) id: u32,
}

/// A code that was requested, and may have been mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeMail {
    pub(crate) at: Timestamp,
    /// Whether any code was tried after this one was requested. Until then, one try is reserved for this code.
    pub(crate) is_tried: bool,
}

/// The two kinds of requests about codes. Polar counts both kinds together, and blocks an IP address that sends too
/// many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeUse {
    /// A request for a code. It also reserves one later try, so that the user can enter the code.
    Request,
    /// A code is tried.
    Try,
}

impl CodeTries {
    /// The time for which this device counts a request. Polar counts a request for one hour after it has arrived, and
    /// the request may take `ON_ITS_WAY_MS` to arrive.
    pub(crate) const KEPT_MS: i64 = 60 * 60 * 1000 + Self::ON_ITS_WAY_MS;

    /// The time limit for sending a request. It begins when the request is counted. Polar receives the request within
    /// this time or not at all.
    pub(crate) const ON_ITS_WAY_MS: i64 = 15 * 1000;

    /// Returns `true` if these requests still limit the next ones: Polar may still count one of them, or still blocks
    /// this IP address.
    pub(crate) fn matter(&self, wall: Timestamp) -> bool {
        let is_kept = |code_try: &CodeTry| wall.ms_since(code_try.at) < Self::KEPT_MS;
        self.list.iter().any(is_kept) || self.block_ahead(wall).is_some()
    }

    /// Returns the time at which Polar's block of this IP address ends. Returns `None` if there is no block now.
    pub(crate) fn block_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        self.blocked_until.filter(|until| *until > wall)
    }

    /// Corrects times that were saved while the wall clock was ahead. Replaces the time of a request that lies in the
    /// future with the current time, and shortens a block to `LONGEST_BLOCK` from now. So the limits still apply after
    /// the clock was set back, but nobody has to wait until the clock reaches the wrong times. Returns `true` if any
    /// time was corrected.
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

    /// Returns the time at which the code expires. Returns `None` if the code has expired. Also returns `None` if the
    /// stored time of the request is wrong, because the wall clock was set back far since then.
    pub(crate) fn ends(&self, wall: Timestamp) -> Option<Timestamp> {
        let is_good = (-CodeTries::KEPT_MS..Self::GOOD_MS).contains(&wall.ms_since(self.at));
        is_good.then(|| self.at.min(wall).plus_ms(Self::GOOD_MS))
    }
}
