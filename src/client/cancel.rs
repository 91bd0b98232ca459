//! How far an operation of an async client may still go.

/// When an operation ends. The later variant is the stronger one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cancel {
    /// Once the answer to what was sent is stored, because nobody waits for the operation: nothing more is sent.
    AfterReply,
    /// At once.
    Now,
}
