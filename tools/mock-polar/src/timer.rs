//! The timer that a front provides. Replies that have to wait use no other timer.

use std::time::Duration;

/// A timer. In a server it is the timer of the runtime; in JavaScript it is polled.
pub trait Timer {
    /// Completes when this much time has passed.
    fn sleep(&self, by: Duration) -> impl Future<Output = ()>;
}
