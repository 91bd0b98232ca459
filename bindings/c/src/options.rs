//! `polar_license_options`: what an app configures, collected by setters and checked as a whole when it is opened.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

use crate::call::{guarded, status};
use crate::clock::{AppClock, ClockCallback};
use crate::error::Error;
use crate::number::POLAR_LICENSE_ERR_INTERNAL;
use crate::pointer::{self, Destructor, UserData};
use crate::store::{AppStore, LoadCallback, LockCallback, Parts, RemoveCallback, SaveCallback, UnlockCallback};
use crate::text::required;
use crate::transport::{AppTransport, TransportCallback};
use polar_license::blocking::Client;
use polar_license::store::MemoryStore;
use polar_license::{Config, ConfigBuilder};
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// What an app configures: made by polar_license_options_new(), used by polar_license_open() as often as you like, freed
/// with polar_license_options_free(). For one thread at a time.
///
/// A setter that fails returns why, and polar_license_open() fails with the first such mistake: a program may ignore what
/// the setters return.
pub struct Options {
    config: ConfigBuilder,
    benefits: Vec<String>,
    previous_app_secrets: Vec<String>,
    directory: Option<String>,
    store: Store,
    transport: Option<AppTransport>,
    clock: Option<AppClock>,
    /// What the first setter that failed said.
    mistake: Option<String>,
}

enum Store {
    File,
    Memory,
    App(AppStore),
}

impl Options {
    pub(crate) fn open(&self) -> Result<Client, Error> {
        if let Some(mistake) = &self.mistake {
            return Err(Error::argument(mistake.clone()));
        }
        let config = self.config.clone().benefits(self.benefits.iter().cloned());
        let config = config.previous_app_secrets(self.previous_app_secrets.iter().cloned());
        let mut builder = Client::builder(config.build()?);
        if let Some(directory) = &self.directory {
            builder = builder.directory(directory);
        }
        builder = match &self.store {
            Store::File => builder,
            Store::Memory => builder.store(MemoryStore::new()),
            Store::App(store) => builder.store(store.clone()),
        };
        if let Some(transport) = &self.transport {
            builder = builder.transport(transport.clone());
        }
        if let Some(clock) = &self.clock {
            builder = builder.clock(clock.clone());
        }
        Ok(builder.open()?)
    }

    fn edit(&mut self, edit: impl FnOnce(ConfigBuilder) -> ConfigBuilder) {
        self.config = edit(self.config.clone());
    }
}

/// Starts a configuration: Polar's organization id (Settings, General), and a name of this program among the vendor's,
/// such as "com.acme.app", that never changes. Both are copied.
///
/// Free the result with polar_license_options_free(). Mistakes in the arguments, NULL included, are reported by
/// polar_license_open(). NULL only after a defect in this library. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_new(organization_id: *const c_char, app_id: *const c_char) -> *mut Options {
    guarded("polar_license_options_new", ptr::null_mut(), || {
        let texts = required("organization_id", organization_id)
            .and_then(|organization| required("app_id", app_id).map(|app| (organization, app)));
        let (organization, app) = texts.as_ref().map_or(("", ""), |texts| *texts);
        pointer::give(Options {
            config: Config::new(organization, app),
            benefits: Vec::new(),
            previous_app_secrets: Vec::new(),
            directory: None,
            store: Store::File,
            transport: None,
            clock: None,
            mistake: texts.err().map(|mistake| mistake.message()),
        })
    })
}

/// Frees the options. Clients opened with them go on. NULL is fine.
///
/// Free them once, when no thread uses them any more. Never blocks, unless a destructor of the app's does.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_free(options: *mut Options) {
    guarded("polar_license_options_free", (), || pointer::take(options));
}

/// Which Polar to ask: "production" (the default), "sandbox", or the address of another server, which is https unless it
/// is on this machine.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_environment(options: *mut Options, environment: *const c_char) -> i32 {
    set("polar_license_options_set_environment", options, |options| {
        let environment = required("environment", environment)?;
        options.edit(|config| config.environment(environment));
        Ok(())
    })
}

/// Accepts keys of this benefit, by its id at Polar. Without any, every key of the organization is accepted.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_benefit(options: *mut Options, benefit_id: *const c_char) -> i32 {
    set("polar_license_options_add_benefit", options, |options| {
        options.benefits.push(required("benefit_id", benefit_id)?.to_owned());
        Ok(())
    })
}

