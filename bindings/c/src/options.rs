//! `polar_license_options`: the app's configuration. Setters change it, and it is checked as a whole when a license is
//! opened.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

pub(crate) mod settings;

use crate::clock::{AppClock, ClockCallback};
use crate::error::Error;
use crate::guard::guarded;
use crate::pointer::{self, Destructor, UserData};
use crate::store::{AppStore, LoadCallback, LockCallback, Parts, RemoveCallback, SaveCallback, UnlockCallback};
use crate::transport::{AppTransport, TransportCallback};
use crate::{argument, call};
use polar_license::blocking::Client;
use polar_license::store::MemoryStore;
use polar_license::{Config, ConfigBuilder, ErrorKind};
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

/// The app's configuration. It is created by polar_license_options_new() or polar_license_options_from_json(), used by
/// polar_license_open() any number of times, and freed with polar_license_options_free(). Only one thread may use it at
/// a time.
///
/// A setter that fails returns the kind of its error, and polar_license_open() then fails with the first of these
/// errors. A program may therefore ignore the results of the setters.
pub struct Options {
    config: ConfigBuilder,
    directory: Option<String>,
    store: Store,
    transport: Option<AppTransport>,
    clock: Option<AppClock>,
    /// The first error that a setter reported: its kind and its detail.
    mistake: Option<(ErrorKind, String)>,
}

enum Store {
    File,
    Memory,
    App(AppStore),
}

impl Options {
    pub(crate) fn open(&self) -> Result<Client, Error> {
        if let Some((kind, detail)) = &self.mistake {
            return Err(Error::new(*kind, detail.clone()));
        }
        let mut builder = Client::builder(self.config.clone().build()?);
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

    /// Creates options. If `config` is an error, opening a license with these options fails with that error.
    fn new(config: Result<ConfigBuilder, Error>) -> Self {
        let (config, mistake) = match config {
            Ok(config) => (config, None),
            Err(error) => (Config::builder("", ""), Some((error.kind(), error.detail().to_owned()))),
        };
        Self { config, directory: None, store: Store::File, transport: None, clock: None, mistake }
    }

    fn edit(&mut self, edit: impl FnOnce(ConfigBuilder) -> ConfigBuilder) {
        self.config = edit(self.config.clone());
    }

    fn keep_mistake(&mut self, mistake: &Error) {
        self.mistake.get_or_insert_with(|| (mistake.kind(), mistake.detail().to_owned()));
    }
}

/// Creates a configuration. `organization_id` is Polar's id of your organization (in Polar under Settings, General).
/// `app_id` is a name, such as "com.acme.app", that distinguishes this program from your other programs; never change
/// it. Both strings are copied.
///
/// Free the result with polar_license_options_free(). If an argument is invalid or NULL, polar_license_open() reports
/// this. Returns NULL only if this library has a defect. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_new(organization_id: *const c_char, app_id: *const c_char) -> *mut Options {
    guarded("polar_license_options_new", ptr::null_mut(), || {
        pointer::into_raw(Options::new(builder(organization_id, app_id)))
    })
}

/// Starts a configuration from one JSON object, such as
/// {"organizationId": "...", "appId": "com.acme.app", "features": {"export": ["..."]}, "offlineGraceMs": 604800000}.
/// The members organizationId and appId are required. The comment of each polar_license_options_set_... and _add_...
/// function names the member that the function sets. The member's value has the type of the function's argument: a
/// string, a whole number or a boolean. There are three exceptions:
/// - If the function adds one of several values, the member is an array of these values.
/// - If the function takes a name and a value, the member is an object that contains the values under their names.
/// - In features, each name has an array of values.
///
/// An unknown member is an error. A member that is null counts as absent. `settings` is copied.
///
/// Free the result with polar_license_options_free(). If `settings` is invalid or NULL, polar_license_open() reports
/// this. Returns NULL only if this library has a defect. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_from_json(settings: *const c_char) -> *mut Options {
    guarded("polar_license_options_from_json", ptr::null_mut(), || {
        let settings = argument::string("settings", settings);
        pointer::into_raw(Options::new(settings.and_then(|settings| Ok(ConfigBuilder::from_json(settings)?))))
    })
}

/// Frees the options. Licenses that were opened with them stay open. NULL is allowed.
///
/// Free the options once, when no thread uses them any longer. Never blocks, unless a destructor of the app blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_free(options: *mut Options) {
    guarded("polar_license_options_free", (), || pointer::free(options));
}

