//! `polar_license`: a license on this device.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::decision::Decision;
use crate::error::Error;
use crate::guard::guarded;
use crate::options::Options;
use crate::pointer::{self, Destructor, UserData};
use crate::{argument, call, object};
use polar_license::Date;
#[cfg(feature = "portal")]
use polar_license::blocking::Portal;
use polar_license::blocking::{ActivateOptions, Client, Subscription};
#[cfg(feature = "portal")]
use polar_license::portal::boundary::Handles;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A flag for polar_license_activate_with(): if no seat is free, and the stored record names an older seat of this key,
/// release that seat.
pub const POLAR_LICENSE_REPLACE_PREVIOUS: u32 = 1;

/// A license on this device. It is opened once, used from any thread, and freed with polar_license_free().
///
/// | function | asks Polar | waits at most |
/// |---|---|---|
/// | polar_license_current(), polar_license_allows(), polar_license_covers() | never | not at all |
/// | polar_license_refresh() | if a request is due or access is not allowed | 2 s if access is allowed, else 10 s |
/// | polar_license_validate() | always | 10 s |
/// | polar_license_activate(), polar_license_consume(), polar_license_deactivate() | always | 35 s |
/// | polar_license_start_trial() | never | 10 s |
/// | polar_license_offline_request(), polar_license_offline_import(), polar_license_offline_return() | never | 10 s |
/// | polar_license_offline_answer(), polar_license_offline_release() | always | 35 s |
///
/// Call polar_license_refresh() when the app starts. Operations that change something run one after the other.
/// Concurrent calls to polar_license_validate() share one request. A callback of the app may call any function of this
/// library, even with this license, unless the callback's comment says otherwise.
pub struct License {
    pub(crate) client: Client,
    listeners: Mutex<Listeners>,
    #[cfg(feature = "portal")]
    handles: Handles,
}

#[derive(Default)]
struct Listeners {
    last_id: u64,
    /// The subscriptions by their ids, each with its callback. The client also refers to each callback. When an entry
    /// is dropped, its subscription is dropped first, and the client gives up its reference. The entry's own reference
    /// comes last, and only then does the app's destructor run, at a time when the client holds no locks.
    by_id: BTreeMap<u64, (Subscription, Arc<Change>)>,
}

struct Change(extern "C" fn(*mut c_void, *const Decision, *const Decision), UserData);

/// A callback for changes of the decision. `decision` is the current decision, and `before` is the previous one. Both
/// belong to the library and live only during the call: do not free them. The callback is called on the thread that ran
/// the operation that changed the decision. The library holds no locks during the call, so the callback may call this
/// library.
pub type ChangeCallback =
    Option<extern "C" fn(user_data: *mut c_void, decision: *const Decision, before: *const Decision)>;

impl License {
    /// Returns the customer portal of a license, and the objects behind the handles in its replies. Both stay usable
    /// after the license is freed.
    #[cfg(feature = "portal")]
    pub(crate) fn portal(license: *const Self) -> Result<(Portal, Handles), Error> {
        let license = shared(license)?;
        Ok((license.client.portal(), license.handles.clone()))
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the license of this device and stores it at `license`, or stores NULL there on failure. Sends no request; call
/// polar_license_refresh() next.
///
/// `options` are copied and remain the caller's. `license` must not be NULL; free the license stored there with
/// polar_license_free(). `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or
/// NULL on success. Callable from any thread. May block on the disk, never on the network. A store that cannot be read
/// is not an error here; the decision reports it.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_CONFIG, or POLAR_LICENSE_ERR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_open(
    options: *const Options,
    license: *mut *mut License,
    error: *mut *mut Error,
) -> i32 {
    object::make_shared("polar_license_open", "license", license, error, || {
        let options = argument::object("options", options)?;
        Ok(License {
            client: options.open()?,
            listeners: Mutex::default(),
            #[cfg(feature = "portal")]
            handles: Handles::default(),
        })
    })
}

/// Frees the license. The stored record remains, and the next polar_license_open() finds it. NULL is allowed.
///
/// Stops the auto refresh and waits until its thread has ended. If a change callback is running on that thread, also
/// waits for the callback. After this function has returned, no change callback is called.
///
/// If another thread is inside an operation, the operation is cancelled in the same way as by polar_license_cancel(),
/// and the memory is freed when the operation returns. After this function has been called, no other call with this
/// license may start, except from a change callback of the auto refresh. A change callback may itself free the license,
/// as its last use of the license. Free each license once.
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
        drop(pointer::free_shared(license));
    });
}

