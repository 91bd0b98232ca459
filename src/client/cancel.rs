//! The ways to end an operation of an async client.

/// The time at which a cancelled operation ends. A variant further down is a stronger request, because it ends the
/// operation sooner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// After the answer to the current request has been stored. The operation sends nothing more. This is used, for
    /// example, when nobody waits for the outcome any more.
    AfterReply,
    /// At once.
    Now,
}