/// Names a feature and a benefit that turns it on. Call it again for further benefits of the same feature.
///
/// The texts are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_feature(
    options: *mut Options,
    feature: *const c_char,
    benefit_id: *const c_char,
) -> i32 {
    set("polar_license_options_add_feature", options, |options| {
        let (feature, benefit) = (required("feature", feature)?, required("benefit_id", benefit_id)?);
        options.edit(|config| config.feature(feature, [benefit]));
        Ok(())
    })
}

/// Whether a seat belongs to the device that took it, so that Polar refuses a copy: 1 (the default) or 0.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_bind_device(options: *mut Options, bind: i32) -> i32 {
    set("polar_license_options_set_bind_device", options, |options| {
        options.edit(|config| config.bind_device(bind != 0));
        Ok(())
    })
}

/// How long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or the offline grace where that
/// is shorter. At least one second.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_refresh_interval_ms(options: *mut Options, interval_ms: u64) -> i32 {
    set("polar_license_options_set_refresh_interval_ms", options, |options| {
        options.edit(|config| config.refresh_interval(Duration::from_millis(interval_ms)));
        Ok(())
    })
}

/// How long access lasts without a confirmation. Default: 14 days. At most ten years.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_offline_grace_ms(options: *mut Options, grace_ms: u64) -> i32 {
    set("polar_license_options_set_offline_grace_ms", options, |options| {
        options.edit(|config| config.offline_grace(Duration::from_millis(grace_ms)));
        Ok(())
    })
}

/// How long polar_license_validate() waits at most. Default: 10 seconds. Operations that change something at Polar wait
/// 25 seconds longer, since Polar can hold an answer for 30 s and a cut one costs a seat.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_timeout_ms(options: *mut Options, timeout_ms: u64) -> i32 {
    set("polar_license_options_set_timeout_ms", options, |options| {
        options.edit(|config| config.timeout(Duration::from_millis(timeout_ms)));
        Ok(())
    })
}

/// What the vendor and the customer see beside an activation. Default: the system, the day
/// and a random part. Polar shows it in its portals: put no personal data into it.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_label(options: *mut Options, label: *const c_char) -> i32 {
    set("polar_license_options_set_label", options, |options| {
        let label = required("label", label)?;
        options.edit(|config| config.label(label));
        Ok(())
    })
}

/// A condition that Polar stores with an activation and compares at every validate. At most 49, not named "device".
/// Changing conditions ends existing activations, since Polar compares all of them as a whole: to gate versions use
/// benefits.
///
/// The texts are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_condition", options, |options| {
        let (name, value) = (required("name", name)?, required("value", value)?);
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// A condition that is an integer. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_integer(
    options: *mut Options,
    name: *const c_char,
    value: i64,
) -> i32 {
    set("polar_license_options_set_condition_integer", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// A condition that is a finite number. Prefer texts and integers: Polar never finds some of these numbers equal to
/// themselves again. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_number(
    options: *mut Options,
    name: *const c_char,
    value: f64,
) -> i32 {
    set("polar_license_options_set_condition_number", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// A condition that is true (any value but 0) or false. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_bool(
    options: *mut Options,
    name: *const c_char,
    value: i32,
) -> i32 {
    set("polar_license_options_set_condition_bool", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.condition(name, value != 0));
        Ok(())
    })
}

/// A note that Polar stores with an activation. At most 49, not named "seat".
///
/// The texts are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_meta", options, |options| {
        let (name, value) = (required("name", name)?, required("value", value)?);
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// A note that is an integer. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_integer(
    options: *mut Options,
    name: *const c_char,
    value: i64,
) -> i32 {
    set("polar_license_options_set_meta_integer", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// A note that is a finite number. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_number(options: *mut Options, name: *const c_char, value: f64) -> i32 {
    set("polar_license_options_set_meta_number", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// A note that is true (any value but 0) or false. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_bool(options: *mut Options, name: *const c_char, value: i32) -> i32 {
    set("polar_license_options_set_meta_bool", options, |options| {
        let name = required("name", name)?;
        options.edit(|config| config.meta(name, value != 0));
        Ok(())
    })
}

/// What identifies this device instead of the operating system's machine id. It is hashed before it is used.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_device_id(options: *mut Options, device_id: *const c_char) -> i32 {
    set("polar_license_options_set_device_id", options, |options| {
        let device_id = required("device_id", device_id)?;
        options.edit(|config| config.device_id(device_id));
        Ok(())
    })
}

/// A secret compiled into the app that what is stored is sealed with, so that a script cannot forge it without taking the
/// app apart.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_app_secret(options: *mut Options, secret: *const c_char) -> i32 {
    set("polar_license_options_set_app_secret", options, |options| {
        let secret = required("secret", secret)?;
        options.edit(|config| config.app_secret(secret));
        Ok(())
    })
}