/// Activates a license key on this device, and stores it. Takes a seat only if the key has an activation limit and is
/// not yet active on this device. The key is validated first, so a mistyped key or a key of another product takes no
/// seat.
///
/// `key` is the text that the user typed; it is copied. `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL on success. Callable from any thread. Blocks on the network and the disk, 35 s
/// at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if Polar denies the key or the options do not accept it;
/// POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer;
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if `key` cannot be a license key. After any of these errors a license that was
/// stored before is unchanged. Returns POLAR_LICENSE_ERR_STORAGE if the license could not be stored. In this case a
/// seat was taken only if polar_license_error_maybe_applied() returns 1, and polar_license_error_decision() tells
/// whether the license works until the app ends.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_activate(license: *const License, key: *const c_char, error: *mut *mut Error) -> i32 {
    call::run("polar_license_activate", error, || {
        let license = shared(license)?;
        license.client.activate(argument::string("key", key)?)?;
        Ok(())
    })
}

/// Activates a license key like polar_license_activate(), with more choices. If `key` is NULL, the stored key is
/// activated again. `flags` is 0 or POLAR_LICENSE_REPLACE_PREVIOUS. This flag moves the license to this device: if no
/// seat is free, and the stored record names an older seat of this key, that seat is released.
///
/// `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
/// polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
/// polar_license_error_free(), and `decision` gets NULL. Threads, blocking and results are as described for
/// polar_license_activate().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_activate_with(
    license: *const License,
    key: *const c_char,
    flags: u32,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    call::run("polar_license_activate_with", error, || {
        let license = shared(license)?;
        let mut options = ActivateOptions::new();
        if let Some(key) = argument::optional_string("key", key)? {
            options = options.key(key);
        }
        if flags & !POLAR_LICENSE_REPLACE_PREVIOUS != 0 {
            return Err(argument::invalid(format!("`flags` is {flags}, which this version does not know")));
        }
        options = options.replace_previous(flags & POLAR_LICENSE_REPLACE_PREVIOUS != 0);
        pointer::pass(decision, Decision::new(license.client.activate_with(options)?));
        Ok(())
    })
}

/// Asks Polar now. It is not a failure if Polar cannot be reached: the decision is then still based on the last
/// confirmation, and polar_license_decision_problem_kind() returns the reason.
///
/// `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
/// Callable from any thread. Blocks on the network and the disk, 10 s at most.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_validate(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_validate", license, decision, Client::validate)
}

/// Asks Polar if a request is due, or if access is not allowed. Call this function when the app starts, and show the
/// decision.
///
/// `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
/// Callable from any thread. Blocks on the network and the disk: 2 s at most if access is allowed, otherwise 10 s at
/// most.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_refresh(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_refresh", license, decision, Client::refresh)
}

/// Gets the current decision. Sends nothing to Polar.
///
/// `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
/// Callable from any thread. Never blocks, even while other threads wait for the network.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_current(license: *const License, decision: *mut *mut Decision) -> i32 {
    decide("polar_license_current", license, decision, Client::current)
}

/// Returns 1 if the app may run now, according to the current decision in memory. Returns 0 otherwise, or if `license`
/// is NULL.
///
/// Callable from any thread. Never blocks, even while other threads wait for the network.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_allowed(license: *const License) -> i32 {
    guarded("polar_license_allowed", 0, || {
        pointer::share(license).is_some_and(|license| license.client.read(polar_license::Decision::allowed)).into()
    })
}

/// Returns 1 if the feature is on now, according to the current decision in memory: the app may run, and the key's
/// benefit is among the benefits that turn the feature on. Returns 0 otherwise, for example if the options do not name
/// the feature, or if an argument is NULL.
///
/// Callable from any thread. Never blocks, even while other threads wait for the network.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_allows(license: *const License, feature: *const c_char) -> i32 {
    guarded("polar_license_allows", 0, || {
        let feature = argument::string("feature", feature).ok();
        let on = pointer::share(license).zip(feature).is_some_and(|(license, feature)| license.client.allows(feature));
        on.into()
    })
}

