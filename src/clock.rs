//! The clocks of the platform, behind a trait so that a test, or a demo, can be anywhere in time.
//! The only file that reads system time.

use crate::time::Now;

/// Tells the time. Implemented by [`SystemClock`]; write your own to test what your app does after a month offline.
pub trait Clock: Send + Sync {
    /// What the clocks say at this instant.
    fn now(&self) -> Now;
}
