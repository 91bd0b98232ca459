//! The ways to end an operation of an async client.

/// The time at which a cancelled operation ends. Later variants are stronger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// Once the answer to its current request is stored, because nobody waits for the operation any more. Nothing more
    /// is sent.
    AfterReply,
    /// At once.
    Now,
}
