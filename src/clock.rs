//! The clocks of the platform, behind a trait so that tests and demos can set the time. No other file reads the system
//! time.

use crate::time::{Now, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A source of time. [`SystemClock`] implements it; a [`ManualClock`] lets you test how your app behaves after a month
/// offline.
pub trait Clock: Send + Sync {
    /// Returns the present time of the wall clock and of the monotonic clock.
    fn now(&self) -> Now;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Now {
        (**self).now()
    }
}

/// The operating system's clocks.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: std::time::Instant,
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads system time")]
impl SystemClock {
    /// Returns the clock. Its monotonic time is 0 at the first call of this function in the process, so all instances
    /// show the same time.
    pub fn new() -> Self {
        static ORIGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        Self { origin: *ORIGIN.get_or_init(std::time::Instant::now) }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads system time")]
    fn now(&self) -> Now {
        Now {
            wall: std::time::SystemTime::now().into(),
            mono: u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// JavaScript's clocks: `Date` and `performance`.
#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock(());

#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
impl SystemClock {
    /// Returns a clock whose monotonic part counts from the start of the page, of the worker or of the process.
    pub fn new() -> Self {
        Self(())
    }
}

#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
impl Clock for SystemClock {
    fn now(&self) -> Now {
        use wasm_bindgen::JsCast;
        let wall = js_sys::Date::now();
        // Every environment with `fetch` has `performance`. If `performance` is missing all the same, the wall clock is
        // the best substitute.
        let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).ok();
        let performance = performance.filter(wasm_bindgen::JsValue::is_object);
        let mono = performance.map_or(wall, |performance| performance.unchecked_into::<web_sys::Performance>().now());
        Now { wall: Timestamp::from_unix_ms(wall as i64), mono: mono as u64 }
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Now>);

impl ManualClock {
    /// Returns a clock that shows the time `wall`.
    pub fn new(wall: Timestamp) -> Self {
        Self(Mutex::new(Now { wall, mono: 0 }))
    }

    /// Moves the wall clock and the monotonic clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.wall = now.wall.plus(by);
        now.mono = now.mono.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    }

    /// Sets the wall clock, as if a user had changed the system's time. Leaves the monotonic clock unchanged.
    pub fn set_wall(&self, wall: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wall = wall;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
