//! `polar_license_options`: the app's configuration, collected by setters and checked as a whole when a license is
//! opened.
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

/// The app's configuration. Created by polar_license_options_new() or polar_license_options_from_json(), used by
/// polar_license_open() any number of times, and freed with polar_license_options_free(). For one thread at a time.
///
/// A setter that fails returns the kind of its error, and polar_license_open() fails with the first such error. So a
/// program may ignore the results of the setters.
pub struct Options {
    config: ConfigBuilder,
    directory: Option<String>,
    store: Store,
    transport: Option<AppTransport>,
    clock: Option<AppClock>,
    /// The kind and the detail of the first error of a setter.
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

    /// Creates options. If the configuration could not be read, opening them fails.
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

/// Starts a configuration. `organization_id` is Polar's id of your organization (Settings, General). `app_id` names
/// this program among yours, such as "com.acme.app"; never change it. Both are copied.
///
/// Free the result with polar_license_options_free(). Invalid arguments, including NULL, are reported by
/// polar_license_open(). Returns NULL only after a defect in this library. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_new(organization_id: *const c_char, app_id: *const c_char) -> *mut Options {
    guarded("polar_license_options_new", ptr::null_mut(), || {
        pointer::into_raw(Options::new(builder(organization_id, app_id)))
    })
}

/// Starts a configuration from one JSON object, such as
/// {"organizationId": "...", "appId": "com.acme.app", "features": {"export": ["..."]}, "offlineGraceMs": 604800000}.
/// Its members have the names of the functions that set them, in camel case: organizationId and appId, which are
/// required, and environment, benefits and previousAppSecrets (arrays of strings), features (an object of arrays of
/// benefit ids), bindDevice, refreshIntervalMs, offlineGraceMs, timeoutMs, label, conditions and meta (objects of
/// strings, whole numbers and booleans), deviceId, appSecret, updates (an object of days and built), purchaseUrl,
/// portalUrl, supportUrl and texts (an object of strings). An unknown member is an error; null means absent. The string
/// is copied.
///
/// Free the result with polar_license_options_free(). Errors, including NULL, are reported by polar_license_open().
/// Returns NULL only after a defect in this library. Callable from any thread. Never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_from_json(settings: *const c_char) -> *mut Options {
    guarded("polar_license_options_from_json", ptr::null_mut(), || {
        let settings = argument::string("settings", settings);
        pointer::into_raw(Options::new(settings.and_then(|settings| Ok(ConfigBuilder::from_json(settings)?))))
    })
}

/// Frees the options. Licenses opened with them stay open. NULL is allowed.
///
/// Free them once, when no thread uses them any longer. Never blocks, unless a destructor of the app blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_free(options: *mut Options) {
    guarded("polar_license_options_free", (), || pointer::free(options));
}

/// Sets the Polar server: "production" (the default), "sandbox", or the address of another server, which must be https
/// unless it is on this machine.
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

/// Accepts keys of this benefit, by its id at Polar. Without this setting, every key of the organization is accepted.
/// Call it again for further benefits.
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

/// Adds a feature and a benefit that turns it on. Call it again for further benefits of the same feature.
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

/// Sets whether a seat belongs to the device that took it, so that Polar refuses a copied record: 1 (the default) or 0.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_bind_device(options: *mut Options, bind: i32) -> i32 {
    set("polar_license_options_set_bind_device", options, |options| {
        options.edit(|config| config.bind_device(bind != 0));
        Ok(())
    })
}

/// Sets how long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or the offline grace if
/// that is shorter. At least one second.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_refresh_interval_ms(options: *mut Options, interval_ms: u64) -> i32 {
    set("polar_license_options_set_refresh_interval_ms", options, |options| {
        options.edit(|config| config.refresh_interval(Duration::from_millis(interval_ms)));
        Ok(())
    })
}

/// Sets how long access lasts without a confirmation. Default: 14 days. At most ten years.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_offline_grace_ms(options: *mut Options, grace_ms: u64) -> i32 {
    set("polar_license_options_set_offline_grace_ms", options, |options| {
        options.edit(|config| config.offline_grace(Duration::from_millis(grace_ms)));
        Ok(())
    })
}

/// Sets the longest time that polar_license_validate() waits. Default: 10 seconds. Operations that change something at
/// Polar wait up to 25 seconds longer, because Polar may take 30 s to reply and a lost reply can cost a seat.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_timeout_ms(options: *mut Options, timeout_ms: u64) -> i32 {
    set("polar_license_options_set_timeout_ms", options, |options| {
        options.edit(|config| config.timeout(Duration::from_millis(timeout_ms)));
        Ok(())
    })
}

/// Sets the label of an activation, which the vendor and the customer see. Default: the system, the day and a random
/// part. Polar shows the label in its portals, so put no personal data into it.
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

/// Adds a condition, which Polar stores with an activation and compares at every validate. At most 49, not named
/// "device". Polar compares all conditions together, so any change ends existing activations. To restrict a key to
/// certain versions, use benefits.
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

/// Adds a condition that is an integer. See polar_license_options_set_condition().
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

/// Adds a condition that is a whole number, at most 9007199254740991 away from 0: some other numbers never compare
/// equal again at Polar. See polar_license_options_set_condition().
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

/// Adds a condition that is true (any value but 0) or false. See polar_license_options_set_condition().
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

/// Adds a note, which Polar stores with an activation. At most 49, not named "seat".
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

