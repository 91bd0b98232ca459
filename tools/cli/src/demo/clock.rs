//! A clock that follows the system's clock, and can be moved forward by days.

use polar_license::Timestamp;
use polar_license::clock::{Clock, SystemClock};
use polar_license::time::Now;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The clock of the demo. All clones of it show the same time: if one is advanced, so are the others.
#[derive(Clone, Default)]
pub(crate) struct DemoClock {
    system: SystemClock,
    ahead_ms: Arc<AtomicU64>,
}

impl DemoClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(ms(by), Ordering::SeqCst);
    }

    /// Returns how far the clock is ahead of the system's clock.
    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst))
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Now {
        let (now, ahead) = (self.system.now(), self.ahead());
        let wall: Timestamp = now.wall.plus(ahead);
        Now { wall, mono: now.mono.saturating_add(ms(ahead)) }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
