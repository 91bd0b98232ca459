//! The ways to end an operation of an async client.

/// The time at which a cancelled operation ends. Variants are in ascending order: a later one ends the operation
/// sooner, and is therefore the stronger request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// After the answer to the current request has been stored. The operation sends nothing more. This is used, for
    /// example, when nobody waits for the outcome any more.
    AfterReply,
    /// At once.
    Now,
}
