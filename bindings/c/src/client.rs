//! `polar_license`: a license on this device.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::{guarded, status};
use crate::decision::Decision;
use crate::error::Error;
use crate::number::{POLAR_LICENSE_REPLACE_PREVIOUS, of_deactivated};
use crate::options::Options;
use crate::pointer::{self, Destructor, UserData};
use crate::text;
use polar_license::blocking::{ActivateOptions, Client, Subscription};
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A license on this device: opened once, used from any thread, freed with polar_license_free().
///
/// | function | asks Polar | waits |
/// |---|---|---|
/// | polar_license_current(), polar_license_allows() | never | never |
/// | polar_license_refresh() | if it is due; call it at start | 2 s at most where access is allowed, else 10 s |
/// | polar_license_validate() | always | 10 s at most |
/// | polar_license_activate(), polar_license_consume(), polar_license_deactivate() | always | 35 s at most |
///
/// Operations that change something run one after the other; validates at the same time share one request. Callbacks of
/// the app's may call every function, for the same license too.
pub struct License {
    client: Client,
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    last_id: u64,
    /// The callback is held here as well, so that its user data is destroyed outside the client's locks.
    by_id: BTreeMap<u64, (Subscription, Arc<Change>)>,
}

struct Change(extern "C" fn(*mut c_void, *const Decision), UserData);

/// Hears of a change. The decision belongs to the library and lives during the call: do not free it. Called on the thread
/// that ran the operation, without locks of the library held; may call this library.
pub type ChangeCallback = Option<extern "C" fn(user_data: *mut c_void, decision: *const Decision)>;

impl License {
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the license of this device and stores it at `license` (NULL there if this fails). Asks nobody: call
/// polar_license_refresh() next.
///
/// `options` are copied and stay the caller's. `license` must not be NULL; free what is stored there with
/// polar_license_free(). `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL
/// where all is well. Callable from any thread; waits for the disk, never for the network. Storage that cannot be read
/// is no failure: the decision says so.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_CONFIG, or POLAR_LICENSE_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_open(
    options: *const Options,
    license: *mut *mut License,
    error: *mut *mut Error,
) -> i32 {
    pointer::put(license, ptr::null_mut());
    status("polar_license_open", error, || {
        let options = pointer::look(options).ok_or_else(|| missing("options"))?;
        if license.is_null() {
            return Err(missing("license"));
        }
        let opened = License { client: options.open()?, listeners: Mutex::default() };
        pointer::put(license, pointer::give_shared(Arc::new(opened)));
        Ok(())
    })
}

/// Frees the license. What is stored stays: the next polar_license_open() finds it. NULL is fine.
///
/// Stops the auto refresh and waits for it, and for a change callback that it is in; then no change callback is called
/// any more. Another thread may be inside an operation: it ends as after polar_license_cancel(), and memory goes when it
/// returns. What must not happen is a call that begins after this one has begun, other than from a change callback of the
/// auto refresh; so a change callback may call this, too, as the last thing it does with the license. Free it once.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_free(license: *mut License) {
    guarded("polar_license_free", (), || {
        if license.is_null() {
            return;
        }
        if let Some(license) = pointer::share(license) {
            license.client.stop_auto_refresh();
            license.client.cancel();
            let listeners = std::mem::take(&mut *license.listeners());
            drop(listeners);
        }
        drop(pointer::take_shared(license));
    });
}

/// Activates a license key on this device, and remembers it. Takes a seat only if the key has an activation limit and is
/// not active here already; asks before it takes: a mistyped key, or one of another product, costs no seat.
///
/// `key` is what the user typed; it is copied. `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL where all is well. Callable from any thread; blocks, 35 s at most, for the network
/// and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED where Polar or the options say no; POLAR_LICENSE_ERR_STORAGE where
/// the license could not be remembered (then no seat was taken); POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER,
/// _RATE_LIMITED or _CANCELLED where Polar did not answer; POLAR_LICENSE_ERR_INVALID_ARGUMENT for what cannot be a key.
/// After any of these a license that was here is as it was before.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_activate(license: *const License, key: *const c_char, error: *mut *mut Error) -> i32 {
    status("polar_license_activate", error, || {
        let license = shared(license)?;
        license.client.activate(text::required("key", key)?)?;
        Ok(())
    })
}