/// Stores the license in this directory instead of the platform's data directory. The path is UTF-8 on every system.
///
/// The string is copied. Only one thread may use the options at a time. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_directory(options: *mut Options, directory: *const c_char) -> i32 {
    set("polar_license_options_set_directory", options, |options| {
        options.directory = Some(argument::string("directory", directory)?.to_owned());
        Ok(())
    })
}

/// Keeps the license in memory only. The user must then activate it again at every start, and each start takes a seat.
///
/// Only one thread may use the options at a time. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_memory_store(options: *mut Options) -> i32 {
    set("polar_license_options_set_memory_store", options, |options| {
        options.store = Store::Memory;
        Ok(())
    })
}

/// Stores the license in a store that the app provides. One store holds one license.
///
/// `destructor` is called once with `user_data`: when neither the options nor a license uses the store any longer, or
/// if this function fails. `destructor` may be NULL; the other callbacks must not be NULL. Only one thread may use the
/// options at a time. Never blocks.
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
            return Err(argument::invalid("a callback of the store is NULL"));
        };
        options.store = Store::App(AppStore { parts: Arc::new(Parts { load, save, remove, data }), lock: None });
        Ok(())
    })
}

/// Adds a lock to the store of polar_license_options_set_store(), for a store that several processes use. The callbacks
/// get the `user_data` of that store.
///
/// Only one thread may use the options at a time. Never blocks. Returns POLAR_LICENSE_OK, or
/// POLAR_LICENSE_ERR_INVALID_ARGUMENT if an argument is NULL, or if polar_license_options_set_store() was not called
/// before.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_store_lock(
    options: *mut Options,
    lock: LockCallback,
    unlock: UnlockCallback,
) -> i32 {
    set("polar_license_options_set_store_lock", options, |options| {
        let (Some(lock), Some(unlock)) = (lock, unlock) else {
            return Err(argument::invalid("a callback of the store's lock is NULL"));
        };
        let Store::App(store) = &mut options.store else {
            return Err(argument::invalid("there is no store to lock; call polar_license_options_set_store() first"));
        };
        store.lock = Some((lock, unlock));
        Ok(())
    })
}

/// Sends requests through a network stack that the app provides.
///
/// `destructor` is called once with `user_data`: when the options, all licenses and all running requests have stopped
/// using the transport, or if this function fails. `destructor` may be NULL; `transport` must not be NULL. Only one
/// thread may use the options at a time. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_transport(
    options: *mut Options,
    transport: TransportCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    set("polar_license_options_set_transport", options, |options| {
        let transport = transport.ok_or_else(|| argument::missing("transport"))?;
        options.transport = Some(AppTransport::new(transport, data));
        Ok(())
    })
}

/// Replaces the system's clocks with a clock that the app provides, so that a test can let a month pass at once.
///
/// `destructor` is called once with `user_data`: when neither the options nor a license uses the clock any longer, or
/// if this function fails. `destructor` may be NULL; `clock` must not be NULL. Only one thread may use the options at a
/// time. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_clock(
    options: *mut Options,
    clock: ClockCallback,
    user_data: *mut c_void,
    destructor: Destructor,
) -> i32 {
    let data = UserData::new(user_data, destructor);
    set("polar_license_options_set_clock", options, |options| {
        let clock = clock.ok_or_else(|| argument::missing("clock"))?;
        options.clock = Some(AppClock::new(clock, data));
        Ok(())
    })
}

fn builder(organization_id: *const c_char, app_id: *const c_char) -> Result<ConfigBuilder, Error> {
    let organization = argument::string("organization_id", organization_id)?;
    Ok(Config::builder(organization, argument::string("app_id", app_id)?))
}

/// Applies a setting. The options remember the error of the first invalid setting, and polar_license_open() fails with
/// it.
fn set(function: &str, options: *mut Options, apply: impl FnOnce(&mut Options) -> Result<(), Error>) -> i32 {
    let kind = call::run(function, ptr::null_mut(), || {
        let options = argument::object_mut("options", options)?;
        apply(options).inspect_err(|mistake| options.keep_mistake(mistake))
    });
    if kind == ErrorKind::Internal.number() {
        // If `apply` panics, it returns no error. So this creates an error that describes the panic, and keeps it.
        guarded("keeping the mistake", (), || {
            if let Some(options) = pointer::borrow_mut(options) {
                options.keep_mistake(&Error::panicked(function));
            }
        });
    }
    kind
}

/// Converts a double to an integer. Returns an error if it is not whole or is too large.
fn whole(name: &str, value: f64) -> Result<i64, Error> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    if value.trunc() == value && value.abs() <= MOST {
        return Ok(value as i64);
    }
    Err(argument::invalid(format!("the value of `{name}` is {value}; it must be a whole number up to {MOST}")))
}
