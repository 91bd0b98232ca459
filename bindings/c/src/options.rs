//! `polar_license_options`: what an app configures, collected by setters and checked as a whole when it is opened.
#![expect(unsafe_code, reason = "exported functions are `#[unsafe(no_mangle)]`")]

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
use std::time::Duration;

/// What an app configures: created by polar_license_options_new() or polar_license_options_from_json(), used by
/// polar_license_open() any number of times, freed with polar_license_options_free(). For one thread at a time.
///
/// A setter that fails returns the kind of its error, and polar_license_open() fails with the first such mistake: a
/// program may ignore what the setters return.
pub struct Options {
    config: ConfigBuilder,
    directory: Option<String>,
    store: Store,
    transport: Option<AppTransport>,
    clock: Option<AppClock>,
    /// The kind and the detail of the first function's error that failed.
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

    /// With a configuration that opens nothing if it could not be read.
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

/// Starts a configuration: Polar's organization id (Settings, General), and a name of this program among the vendor's,
/// such as "com.acme.app", that never changes. Both are copied.
///
/// Free the result with polar_license_options_free(). Mistakes in the arguments, NULL included, are reported by
/// polar_license_open(). Returns NULL only after a defect in this library. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_new(organization_id: *const c_char, app_id: *const c_char) -> *mut Options {
    guarded("polar_license_options_new", ptr::null_mut(), || {
        pointer::into_raw(Options::new(builder(organization_id, app_id)))
    })
}

/// Starts a configuration from one JSON object, such as
/// {"organizationId": "...", "appId": "com.acme.app", "features": {"export": ["..."]}, "offlineGraceMs": 604800000}.
/// Its members are named as the functions that set them, in camel case: those two, which are required, and environment,
/// benefits and previousAppSecrets (arrays of strings), features (an object of arrays of benefit ids), bindDevice,
/// refreshIntervalMs, offlineGraceMs, timeoutMs, label, conditions and meta (objects of strings, whole numbers and
/// booleans), deviceId, appSecret, purchaseUrl, portalUrl, supportUrl and texts (an object of strings). An unknown
/// member is a mistake; null counts as absent. The string is copied.
///
/// Free the result with polar_license_options_free(). Mistakes, NULL included, are reported by polar_license_open().
/// Returns NULL only after a defect in this library. Callable from any thread; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_from_json(settings: *const c_char) -> *mut Options {
    guarded("polar_license_options_from_json", ptr::null_mut(), || {
        let settings = argument::string("settings", settings);
        pointer::into_raw(Options::new(settings.and_then(|settings| Ok(ConfigBuilder::from_json(settings)?))))
    })
}

/// Frees the options. Licenses opened with them stay open. NULL is allowed.
///
/// Free them once, when no thread uses them any longer. Never blocks, unless a destructor of the app's does.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_free(options: *mut Options) {
    guarded("polar_license_options_free", (), || pointer::free(options));
}

/// Which Polar to ask: "production" (the default), "sandbox", or the address of another server, which is https unless
/// it is on this machine.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_environment(options: *mut Options, environment: *const c_char) -> i32 {
    set("polar_license_options_set_environment", options, |options| {
        let environment = argument::string("environment", environment)?;
        options.edit(|config| config.environment(environment));
        Ok(())
    })
}

/// Accepts keys of this benefit, by its id at Polar. Without any, every key of the organization is accepted. Call it
/// again for further benefits.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_benefit(options: *mut Options, benefit_id: *const c_char) -> i32 {
    set("polar_license_options_add_benefit", options, |options| {
        let benefit = argument::string("benefit_id", benefit_id)?;
        options.edit(|config| config.benefit(benefit));
        Ok(())
    })
}

