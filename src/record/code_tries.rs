//! When codes of the customer portal were requested or tried on this device. Not with which address or code.

use crate::time::Timestamp;

/// By the wall clock, the older first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeTries {
    pub(crate) list: Vec<CodeTry>,
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

    /// The end of a block that is still to come. One that reaches further ahead than any that Polar asks for was saved
    /// under another wall clock.
    pub(crate) fn block_ahead(&self, wall: Timestamp) -> Option<Timestamp> {
        const LONGEST_MS: i64 = 30 * 60 * 1000;
        self.blocked_until.filter(|until| *until > wall && until.ms_since(wall) <= LONGEST_MS)
    }
}
