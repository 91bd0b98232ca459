//! The ways to end an operation of an async client.

/// The point at which a cancelled operation ends. The variants are in ascending order of strength: each one ends the
/// operation sooner than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// The operation sends nothing more, and ends once the answer to its current request has been stored. Used, for
    /// example, when nobody waits for the outcome any more.
    AfterReply,
    /// At once.
    Now,
}
