//! The timer that a front end provides. Replies that have to wait use no other timer.

use std::time::Duration;

/// A timer. The Rust server uses the timer of its runtime. In JavaScript, each poll compares the current time with the
/// time at which the sleep began.
pub trait Timer {
    /// Completes when this much time has passed.
    fn sleep(&self, by: Duration) -> impl Future<Output = ()>;
}