/// The secret of an earlier version: what was sealed with it still opens, and is sealed afresh.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_previous_app_secret(options: *mut Options, secret: *const c_char) -> i32 {
    set("polar_license_options_add_previous_app_secret", options, |options| {
        options.previous_app_secrets.push(required("secret", secret)?.to_owned());
        Ok(())
    })
}

/// Keeps the license in this directory, in UTF-8 on every system, instead of the platform's data directory.
///
/// The text is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_directory(options: *mut Options, directory: *const c_char) -> i32 {
    set("polar_license_options_set_directory", options, |options| {
        options.directory = Some(required("directory", directory)?.to_owned());
        Ok(())
    })
}

/// Keeps the license in memory only: it has to be activated again at every start, and each start takes a seat.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_memory_store(options: *mut Options) -> i32 {
    set("polar_license_options_set_memory_store", options, |options| {
        options.store = Store::Memory;
        Ok(())
    })
}

/// Keeps the license in the app's own store. One store holds one license.
///
/// `destructor` is called with `user_data` once: when neither the options nor a client use the store any more, or if this
/// fails. It may be NULL; the other callbacks may not. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_store(
    options: *mut Options,
    load: LoadCallback,
    save: SaveCallback,
    remove: RemoveCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    set("polar_license_options_set_store", options, |options| {
        let (Some(load), Some(save), Some(remove)) = (load, save, remove) else {
            return Err(Error::argument(String::from("a callback of the store is NULL")));
        };
        options.store = Store::App(AppStore { parts: Arc::new(Parts { load, save, remove, data }), lock: None });
        Ok(())
    })
}

/// Adds a lock to the store set by polar_license_options_set_store(), for one that other processes can reach as well. The
/// callbacks are given the same user data.
///
/// One thread at a time; never blocks. Returns POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL, and without such a store.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_store_lock(
    options: *mut Options,
    lock: LockCallback,
    unlock: UnlockCallback,
) -> i32 {
    set("polar_license_options_set_store_lock", options, |options| {
        let (Some(lock), Some(unlock)) = (lock, unlock) else {
            return Err(Error::argument(String::from("a callback of the store's lock is NULL")));
        };
        let Store::App(store) = &mut options.store else {
            return Err(Error::argument(String::from("there is no store of the app's to lock; set it first")));
        };
        store.lock = Some((lock, unlock));
        Ok(())
    })
}

/// Sends requests over the app's own network stack.
///
/// `destructor` is called with `user_data` once: when neither the options, nor a client, nor a request on its way use the
/// transport any more, or if this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_transport(
    options: *mut Options,
    transport: TransportCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    set("polar_license_options_set_transport", options, |options| {
        let transport = transport.ok_or_else(|| Error::argument(String::from("`transport` is NULL")))?;
        options.transport = Some(AppTransport::new(transport, data));
        Ok(())
    })
}

/// Tells the time instead of the system's clocks, for tests of what the app does after a month offline.
///
/// `destructor` is called with `user_data` once: when neither the options nor a client use the clock any more, or if this
/// fails. It may be NULL; the callback may not. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_clock(
    options: *mut Options,
    clock: ClockCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    set("polar_license_options_set_clock", options, |options| {
        let clock = clock.ok_or_else(|| Error::argument(String::from("`clock` is NULL")))?;
        options.clock = Some(AppClock::new(clock, data));
        Ok(())
    })
}

/// Returns the status and remembers the first mistake for `open`.
fn set(function: &str, options: *mut Options, apply: impl FnOnce(&mut Options) -> Result<(), Error>) -> i32 {
    let status = status(function, ptr::null_mut(), || {
        let Some(options) = pointer::change(options) else {
            return Err(Error::argument(String::from("`options` is NULL")));
        };
        apply(options).inspect_err(|mistake| {
            options.mistake.get_or_insert_with(|| mistake.message());
        })
    });
    if status == POLAR_LICENSE_ERR_INTERNAL {
        guarded("remembering that", (), || {
            if let Some(options) = pointer::change(options) {
                options.mistake.get_or_insert_with(|| format!("a defect in this library: {function} panicked"));
            }
        });
    }
    status
}
