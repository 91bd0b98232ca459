//! A clock that the app provides, so that a test can let a month pass at once.

use crate::pointer::UserData;
use polar_license::Timestamp;
use polar_license::clock::Clock;
use polar_license::time::Now;
use std::ffi::c_void;
use std::sync::Arc;

/// A function that reads two clocks. At `wall_ms`, it stores the time of the wall clock, in milliseconds since
/// 1970-01-01 UTC. At `mono_ms`, it stores the milliseconds since any fixed moment, on a clock that never goes back.
/// The function is called from any thread. It must return at once and must not call this library, because the library
/// holds locks during the call.
pub type ClockCallback = Option<extern "C" fn(user_data: *mut c_void, wall_ms: *mut i64, mono_ms: *mut u64)>;

type Tell = extern "C" fn(*mut c_void, *mut i64, *mut u64);

#[derive(Clone)]
pub(crate) struct AppClock(Arc<(Tell, UserData)>);

impl AppClock {
    pub(crate) fn new(now: Tell, data: UserData) -> Self {
        Self(Arc::new((now, data)))
    }
}

impl Clock for AppClock {
    fn now(&self) -> Now {
        let (now, data) = &*self.0;
        let (mut wall, mut mono) = (0, 0);
        now(data.get(), &raw mut wall, &raw mut mono);
        Now { wall: Timestamp::from_unix_ms(wall), mono }
    }
}
