//! The ways to end an operation of an async client.

/// The point at which a cancelled operation ends, from the latest to the earliest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// The operation sends nothing more, and ends once the answer to its current request has been stored. Used, for
    /// example, when nobody waits for the outcome any more.
    AfterReply,
    /// At once.
    Now,
}