/// Names a feature and a benefit that turns it on. Call it again for further benefits of the same feature.
///
/// The strings are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_feature(
    options: *mut Options,
    feature: *const c_char,
    benefit_id: *const c_char,
) -> i32 {
    set("polar_license_options_add_feature", options, |options| {
        let (feature, benefit) = (argument::string("feature", feature)?, argument::string("benefit_id", benefit_id)?);
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

/// How long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or the offline grace if that
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
/// 25 seconds longer, since Polar can take 30 s to reply, and a lost reply costs a seat.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_timeout_ms(options: *mut Options, timeout_ms: u64) -> i32 {
    set("polar_license_options_set_timeout_ms", options, |options| {
        options.edit(|config| config.timeout(Duration::from_millis(timeout_ms)));
        Ok(())
    })
}

/// What the vendor and the customer see beside an activation. Default: the system, the day and a random part. Polar
/// shows it in its portals: put no personal data into it.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_label(options: *mut Options, label: *const c_char) -> i32 {
    set("polar_license_options_set_label", options, |options| {
        let label = argument::string("label", label)?;
        options.edit(|config| config.label(label));
        Ok(())
    })
}

/// A condition that Polar stores with an activation and compares at every validate. At most 49, not named "device".
/// Changing conditions ends existing activations, since Polar compares all of them as a whole: to gate versions use
/// benefits.
///
/// The strings are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_condition", options, |options| {
        let (name, value) = (argument::string("name", name)?, argument::string("value", value)?);
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
        let name = argument::string("name", name)?;
        options.edit(|config| config.condition(name, value));
        Ok(())
    })
}

/// A condition that is a whole number, up to 9007199254740991 either way: Polar never finds some other numbers equal to
/// themselves again. See polar_license_options_set_condition().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_condition_number(
    options: *mut Options,
    name: *const c_char,
    value: f64,
) -> i32 {
    set("polar_license_options_set_condition_number", options, |options| {
        let name = argument::string("name", name)?;
        let value = whole(name, value)?;
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
        let name = argument::string("name", name)?;
        options.edit(|config| config.condition(name, value != 0));
        Ok(())
    })
}

/// A note that Polar stores with an activation. At most 49, not named "seat".
///
/// The strings are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> i32 {
    set("polar_license_options_set_meta", options, |options| {
        let (name, value) = (argument::string("name", name)?, argument::string("value", value)?);
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
        let name = argument::string("name", name)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// A note that is a whole number, up to 9007199254740991 either way. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_number(options: *mut Options, name: *const c_char, value: f64) -> i32 {
    set("polar_license_options_set_meta_number", options, |options| {
        let name = argument::string("name", name)?;
        let value = whole(name, value)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// A note that is true (any value but 0) or false. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_bool(options: *mut Options, name: *const c_char, value: i32) -> i32 {
    set("polar_license_options_set_meta_bool", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.meta(name, value != 0));
        Ok(())
    })
}

/// What identifies this device instead of the operating system's machine id. It is hashed before it is used.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_device_id(options: *mut Options, device_id: *const c_char) -> i32 {
    set("polar_license_options_set_device_id", options, |options| {
        let device_id = argument::string("device_id", device_id)?;
        options.edit(|config| config.device_id(device_id));
        Ok(())
    })
}

/// A secret compiled into the app, which seals what is stored, so that a script cannot forge it without taking the app
/// apart.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_app_secret(options: *mut Options, secret: *const c_char) -> i32 {
    set("polar_license_options_set_app_secret", options, |options| {
        let secret = argument::string("secret", secret)?;
        options.edit(|config| config.app_secret(secret));
        Ok(())
    })
}

/// The secret of an earlier version: what was sealed with it still opens, and is sealed again with the current one. An
/// empty one stands for versions that had none. Call it again for further secrets.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_add_previous_app_secret(options: *mut Options, secret: *const c_char) -> i32 {
    set("polar_license_options_add_previous_app_secret", options, |options| {
        let secret = argument::string("secret", secret)?;
        options.edit(|config| config.previous_app_secret(secret));
        Ok(())
    })
}

/// Where a license is bought or renewed: an https address. polar_license_decision_next_url() returns it where the next
/// step is to renew, or to enter a key that the user may not have yet.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_purchase_url(options: *mut Options, url: *const c_char) -> i32 {
    set("polar_license_options_set_purchase_url", options, |options| {
        let url = argument::string("url", url)?;
        options.edit(|config| config.purchase_url(url));
        Ok(())
    })
}

