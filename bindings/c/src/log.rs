//! Passes the library's log lines to the app.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::error::Error;
use crate::pointer::{Destructor, UserData};
use crate::{argument, call, text};
use log::{Level, LevelFilter, Log, Metadata, Record};
use polar_license::ErrorKind;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// The log level for errors: something is wrong.
pub const POLAR_LICENSE_LOG_ERROR: i32 = 1;
/// The log level for warnings: something may be wrong.
pub const POLAR_LICENSE_LOG_WARN: i32 = 2;
/// The log level for the main events. The library writes few lines at this level.
pub const POLAR_LICENSE_LOG_INFO: i32 = 3;
/// The log level for details. The library writes many lines at this level.
pub const POLAR_LICENSE_LOG_DEBUG: i32 = 4;

/// A function that receives one log line, which contains neither the license key nor personal data. `level` is one of
/// POLAR_LICENSE_LOG_.... The strings live only during the call. The function may be called from any thread. It must
/// not call this library, because the library may hold locks during the call.
pub type LogCallback =
    Option<extern "C" fn(user_data: *mut c_void, level: i32, target: *const c_char, message: *const c_char)>;

type Sink = extern "C" fn(*mut c_void, i32, *const c_char, *const c_char);

struct AppLog(RwLock<Option<Arc<(Sink, UserData)>>>);

static APP_LOG: AppLog = AppLog(RwLock::new(None));

/// Passes the library's log lines to `callback`, up to the level `level`. Replaces any earlier callback. A NULL
/// `callback` ends logging. Applies to the whole process. Nothing is logged before this function is called.
///
/// `destructor` is called once with `user_data`: when a later call to this function replaces or removes the callback,
/// or if this function fails. `destructor` may be NULL. Callable from any thread. Never blocks. When this function
/// returns, the earlier callback may still be running on another thread.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_ARGUMENT for an unknown level, or POLAR_LICENSE_ERR_INTERNAL if
/// the program is written in Rust and has set another logger.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_set_log(
    level: i32,
    callback: LogCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    call::run("polar_license_set_log", ptr::null_mut(), || {
        let filter = match level {
            POLAR_LICENSE_LOG_ERROR => LevelFilter::Error,
            POLAR_LICENSE_LOG_WARN => LevelFilter::Warn,
            POLAR_LICENSE_LOG_INFO => LevelFilter::Info,
            POLAR_LICENSE_LOG_DEBUG => LevelFilter::Debug,
            _ => {
                return Err(argument::invalid(format!(
                    "`level` is {level}, which is not one of POLAR_LICENSE_LOG_..."
                )));
            }
        };
        if !is_installed() {
            return Err(Error::new(ErrorKind::Internal, "this program has set a logger of its own"));
        }
        let sink = callback.map(|callback| Arc::new((callback, data)));
        log::set_max_level(if sink.is_some() { filter } else { LevelFilter::Off });
        let before = {
            let mut current = APP_LOG.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, sink)
        };
        // Dropped after the lock is released, because dropping the previous callback calls its destructor, which is the
        // app's code.
        drop(before);
        Ok(())
    })
}

fn is_installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| log::set_logger(&APP_LOG).is_ok())
}

impl Log for AppLog {
    /// Returns `true` only for this library's own lines. The library's dependency ureq logs whole replies at level
    /// `trace`, and these replies must not reach the app.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && metadata.target().starts_with("polar_license")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let sink = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sink) = sink else { return };
        let level = match record.level() {
            Level::Error => POLAR_LICENSE_LOG_ERROR,
            Level::Warn => POLAR_LICENSE_LOG_WARN,
            Level::Info => POLAR_LICENSE_LOG_INFO,
            Level::Debug | Level::Trace => POLAR_LICENSE_LOG_DEBUG,
        };
        let (target, message) = (text::owned(record.target()), text::owned(&record.args().to_string()));
        (sink.0)(sink.1.get(), level, target.as_ptr(), message.as_ptr());
    }

    fn flush(&self) {}
}
