//! The ways to end an operation of an async client.

/// The point at which a cancelled operation ends. The variants are in ascending order of strength: each one ends the
/// operation sooner than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// After the answer to the current request has been stored. The operation sends nothing more. This is used, for
    /// example, when nobody waits for the outcome any more.
    AfterReply,
    /// At once.
    Now,
}