/// Stores 1 at `covered` if the license includes a version of the app that was built on the day `built`. An updater
/// calls this function before it offers a version. `built` is a day such as "2026-11-21", or an RFC 3339 date and time;
/// only its day in UTC counts. Stores 0 only if that version would get no access, for the reason
/// POLAR_LICENSE_REASON_UPDATES_ENDED. So if there is no license, always stores 1. Never asks Polar.
///
/// `built` is copied. `covered` must not be NULL; it gets 1 if this function fails. `error` may be NULL; otherwise it
/// gets an error to free with polar_license_error_free(), or NULL on success. Callable from any thread; never blocks,
/// even while other threads wait for the network.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `built` is not a day, or if a required argument
/// is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_covers(
    license: *const License,
    built: *const c_char,
    covered: *mut i32,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(covered, 1);
    call::run("polar_license_covers", error, || {
        let built = argument::string("built", built)?;
        let built: Date = built.parse().map_err(|error| argument::invalid(format!("`built` is {error}")))?;
        if covered.is_null() {
            return Err(argument::missing("covered"));
        }
        pointer::write(covered, shared(license)?.client.covers(built).into());
        Ok(())
    })
}

/// Counts `count` uses (1 to 2,147,483,647) of a key that has a usage limit.
///
/// `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
/// polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
/// polar_license_error_free(), and `decision` gets NULL. Callable from any thread. Blocks on the network and the disk,
/// 35 s at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_USAGE_EXHAUSTED if fewer than `count` uses are left;
/// POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license; or an error that polar_license_activate() returns. If
/// polar_license_error_maybe_applied() returns 1, Polar may have counted the uses although no reply arrived. The
/// library never sends the request a second time.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_consume(
    license: *const License,
    count: u32,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    call::run("polar_license_consume", error, || {
        pointer::pass(decision, Decision::new(shared(license)?.client.consume(count)?));
        Ok(())
    })
}

/// Releases the seat and removes the license from this device.
///
/// `deactivated` may be NULL; otherwise it gets, on success, the outcome for the seat, one of
/// POLAR_LICENSE_DEACTIVATED_.... `error` may be NULL; otherwise it gets an error to free with
/// polar_license_error_free(), or NULL on success. Callable from any thread. Blocks on the network and the disk, 35 s
/// at most.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license; POLAR_LICENSE_ERR_NETWORK,
/// _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer, in which case nothing is removed;
/// POLAR_LICENSE_ERR_STORAGE if the license could not be removed from this device, in which case
/// polar_license_error_maybe_applied() says whether the seat was released.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_deactivate(
    license: *const License,
    deactivated: *mut i32,
    error: *mut *mut Error,
) -> i32 {
    call::run("polar_license_deactivate", error, || {
        let deactivation = shared(license)?.client.deactivate()?;
        pointer::write(deactivated, deactivation.deactivated.number());
        Ok(())
    })
}

/// Removes the license from this device without asking Polar. If the license has a seat, the seat stays taken until it
/// is removed in Polar's customer portal. To release the seat as well, call polar_license_deactivate() instead.
///
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread. May block on the disk, never on the network.
/// Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE if the license could not be removed, or
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_forget(license: *const License, error: *mut *mut Error) -> i32 {
    call::run("polar_license_forget", error, || {
        shared(license)?.client.forget()?;
        Ok(())
    })
}

/// Starts the trial of this device. The app can be used until the time that polar_license_decision_trial_ends_at_ms()
/// returns, with the features that the trial includes. Changes nothing if access is already allowed, by a license or by
/// the trial. A device has one trial: polar_license_deactivate() and polar_license_forget() do not give it another one.
/// Never asks Polar.
///
/// `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
/// polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
/// polar_license_error_free(), and `decision` gets NULL. Callable from any thread. May block on the disk, never on the
/// network.
/// Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if the trial has ended, if a stored license does not allow
/// access, or if the clock of this device shows a day before this version of the app was built;
/// POLAR_LICENSE_ERR_INVALID_CONFIG if the options offer no trial; POLAR_LICENSE_ERR_STORAGE if the trial could not be
/// stored, in which case it was not started; or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_start_trial(
    license: *const License,
    decision: *mut *mut Decision,
    error: *mut *mut Error,
) -> i32 {
    pointer::write(decision, ptr::null_mut());
    call::run("polar_license_start_trial", error, || {
        pointer::pass(decision, Decision::new(shared(license)?.client.start_trial()?));
        Ok(())
    })
}