/// Where customers see their devices and remove one: an https address, such as Polar's customer portal of the
/// organization. polar_license_error_next_url() returns it where the next step is to manage devices.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_portal_url(options: *mut Options, url: *const c_char) -> i32 {
    set("polar_license_options_set_portal_url", options, |options| {
        let url = argument::string("url", url)?;
        options.edit(|config| config.portal_url(url));
        Ok(())
    })
}

/// Where users ask the vendor: an https address, or "mailto:" one of e-mail. polar_license_decision_next_url() returns
/// it where the next step is to contact the vendor.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_support_url(options: *mut Options, url: *const c_char) -> i32 {
    set("polar_license_options_set_support_url", options, |options| {
        let url = argument::string("url", url)?;
        options.edit(|config| config.support_url(url));
        Ok(())
    })
}

/// Replaces sentences for the user: a catalogue as one JSON object, each sentence by its code. texts/de.json is one,
/// and texts/en.json lists all codes with their English, which is shown for those that a catalogue does not have. Those
/// of the customer portal are in texts/portal.de.json and texts/portal.en.json: call this once for each catalogue.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_texts(options: *mut Options, catalogue: *const c_char) -> i32 {
    set("polar_license_options_set_texts", options, |options| {
        let catalogue = argument::string("catalogue", catalogue)?;
        options.edit(|config| config.texts(catalogue));
        Ok(())
    })
}

/// Replaces one sentence for the user, by its code in texts/en.json or texts/portal.en.json. Names in braces, such
/// as {key}, are filled in; a sentence may leave them out.
///
/// The strings are copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_text(
    options: *mut Options,
    code: *const c_char,
    sentence: *const c_char,
) -> i32 {
    set("polar_license_options_set_text", options, |options| {
        let (code, sentence) = (argument::string("code", code)?, argument::string("sentence", sentence)?);
        options.edit(|config| config.text(code, sentence));
        Ok(())
    })
}

/// Keeps the license in this directory, in UTF-8 on every system, instead of the platform's data directory.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_directory(options: *mut Options, directory: *const c_char) -> i32 {
    set("polar_license_options_set_directory", options, |options| {
        options.directory = Some(argument::string("directory", directory)?.to_owned());
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

/// Keeps the license in a store of the app's own. One store holds one license.
///
/// `destructor` is called with `user_data` once: when neither the options nor a license use the store any longer, or if
/// this fails. It may be NULL; the other callbacks may not. One thread at a time; never blocks.
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

/// Adds a lock to the store set by polar_license_options_set_store(), for a store that several processes use. The
/// callbacks get the same user data.
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
            return Err(argument::invalid("a callback of the store's lock is NULL"));
        };
        let Store::App(store) = &mut options.store else {
            return Err(argument::invalid("there is no store to lock; call polar_license_options_set_store() first"));
        };
        store.lock = Some((lock, unlock));
        Ok(())
    })
}

/// Sends requests through a network stack of the app's own.
///
/// `destructor` is called with `user_data` once: when neither the options, nor a license, nor a running request use the
/// transport any longer, or if this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
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

/// Reads the time from the app instead of the system's clocks, for tests of what the app does after a month offline.
///
/// `destructor` is called with `user_data` once: when neither the options nor a license use the clock any longer, or if
/// this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
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

/// Applies a setting, and keeps the first mistake for `open`.
fn set(function: &str, options: *mut Options, apply: impl FnOnce(&mut Options) -> Result<(), Error>) -> i32 {
    let kind = call::run(function, ptr::null_mut(), || {
        let options = argument::object_mut("options", options)?;
        apply(options).inspect_err(|mistake| options.keep_mistake(mistake))
    });
    if kind == ErrorKind::Internal.number() {
        // `apply` panicked, so that it kept nothing
        guarded("keeping the mistake", (), || {
            if let Some(options) = pointer::borrow_mut(options) {
                options.keep_mistake(&Error::panicked(function));
            }
        });
    }
    kind
}

/// A double as the whole number it is.
fn whole(name: &str, value: f64) -> Result<i64, Error> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    if value.trunc() == value && value.abs() <= MOST {
        return Ok(value as i64);
    }
    Err(argument::invalid(format!("the value of `{name}` is {value}; it must be a whole number up to {MOST}")))
}