/// Adds a note that is an integer. See polar_license_options_set_meta().
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

/// Adds a note that is a whole number, at most 9007199254740991 away from 0. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_number(options: *mut Options, name: *const c_char, value: f64) -> i32 {
    set("polar_license_options_set_meta_number", options, |options| {
        let name = argument::string("name", name)?;
        let value = whole(name, value)?;
        options.edit(|config| config.meta(name, value));
        Ok(())
    })
}

/// Adds a note that is true (any value but 0) or false. See polar_license_options_set_meta().
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_meta_bool(options: *mut Options, name: *const c_char, value: i32) -> i32 {
    set("polar_license_options_set_meta_bool", options, |options| {
        let name = argument::string("name", name)?;
        options.edit(|config| config.meta(name, value != 0));
        Ok(())
    })
}

/// Sets an identifier for this device, in place of the operating system's machine id. It is hashed before it is used.
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

/// Sets a secret that is compiled into the app and seals the record. It keeps a script from forging a record, unless
/// somebody takes the app apart.
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

/// Adds the secret of an earlier version. Records sealed with it can still be opened, and are sealed again with the
/// current secret. An empty string stands for versions that had no secret. Call it again for further secrets.
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

/// Limits the versions of the app that a license includes to those built within `days` days of its purchase. `built` is
/// the day on which this version was built, such as "2026-11-21", or a date and time as RFC 3339 has it, whose day in UTC
/// counts. A version that was built later has no access, for POLAR_LICENSE_REASON_UPDATES_ENDED; earlier versions
/// continue to work. Default: a license includes every version. Let the build fill in the day, for example with CMake:
/// string(TIMESTAMP BUILT "%Y-%m-%d" UTC).
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_updates(options: *mut Options, days: u32, built: *const c_char) -> i32 {
    set("polar_license_options_set_updates", options, |options| {
        let built = argument::string("built", built)?;
        options.edit(|config| config.updates(days, built));
        Ok(())
    })
}

/// Sets the page for buying or renewing a license: an https address. polar_license_decision_next_url() returns it if
/// the next step is to renew, or to enter a key that the user may not have yet.
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

/// Sets the page on which customers see and remove their devices: an https address, such as your organization's
/// customer portal at Polar. polar_license_error_next_url() returns it if the next step is to manage devices.
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

/// Sets the way to contact the vendor: an https address, or an e-mail address with "mailto:".
/// polar_license_decision_next_url() returns it if the next step is to contact the vendor.
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

/// Replaces sentences for the user. `catalogue` is a JSON object of sentences by their codes, such as texts/de.json.
/// texts/en.json lists all codes with the English sentences, which are shown for codes that the catalogue does not
/// have. The sentences of the customer portal are in texts/portal.de.json and texts/portal.en.json: call this function
/// once for each catalogue.
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

/// Replaces one sentence for the user, by its code in texts/en.json or texts/portal.en.json. Placeholders in braces,
/// such as {key}, are filled in; the sentence may leave them out.
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

/// Stores the license in this directory instead of the platform's data directory. The path is UTF-8 on every system.
///
/// The string is copied. One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_directory(options: *mut Options, directory: *const c_char) -> i32 {
    set("polar_license_options_set_directory", options, |options| {
        options.directory = Some(argument::string("directory", directory)?.to_owned());
        Ok(())
    })
}

/// Keeps the license in memory only: it must be activated again at every start, and each start takes a seat.
///
/// One thread at a time; never blocks.
#[unsafe(no_mangle)]
pub extern "C" fn polar_license_options_set_memory_store(options: *mut Options) -> i32 {
    set("polar_license_options_set_memory_store", options, |options| {
        options.store = Store::Memory;
        Ok(())
    })
}

/// Stores the license in the app's own store. One store holds one license.
///
/// `destructor` is called once with `user_data`: when neither the options nor a license use the store any longer, or if
/// this function fails. It may be NULL; the other callbacks may not. One thread at a time; never blocks.
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
/// get the same user data.
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

/// Sends requests through the app's own network stack.
///
/// `destructor` is called once with `user_data`: when the options, all licenses and all running requests have stopped
/// using the transport, or if this function fails. It may be NULL; the callback may not. One thread at a time; never
/// blocks.
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

/// Reads the time from the app instead of the system's clocks, so that tests can take the app a month ahead.
///
/// `destructor` is called once with `user_data`: when neither the options nor a license use the clock any longer, or if
/// this function fails. It may be NULL; the callback may not. One thread at a time; never blocks.
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

/// Applies a setting. Keeps the first error for `open`.
fn set(function: &str, options: *mut Options, apply: impl FnOnce(&mut Options) -> Result<(), Error>) -> i32 {
    let kind = call::run(function, ptr::null_mut(), || {
        let options = argument::object_mut("options", options)?;
        apply(options).inspect_err(|mistake| options.keep_mistake(mistake))
    });
    if kind == ErrorKind::Internal.number() {
        // `apply` panicked, so it kept no error
        guarded("keeping the mistake", (), || {
            if let Some(options) = pointer::borrow_mut(options) {
                options.keep_mistake(&Error::panicked(function));
            }
        });
    }
    kind
}

/// Converts a double that is a whole number.
fn whole(name: &str, value: f64) -> Result<i64, Error> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    if value.trunc() == value && value.abs() <= MOST {
        return Ok(value as i64);
    }
    Err(argument::invalid(format!("the value of `{name}` is {value}; it must be a whole number up to {MOST}")))
}