/// Calls `callback` after every operation that changed the decision, with the current decision and the previous one.
/// The callback runs on the thread that ran the operation. If the decision changes because time passes, for example
/// when grace ends, the callback is called after the next operation. After polar_license_start_auto_refresh(), the
/// library's thread runs an operation at that moment.
///
/// `subscription` may be NULL; otherwise it gets the number for polar_license_off_change(). `destructor` is called once
/// with `user_data`. If this function fails, that happens at once. Otherwise it happens after
/// polar_license_off_change() or polar_license_free(), as soon as the callback is no longer running. `destructor` may
/// be NULL, `callback` must not be NULL. Callable from any thread. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` or `callback` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_on_change(
    license: *const License,
    callback: ChangeCallback,
    user_data: *mut c_void,
    destructor: Destructor,
    subscription: *mut u64,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    call::run("polar_license_on_change", ptr::null_mut(), || {
        let license = shared(license)?;
        let change = Arc::new(Change(callback.ok_or_else(|| argument::missing("callback"))?, data));
        let listening = Arc::clone(&change);
        let listener = license.client.on_change(move |decision, before| {
            let (decision, before) = (Decision::new(decision.clone()), Decision::new(before.clone()));
            (listening.0)(listening.1.get(), &raw const decision, &raw const before);
        });
        let mut listeners = license.listeners();
        listeners.last_id = listeners.last_id.saturating_add(1);
        let id = listeners.last_id;
        listeners.by_id.insert(id, (listener, change));
        drop(listeners);
        pointer::write(subscription, id);
        Ok(())
    })
}

/// Ends a subscription of polar_license_on_change(). When this function returns, the callback may still be running on
/// another thread. The destructor is called when the callback has returned.
///
/// Callable from any thread, and from the callback. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL or the subscription is unknown.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_off_change(license: *const License, subscription: u64) -> i32 {
    call::run("polar_license_off_change", ptr::null_mut(), || {
        let removed = shared(license)?.listeners().by_id.remove(&subscription);
        removed.map(drop).ok_or_else(|| argument::invalid(format!("there is no subscription {subscription}")))
    })
}

/// Starts a thread for an app that runs for days. The thread refreshes the license whenever a refresh is due. If a
/// refresh became due while the machine was asleep, the thread refreshes the license after the machine wakes. If
/// another process stores a change, the thread notices it within two seconds. Does nothing if the thread is already
/// running.
///
/// `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
/// Callable from any thread. Never blocks.
/// If the system cannot start another thread, this is logged, and the next call tries again.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_start_auto_refresh(license: *const License, error: *mut *mut Error) -> i32 {
    call::run("polar_license_start_auto_refresh", error, || {
        shared(license)?.client.start_auto_refresh();
        Ok(())
    })
}

/// Stops the thread of polar_license_start_auto_refresh() within milliseconds. If a change callback is running on that
/// thread, waits until the callback has returned, unless this function is called from that callback.
///
/// Callable from any thread.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_stop_auto_refresh(license: *const License) -> i32 {
    call::run("polar_license_stop_auto_refresh", ptr::null_mut(), || {
        shared(license)?.client.stop_auto_refresh();
        Ok(())
    })
}

/// Cancels every operation that is running on another thread. An operation that can fail then fails with
/// POLAR_LICENSE_ERR_CANCELLED. An operation that cannot fail returns a decision whose problem is
/// POLAR_LICENSE_ERR_CANCELLED. An activation that was already sent may still take its seat; later decisions keep
/// reporting this possibility.
///
/// Callable from any thread. Never blocks.
/// Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_cancel(license: *const License) -> i32 {
    call::run("polar_license_cancel", ptr::null_mut(), || {
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
    pointer::write(decision, ptr::null_mut());
    call::run(function, ptr::null_mut(), || {
        pointer::pass(decision, Decision::new(ask(&shared(license)?.client)));
        Ok(())
    })
}

/// Returns another reference to the license, so that the caller may free the license while an operation runs.
pub(crate) fn shared(license: *const License) -> Result<Arc<License>, Error> {
    object::shared("license", license)
}
