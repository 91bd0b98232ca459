//! The timer of a front. It is the only way in which replies wait.

use std::time::Duration;

/// A timer: that of the runtime in a server, polling in JavaScript.
pub trait Timer {
    /// Completes after this time.
    fn sleep(&self, by: Duration) -> impl Future<Output = ()>;
}
