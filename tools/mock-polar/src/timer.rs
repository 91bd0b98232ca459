//! How a front lets time pass. Replies wait by it, and by nothing else.

use std::time::Duration;

/// Waits for a front: a server by its runtime, a front in JavaScript until it looks again.
pub trait Timer {
    /// Ends after this time.
    fn sleep(&self, by: Duration) -> impl Future<Output = ()>;
}