/// Activates as polar_license_activate() does, and more: the stored key again where `key` is NULL, and with `flags`
/// POLAR_LICENSE_REPLACE_PREVIOUS it moves the license here, giving up the older activation that this device knows of if
/// no seat is free. `flags` is 0 or that.
///
/// `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Threads, waiting and
/// the result are as for polar_license_activate().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_activate_with(
    license: *const License,
    key: *const c_char,
    flags: u32,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::put(decision, ptr::null_mut());
    status("polar_license_activate_with", error, || {
        let license = shared(license)?;
        let mut options = ActivateOptions::new();
        if let Some(key) = text::optional("key", key)? {
            options = options.key(key);
        }
        if flags & !POLAR_LICENSE_REPLACE_PREVIOUS != 0 {
            return Err(Error::argument(format!("`flags` is {flags}, which this version does not know")));
        }
        options = options.replace_previous(flags & POLAR_LICENSE_REPLACE_PREVIOUS != 0);
        give(decision, license.client.activate_with(options)?);
        Ok(())
    })
}

/// Asks Polar now. Not reaching it is no failure: the decision stands, and polar_license_decision_problem() says why.
///
/// `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
/// Callable from any thread; blocks, 10 s at most, for the network and the disk.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_validate(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_validate", license, decision, Client::validate)
}

/// Asks Polar if it is time to, or if access is not allowed. Call it when the app starts, and show what it answers.
///
/// `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
/// Callable from any thread; blocks for the network and the disk, 2 s at most where access is allowed, else 10 s.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_refresh(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_refresh", license, decision, Client::refresh)
}

/// The decision at this instant, from memory.
///
/// `decision` gets one to free with polar_license_decision_free(), or NULL if this fails. Callable from any thread; never
/// blocks, whatever other threads are waiting for.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_current(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_current", license, decision, Client::current)
}

/// 1 if the app may run at this instant, from memory. 0 otherwise, and for NULL.
///
/// Callable from any thread; never blocks, whatever other threads are waiting for.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_allowed(license: *const License) -> i32 {
    guarded("polar_license_allowed", 0, || {
        pointer::share(license).is_some_and(|license| license.client.current().allowed()).into()
    })
}

/// 1 if the feature is on at this instant, from memory: the app may run, and the key's benefit is among those that the
/// options give the feature. 0 otherwise, for a feature that the options do not name, and for NULL.
///
/// Callable from any thread; never blocks, whatever other threads are waiting for.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_allows(license: *const License, feature: *const c_char) -> i32 {
    guarded("polar_license_allows", 0, || {
        let feature = text::required("feature", feature).ok();
        let on = pointer::share(license).zip(feature).is_some_and(|(license, feature)| license.client.allows(feature));
        on.into()
    })
}

/// Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
///
/// `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Callable from any
/// thread; blocks, 35 s at most, for the network and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_USAGE_EXHAUSTED where fewer are left; POLAR_LICENSE_ERR_NOT_ACTIVATED
/// without a license; otherwise as polar_license_activate(). With polar_license_error_maybe_applied() they may have been
/// counted; they are never sent twice.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_consume(
    license: *const License,
    count: u32,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::put(decision, ptr::null_mut());
    status("polar_license_consume", error, || {
        give(decision, shared(license)?.client.consume(count)?);
        Ok(())
    })
}

/// Gives the seat up and removes the license from this device.
///
/// `outcome` may be NULL; otherwise it gets one of POLAR_LICENSE_DEACTIVATED_... where all is well. `error` may be NULL;
/// otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well. Callable from any thread;
/// blocks, 35 s at most, for the network and the disk.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED without a license; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT,
/// _SERVER, _RATE_LIMITED or _CANCELLED where Polar did not answer: then nothing is removed.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_deactivate(license: *const License, outcome: *mut i32, error: *mut *mut Error) -> i32 {
    status("polar_license_deactivate", error, || {
        let deactivated = shared(license)?.client.deactivate()?;
        pointer::put(outcome, of_deactivated(deactivated));
        Ok(())
    })
}

/// Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's customer
/// portal; polar_license_deactivate() gives it up.
///
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well.
/// Callable from any thread; waits for the disk, never for the network.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE where it could not be removed, or
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_forget(license: *const License, error: *mut *mut Error) -> i32 {
    status("polar_license_forget", error, || {
        shared(license)?.client.forget()?;
        Ok(())
    })
}

/// Calls `callback` after every operation that changed the decision, on the thread that ran it.
///
/// `subscription` may be NULL; otherwise it gets the number for polar_license_off_change(). `destructor` is called with
/// `user_data` once: after polar_license_off_change() or polar_license_free(), when the callback is not running any more,
/// or if this fails. It may be NULL; the callback may not. Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_on_change(
    license: *const License,
    callback: ChangeCallback,
    user_data: *mut c_void,
    destructor: Destructor,
    subscription: *mut u64,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    status("polar_license_on_change", ptr::null_mut(), || {
        let license = shared(license)?;
        let change = Arc::new(Change(callback.ok_or_else(|| missing("callback"))?, data));
        let heard = Arc::clone(&change);
        let listener = license.client.on_change(move |decision| {
            let decision = Decision::new(decision.clone());
            (heard.0)(heard.1.get(), &raw const decision);
        });
        let mut listeners = license.listeners();
        listeners.last_id = listeners.last_id.saturating_add(1);
        let id = listeners.last_id;
        listeners.by_id.insert(id, (listener, change));
        drop(listeners);
        pointer::put(subscription, id);
        Ok(())
    })
}

/// Ends what polar_license_on_change() began. A callback on its way on another thread may still be running on return; its
/// destructor is called after it.
///
/// Callable from any thread, and from the callback; never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for a number that is not in use.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_off_change(license: *const License, subscription: u64) -> i32 {
    status("polar_license_off_change", ptr::null_mut(), || {
        let removed = shared(license)?.listeners().by_id.remove(&subscription);
        removed.map(drop).ok_or_else(|| Error::argument(format!("there is no subscription {subscription}")))
    })
}

/// Refreshes on a thread of its own when it is time, and after the machine was asleep, for an app that runs for days. Does
/// nothing if it does already.
///
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well.
/// Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL where the system has no thread left, or
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_start_auto_refresh(license: *const License, error: *mut *mut Error) -> i32 {
    status("polar_license_start_auto_refresh", error, || Ok(shared(license)?.client.start_auto_refresh()?))
}

/// Stops what polar_license_start_auto_refresh() began, within milliseconds, and waits for a change callback that it is
/// in, unless that is what calls this.
///
/// Callable from any thread.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_stop_auto_refresh(license: *const License) -> i32 {
    status("polar_license_stop_auto_refresh", ptr::null_mut(), || {
        shared(license)?.client.stop_auto_refresh();
        Ok(())
    })
}

/// Ends every operation under way on other threads: they return POLAR_LICENSE_ERR_CANCELLED, or the decision with that
/// problem. An activation on its way may still take its seat; the decision keeps saying so.
///
/// Callable from any thread; never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_cancel(license: *const License) -> i32 {
    status("polar_license_cancel", ptr::null_mut(), || {
        shared(license)?.client.cancel();
        Ok(())
    })
}

fn decide(
    function: &str,
    license: *const License,
    decision: *mut *mut Decision,
    ask: impl FnOnce(&Client) -> polar_license::Decision,
) -> i32 {
    pointer::put(decision, ptr::null_mut());
    status(function, ptr::null_mut(), || {
        give(decision, ask(&shared(license)?.client));
        Ok(())
    })
}

/// A share of our own, so that the license may be freed while an operation is under way.
fn shared(license: *const License) -> Result<Arc<License>, Error> {
    pointer::share(license).ok_or_else(|| missing("license"))
}

fn give(place: *mut *mut Decision, decision: polar_license::Decision) {
    if !place.is_null() {
        pointer::put(place, pointer::give(Decision::new(decision)));
    }
}

fn missing(argument: &str) -> Error {
    Error::argument(format!("`{argument}` is NULL"))
}
