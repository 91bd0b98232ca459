/* License keys sold through Polar (https://polar.sh), in your app: activate, validate, gate features, keep working
 * offline, give the seat up. Generated from bindings/c/src and the core's tables: do not edit.
 *
 *     polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
 *     polar_license_options_add_feature(options, "export", PRO);
 *     polar_license *license = NULL;
 *     polar_license_error *error = NULL;
 *     int32_t failed = polar_license_open(options, &license, &error);
 *     if (!failed && key) failed = polar_license_activate(license, key, &error);
 *     if (failed) puts(polar_license_error_message(error));
 *     polar_license_refresh(license, NULL);
 *     if (polar_license_allows(license, "export")) export_file();
 *     polar_license_error_free(error);
 *     polar_license_free(license);
 *     polar_license_options_free(options);
 *
 * What holds for every function, unless it says otherwise:
 *
 * Results    A function that returns int32_t and can fail returns the kind of its error: POLAR_LICENSE_OK (0) or one of
 *            POLAR_LICENSE_ERR_.... One that answers a question returns 1 for yes and 0 for no. Numbers never change
 *            their meaning, and later versions add to them: treat a kind that you do not know as a failure, and a state
 *            that you do not know as not allowed.
 * NULL       A NULL object or string never crashes: the function fails with POLAR_LICENSE_ERR_INVALID_ARGUMENT, or
 *            returns what its comment says. Out-parameters may be NULL if you do not need them. What an out-parameter
 *            held before is overwritten, not freed.
 * Strings    are UTF-8 and NUL-terminated. Strings that are passed in are copied. Strings that are returned are
 *            borrowed: they live until the object that they came from is freed.
 * Objects    are created by a function here and freed by the _free function of their type, once. A pointer to anything
 *            else, or to an object that was freed, is undefined behaviour.
 * Threads    A polar_license may be used from any thread, by several at once. A polar_license_decision and a
 *            polar_license_error do not change and may be read by several. A polar_license_options is for one thread at
 *            a time. No lock is held while the network or a callback is waited for, unless the callback says so.
 * Callbacks  must return; no C++ exception and no longjmp may leave them. Each may have a destructor for its user data,
 *            called once when the data is no longer needed, or at once if the function that takes it fails.
 * Defects    A panic inside the library does not end the program: the function returns POLAR_LICENSE_ERR_INTERNAL, or
 *            NULL, 0 or nothing if it returns no kind of error.
 * Linking    Two static libraries written in Rust do not fit into one program: each has Rust's standard library in it,
 *            and the linker finds `rust_eh_personality` twice. Link the shared library of one of them.
 */


#ifndef POLAR_LICENSE_H
#define POLAR_LICENSE_H

#include <stddef.h>
#include <stdint.h>

/**
 * There is no error.
 */
#define POLAR_LICENSE_OK 0

/**
 * The caller passed an invalid argument, such as an empty license key.
 */
#define POLAR_LICENSE_ERR_INVALID_ARGUMENT 1

/**
 * The configuration is invalid; found before anything is sent.
 */
#define POLAR_LICENSE_ERR_INVALID_CONFIG 2

/**
 * Polar was not reached: no connection, or something other than Polar answered.
 */
#define POLAR_LICENSE_ERR_NETWORK 3

/**
 * No complete answer came in time.
 */
#define POLAR_LICENSE_ERR_TIMEOUT 4

/**
 * Polar asks to wait; see polar_license_error_retry_after_ms().
 */
#define POLAR_LICENSE_ERR_RATE_LIMITED 5

/**
 * Polar was reached and failed.
 */
#define POLAR_LICENSE_ERR_SERVER 6

/**
 * Polar, or the app's own configuration, denied it; see polar_license_error_reason().
 */
#define POLAR_LICENSE_ERR_REFUSED 7

/**
 * The key has fewer uses left than were asked for.
 */
#define POLAR_LICENSE_ERR_USAGE_EXHAUSTED 8

/**
 * The record could not be read or written.
 */
#define POLAR_LICENSE_ERR_STORAGE 9

/**
 * The caller gave up waiting.
 */
#define POLAR_LICENSE_ERR_CANCELLED 10

/**
 * There is no license here to do this with.
 */
#define POLAR_LICENSE_ERR_NOT_ACTIVATED 11

/**
 * An earlier activation may have taken a seat without this device knowing.
 */
#define POLAR_LICENSE_ERR_SEAT_UNCERTAIN 12

/**
 * A defect in this library.
 */
#define POLAR_LICENSE_ERR_INTERNAL 13

/**
 * Nothing is stored, or what is stored cannot be trusted or read. Not allowed.
 */
#define POLAR_LICENSE_STATE_UNLICENSED 0

/**
 * Polar's last answer about this license, or the app's configuration, denies it. Not allowed.
 */
#define POLAR_LICENSE_STATE_DENIED 1

/**
 * The clock was moved so far back that no time can be trusted; one online validate restores access. Not allowed.
 */
#define POLAR_LICENSE_STATE_CLOCK_SUSPECT 2

/**
 * `expires_at` has passed. Not allowed.
 */
#define POLAR_LICENSE_STATE_EXPIRED 3

/**
 * Confirmed by Polar less than `refresh_interval` ago. Allowed.
 */
#define POLAR_LICENSE_STATE_ACTIVE 4

/**
 * Confirmed less than `offline_grace` ago. Allowed.
 */
#define POLAR_LICENSE_STATE_GRACE 5

/**
 * Not confirmed for too long; one online validate restores access. Not allowed.
 */
#define POLAR_LICENSE_STATE_LAPSED 6

/**
 * There is no reason to give: the state has one cause only.
 */
#define POLAR_LICENSE_REASON_UNSET 0

/**
 * No license key has been activated on this device.
 */
#define POLAR_LICENSE_REASON_NONE 1

/**
 * The stored record was changed by something other than this library.
 */
#define POLAR_LICENSE_REASON_TAMPERED 2

/**
 * The stored record belongs to another device.
 */
#define POLAR_LICENSE_REASON_OTHER_DEVICE 3

/**
 * The stored record belongs to another organization, environment or app.
 */
#define POLAR_LICENSE_REASON_OTHER_PRODUCT 4

/**
 * The stored record was written by a newer version of this library.
 */
#define POLAR_LICENSE_REASON_NEWER_FORMAT 5

/**
 * The stored record could not be read.
 */
#define POLAR_LICENSE_REASON_STORAGE 6

/**
 * Polar does not know this key, or not with this activation: it was mistyped, deleted, rotated, or the activation was
 * removed. Polar does not tell these apart.
 */
#define POLAR_LICENSE_REASON_NOT_FOUND 7

/**
 * The key was revoked or disabled.
 */
#define POLAR_LICENSE_REASON_INACTIVE 8

/**
 * The key has expired.
 */
#define POLAR_LICENSE_REASON_EXPIRED 9

/**
 * The activation was made under other conditions: another device, or the app's `conditions` changed.
 */
#define POLAR_LICENSE_REASON_CONDITIONS 10

/**
 * Polar denied the key with a text that this version does not know.
 */
#define POLAR_LICENSE_REASON_REFUSED 11

/**
 * The key has an activation limit, and there is no activation on this device.
 */
#define POLAR_LICENSE_REASON_ACTIVATION_REQUIRED 12

/**
 * Every activation that the key allows is in use.
 */
#define POLAR_LICENSE_REASON_ACTIVATION_LIMIT 13

/**
 * The key is for a benefit that this app does not accept.
 */
#define POLAR_LICENSE_REASON_BENEFIT 14

/**
 * Nothing to do.
 */
#define POLAR_LICENSE_NEXT_NONE 0

/**
 * Go online once.
 */
#define POLAR_LICENSE_NEXT_CONNECT 1

/**
 * Enter a license key.
 */
#define POLAR_LICENSE_NEXT_ENTER_KEY 2

/**
 * Activate this device, again or for the first time.
 */
#define POLAR_LICENSE_NEXT_ACTIVATE 3

/**
 * Activate with POLAR_LICENSE_REPLACE_PREVIOUS, to move the license here from another device.
 */
#define POLAR_LICENSE_NEXT_MOVE 4

/**
 * Renew the subscription or buy a new key.
 */
#define POLAR_LICENSE_NEXT_RENEW 5

/**
 * Ask the vendor.
 */
#define POLAR_LICENSE_NEXT_CONTACT_VENDOR 6

/**
 * Deactivate another device: on it, or in Polar's customer portal.
 */
#define POLAR_LICENSE_NEXT_MANAGE_DEVICES 7

/**
 * Polar confirmed that the seat is free.
 */
#define POLAR_LICENSE_DEACTIVATED_RELEASED 0

/**
 * Polar knows no such seat (any more): it was removed in the portal, or the key was rotated.
 */
#define POLAR_LICENSE_DEACTIVATED_UNKNOWN 1

/**
 * The license took no seat.
 */
#define POLAR_LICENSE_DEACTIVATED_NOT_NEEDED 2

/**
 * Polar no longer knows the key: it was rotated or deleted. The seat stays taken; it is used or released when the new
 * key is activated on this device.
 */
#define POLAR_LICENSE_DEACTIVATED_KEY_UNKNOWN 3

/**
 * The version of the interface that this header describes. A program that loads the library at run time compares it
 * with polar_license_abi_version(): it grows when something here changes or is removed; additions leave it as it is.
 */
#define POLAR_LICENSE_ABI_VERSION 1

/**
 * What functions that return an int64_t return if there is no such value: a key that never expires, no limit.
 */
#define POLAR_LICENSE_ABSENT INT64_MIN

/**
 * For polar_license_activate_with(): if no seat is free, give up the older activation that this device knows of.
 */
#define POLAR_LICENSE_REPLACE_PREVIOUS 1

/**
 * No connection, or it broke: name resolution, TLS, a reset, a body cut short.
 */
#define POLAR_LICENSE_FAILED_NETWORK 1

/**
 * It took longer than the request's timeout.
 */
#define POLAR_LICENSE_FAILED_TIMEOUT 2

/**
 * The app cancelled it.
 */
#define POLAR_LICENSE_FAILED_CANCELLED 3

/**
 * Log level: something is wrong.
 */
#define POLAR_LICENSE_LOG_ERROR 1

/**
 * Log level: something looks wrong.
 */
#define POLAR_LICENSE_LOG_WARN 2

/**
 * Log level: what happens, in few lines.
 */
#define POLAR_LICENSE_LOG_INFO 3

/**
 * Log level: what happens, in many lines.
 */
#define POLAR_LICENSE_LOG_DEBUG 4

/**
 * Whether the app may run, and why: the result of every operation, at that moment. Freed with
 * polar_license_decision_free(). Does not change; may be read from several threads at once.
 */
typedef struct polar_license_decision polar_license_decision;

/**
 * Why a call did not do what was asked. Created by a function that is given a place for it, and freed with
 * polar_license_error_free(). Does not change; may be read from several threads at once.
 */
typedef struct polar_license_error polar_license_error;

/**
 * A license on this device: opened once, used from any thread, freed with polar_license_free().
 *
 * | function | asks Polar | waits |
 * |---|---|---|
 * | polar_license_current(), polar_license_allows() | never | never |
 * | polar_license_refresh() | if it is due; call it at start | 2 s at most if access is allowed, else 10 s |
 * | polar_license_validate() | always | 10 s at most |
 * | polar_license_activate(), polar_license_consume(), polar_license_deactivate() | always | 35 s at most |
 *
 * Operations that change something run one after the other; validates at the same time share one request. The app's
 * callbacks may call every function, for the same license too.
 */
typedef struct polar_license polar_license;

/**
 * What an app configures: created by polar_license_options_new() or polar_license_options_from_json(), used by
 * polar_license_open() any number of times, freed with polar_license_options_free(). For one thread at a time.
 *
 * A setter that fails returns the kind of its error, and polar_license_open() fails with the first such mistake: a
 * program may ignore what the setters return.
 */
typedef struct polar_license_options polar_license_options;

/**
 * Where a load callback puts the bytes it found. Lives only during that call.
 */
typedef struct polar_license_record polar_license_record;

/**
 * One POST to send. Lives only during the transport callback that it is given to.
 */
typedef struct polar_license_request polar_license_request;

/**
 * Where a transport callback puts the reply. Lives only during that call.
 */
typedef struct polar_license_response polar_license_response;

/**
 * Loads what was last saved: passes it to polar_license_record_set(), or leaves `record` as it is if nothing is
 * stored.
 * Returns 0, or another number if it could not be read. Called from any thread, without locks of the library held; may
 * call this library.
 */
typedef int32_t (*polar_license_load_callback)(void *user_data, polar_license_record *record);

/**
 * Replaces what was saved, atomically: a reader, also one after a crash, finds the old bytes or the new ones.
 * `durable` is 1 if they must be on the disk before the call returns, 0 if losing them in a power cut does no harm.
 * Returns 0, or another number if it failed. Called like a load callback.
 */
typedef int32_t (*polar_license_save_callback)(void *user_data, const uint8_t *bytes, size_t length, int32_t durable);

/**
 * Removes what was saved, if anything. Returns 0, or another number if it failed. Called like a load callback.
 */
typedef int32_t (*polar_license_remove_callback)(void *user_data);

/**
 * Called once with the user data when it is no longer needed, on any thread. It may call this library. NULL if there
 * is nothing to free.
 */
typedef void (*polar_license_destructor)(void *user_data);

/**
 * Keeps other processes from changing the record until the unlock callback is called. Returns 0, or another number if
 * the lock cannot be acquired. In between, only the load, save and remove callbacks of the same store are called, on
 * the same thread.
 */
typedef int32_t (*polar_license_lock_callback)(void *user_data);

/**
 * Releases what a lock callback acquired.
 */
typedef void (*polar_license_unlock_callback)(void *user_data);

/**
 * Sends one request and waits for the reply, at most for its timeout. It must send the request at most once, follow no
 * redirect, and report every HTTP status with polar_license_response_set(), or why there was none with
 * polar_license_response_fail(); a response that is not set counts as a request that may have been sent. The body
 * contains the license key: do not log it. Called on a thread of the library's, without locks held; may call this
 * library. The library stops waiting for it after the timeout, and when its operation is cancelled.
 */
typedef void (*polar_license_transport_callback)(void *user_data,
                                                 const polar_license_request *request,
                                                 polar_license_response *response);

/**
 * Stores the time: at `wall_ms` in milliseconds since 1970-01-01 UTC, which may go back, and at `mono_ms` on a clock
 * that only goes forward, from any origin. Called from any thread, with locks of the library held: it must return at
 * once and must not call this library.
 */
typedef void (*polar_license_clock_callback)(void *user_data, int64_t *wall_ms, uint64_t *mono_ms);

/**
 * Called after a change. The decision belongs to the library and lives during the call: do not free it. Called on the
 * thread that ran the operation, without locks of the library held; may call this library.
 */
typedef void (*polar_license_change_callback)(void *user_data, const polar_license_decision *decision);

/**
 * Receives one line, without the license key and without personal data; `level` is one of POLAR_LICENSE_LOG_.... The
 * strings live during the call. Called from any thread, possibly with locks of the library held: it must not call this
 * library.
 */
typedef void (*polar_license_log_callback)(void *user_data, int32_t level, const char *target, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is running, such as "0.1.0".
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_version(void);

/**
 * The version of the interface of the library that is running: POLAR_LICENSE_ABI_VERSION of the header it was built
 * with.
 *
 * Callable from any thread; never blocks.
 */
uint32_t polar_license_abi_version(void);

/**
 * The name of the kind of an error, such as "rate_limited"; "ok" for POLAR_LICENSE_OK, and "unknown" for a number that
 * this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_kind_name(int32_t kind);

/**
 * The name of a state, such as "grace"; "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_state_name(int32_t state);

/**
 * The name of a reason, such as "activation_limit"; "unset" for POLAR_LICENSE_REASON_UNSET, and "unknown" for a number
 * that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_reason_name(int32_t reason);

/**
 * The name of a next step, such as "enter_key"; "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_next_step_name(int32_t next_step);

/**
 * The name of what became of a seat, such as "released"; "unknown" also for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_deactivated_name(int32_t deactivated);

/**
 * Starts a configuration: Polar's organization id (Settings, General), and a name of this program among the vendor's,
 * such as "com.acme.app", that never changes. Both are copied.
 *
 * Free the result with polar_license_options_free(). Mistakes in the arguments, NULL included, are reported by
 * polar_license_open(). Returns NULL only after a defect in this library. Callable from any thread; never blocks.
 */
polar_license_options *polar_license_options_new(const char *organization_id, const char *app_id);

/**
 * Starts a configuration from one JSON object, such as
 * {"organizationId": "...", "appId": "com.acme.app", "features": {"export": ["..."]}, "offlineGraceMs": 604800000}.
 * Its members are named as the functions that set them, in camel case: those two, which are required, and environment,
 * benefits and previousAppSecrets (arrays of strings), features (an object of arrays of benefit ids), bindDevice,
 * refreshIntervalMs, offlineGraceMs, timeoutMs, label, conditions and meta (objects of strings, whole numbers and
 * booleans), deviceId and appSecret. An unknown member is a mistake; null counts as absent. The string is copied.
 *
 * Free the result with polar_license_options_free(). Mistakes, NULL included, are reported by polar_license_open().
 * Returns NULL only after a defect in this library. Callable from any thread; never blocks.
 */
polar_license_options *polar_license_options_from_json(const char *settings);

/**
 * Frees the options. Licenses opened with them stay open. NULL is allowed.
 *
 * Free them once, when no thread uses them any longer. Never blocks, unless a destructor of the app's does.
 */
void polar_license_options_free(polar_license_options *options);

/**
 * Which Polar to ask: "production" (the default), "sandbox", or the address of another server, which is https unless
 * it is on this machine.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_environment(polar_license_options *options, const char *environment);

/**
 * Accepts keys of this benefit, by its id at Polar. Without any, every key of the organization is accepted. Call it
 * again for further benefits.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_benefit(polar_license_options *options, const char *benefit_id);

/**
 * Names a feature and a benefit that turns it on. Call it again for further benefits of the same feature.
 *
 * The strings are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_feature(polar_license_options *options, const char *feature, const char *benefit_id);

/**
 * Whether a seat belongs to the device that took it, so that Polar refuses a copy: 1 (the default) or 0.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_bind_device(polar_license_options *options, int32_t bind);

/**
 * How long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or the offline grace if that
 * is shorter. At least one second.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_refresh_interval_ms(polar_license_options *options, uint64_t interval_ms);

/**
 * How long access lasts without a confirmation. Default: 14 days. At most ten years.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_offline_grace_ms(polar_license_options *options, uint64_t grace_ms);

/**
 * How long polar_license_validate() waits at most. Default: 10 seconds. Operations that change something at Polar wait
 * 25 seconds longer, since Polar can take 30 s to reply, and a lost reply costs a seat.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_timeout_ms(polar_license_options *options, uint64_t timeout_ms);

/**
 * What the vendor and the customer see beside an activation. Default: the system, the day and a random part. Polar
 * shows it in its portals: put no personal data into it.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_label(polar_license_options *options, const char *label);

/**
 * A condition that Polar stores with an activation and compares at every validate. At most 49, not named "device".
 * Changing conditions ends existing activations, since Polar compares all of them as a whole: to gate versions use
 * benefits.
 *
 * The strings are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_condition(polar_license_options *options, const char *name, const char *value);

/**
 * A condition that is an integer. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * A condition that is a whole number, up to 9007199254740991 either way: Polar never finds some other numbers equal to
 * themselves again. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_number(polar_license_options *options, const char *name, double value);

/**
 * A condition that is true (any value but 0) or false. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_bool(polar_license_options *options, const char *name, int32_t value);

/**
 * A note that Polar stores with an activation. At most 49, not named "seat".
 *
 * The strings are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_meta(polar_license_options *options, const char *name, const char *value);

/**
 * A note that is an integer. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * A note that is a whole number, up to 9007199254740991 either way. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_number(polar_license_options *options, const char *name, double value);

/**
 * A note that is true (any value but 0) or false. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_bool(polar_license_options *options, const char *name, int32_t value);

/**
 * What identifies this device instead of the operating system's machine id. It is hashed before it is used.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_device_id(polar_license_options *options, const char *device_id);

/**
 * A secret compiled into the app, which seals what is stored, so that a script cannot forge it without taking the app
 * apart.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_app_secret(polar_license_options *options, const char *secret);

/**
 * The secret of an earlier version: what was sealed with it still opens, and is sealed again with the current one. An
 * empty one stands for versions that had none. Call it again for further secrets.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_previous_app_secret(polar_license_options *options, const char *secret);

/**
 * Keeps the license in this directory, in UTF-8 on every system, instead of the platform's data directory.
 *
 * The string is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_directory(polar_license_options *options, const char *directory);

/**
 * Keeps the license in memory only: it has to be activated again at every start, and each start takes a seat.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_memory_store(polar_license_options *options);

/**
 * Keeps the license in a store of the app's own. One store holds one license.
 *
 * `destructor` is called with `user_data` once: when neither the options nor a license use the store any longer, or if
 * this fails. It may be NULL; the other callbacks may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_store(polar_license_options *options,
                                        polar_license_load_callback load,
                                        polar_license_save_callback save,
                                        polar_license_remove_callback remove,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Adds a lock to the store set by polar_license_options_set_store(), for a store that several processes use. The
 * callbacks get the same user data.
 *
 * One thread at a time; never blocks. Returns POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL, and without such a store.
 */
int32_t polar_license_options_set_store_lock(polar_license_options *options,
                                             polar_license_lock_callback lock,
                                             polar_license_unlock_callback unlock);

/**
 * Sends requests through a network stack of the app's own.
 *
 * `destructor` is called with `user_data` once: when neither the options, nor a license, nor a running request use the
 * transport any longer, or if this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_transport(polar_license_options *options,
                                            polar_license_transport_callback transport,
                                            void *user_data,
                                            polar_license_destructor destructor);

/**
 * Reads the time from the app instead of the system's clocks, for tests of what the app does after a month offline.
 *
 * `destructor` is called with `user_data` once: when neither the options nor a license use the clock any longer, or if
 * this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_clock(polar_license_options *options,
                                        polar_license_clock_callback clock,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Opens the license of this device and stores it at `license` (NULL there if this fails). Sends no request: call
 * polar_license_refresh() next.
 *
 * `options` are copied and stay the caller's. `license` must not be NULL; free what is stored there with
 * polar_license_free(). `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or
 * NULL on success. Callable from any thread; waits for the disk, never for the network. A store that cannot be read is
 * not an error here: the decision says so.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_CONFIG, or POLAR_LICENSE_ERR_INVALID_ARGUMENT.
 */
int32_t polar_license_open(const polar_license_options *options, polar_license **license, polar_license_error **error);

/**
 * Frees the license. What is stored stays: the next polar_license_open() finds it. NULL is allowed.
 *
 * Stops the auto refresh and waits for its thread, and so for a change callback running on it; after that no change
 * callback is called. Another thread may be inside an operation: it ends as after polar_license_cancel(), and the
 * memory is freed when it returns. No other call may begin after this one has begun, except from a change callback of
 * the auto refresh. A change callback may itself call this as the last thing it does with the license. Free it once.
 */
void polar_license_free(polar_license *license);

/**
 * Activates a license key on this device, and stores it. Takes a seat only if the key has an activation limit and is
 * not active here already, and only after validating the key: a mistyped key, or one of another product, costs no
 * seat.
 *
 * `key` is what the user typed; it is copied. `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL on success. Callable from any thread; blocks, 35 s at most, for the network and
 * the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if Polar or the options deny it; POLAR_LICENSE_ERR_NETWORK,
 * _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer; POLAR_LICENSE_ERR_INVALID_ARGUMENT for what
 * cannot be a key: after any of these a license that was here is as it was before. POLAR_LICENSE_ERR_STORAGE if it
 * could not be stored: a seat was taken only with polar_license_error_maybe_applied(), and
 * polar_license_error_decision() says whether the license works until the app ends.
 */
int32_t polar_license_activate(const polar_license *license, const char *key, polar_license_error **error);

/**
 * Activates like polar_license_activate(), with more choices: the stored key again if `key` is NULL, and with `flags`
 * POLAR_LICENSE_REPLACE_PREVIOUS it moves the license here: if no seat is free, it gives up the older activation that
 * this device knows of. `flags` is 0 or that.
 *
 * `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Threads, blocking
 * and the result are as for polar_license_activate().
 */
int32_t polar_license_activate_with(const polar_license *license,
                                    const char *key,
                                    uint32_t flags,
                                    polar_license_decision **decision,
                                    polar_license_error **error);

/**
 * Asks Polar now. Not reaching it is not a failure: the decision stays as it is, and
 * polar_license_decision_problem_kind() says why.
 *
 * `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
 * Callable from any thread; blocks, 10 s at most, for the network and the disk.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_validate(const polar_license *license, polar_license_decision **decision);

/**
 * Asks Polar if that is due, or if access is not allowed. Call it when the app starts, and show the decision.
 *
 * `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
 * Callable from any thread; blocks for the network and the disk, 2 s at most if access is allowed, else 10 s.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_refresh(const polar_license *license, polar_license_decision **decision);

/**
 * The current decision, from memory.
 *
 * `decision` gets one to free with polar_license_decision_free(), or NULL if this fails. Callable from any thread;
 * never blocks, even while other threads wait for the network.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_current(const polar_license *license, polar_license_decision **decision);

/**
 * 1 if the app may run now, from memory. 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks, even while other threads wait for the network.
 */
int32_t polar_license_allowed(const polar_license *license);

/**
 * 1 if the feature is on now, from memory: the app may run, and the key's benefit is among those that turn the feature
 * on. 0 otherwise, for a feature that the options do not name, and for NULL.
 *
 * Callable from any thread; never blocks, even while other threads wait for the network.
 */
int32_t polar_license_allows(const polar_license *license, const char *feature);

/**
 * Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
 *
 * `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Callable from any
 * thread; blocks, 35 s at most, for the network and the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_USAGE_EXHAUSTED if fewer are left; POLAR_LICENSE_ERR_NOT_ACTIVATED
 * without a license; otherwise as polar_license_activate(). With polar_license_error_maybe_applied() they may have
 * been counted; they are never sent twice.
 */
int32_t polar_license_consume(const polar_license *license,
                              uint32_t count,
                              polar_license_decision **decision,
                              polar_license_error **error);

/**
 * Gives the seat up and removes the license from this device.
 *
 * `deactivated` may be NULL; otherwise it gets what became of the seat on success, one of
 * POLAR_LICENSE_DEACTIVATED_.... `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL on success. Callable from any thread; blocks, 35 s at most, for the network and
 * the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED without a license; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT,
 * _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer: then nothing is removed; POLAR_LICENSE_ERR_STORAGE if
 * the license could not be removed from this device: the message says whether the seat was given up.
 */
int32_t polar_license_deactivate(const polar_license *license, int32_t *deactivated, polar_license_error **error);

/**
 * Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's
 * customer portal; polar_license_deactivate() gives it up.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread; waits for the disk, never for the network.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE if it could not be removed, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_forget(const polar_license *license, polar_license_error **error);

/**
 * Calls `callback` after every operation that changed the decision, on the thread that ran it.
 *
 * `subscription` may be NULL; otherwise it gets the number for polar_license_off_change(). `destructor` is called with
 * `user_data` once: after polar_license_off_change() or polar_license_free(), when the callback is no longer running,
 * or if this fails. It may be NULL; the callback may not. Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_on_change(const polar_license *license,
                                polar_license_change_callback callback,
                                void *user_data,
                                polar_license_destructor destructor,
                                uint64_t *subscription);

/**
 * Ends a subscription of polar_license_on_change(). On return the callback may still be running on another thread; its
 * destructor is called after it.
 *
 * Callable from any thread, and from the callback; never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for an unknown subscription.
 */
int32_t polar_license_off_change(const polar_license *license, uint64_t subscription);

/**
 * Refreshes on a thread of its own whenever that is due, also after the machine was asleep: for an app that runs for
 * days. Does nothing if it is already running.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL if the system cannot start a thread, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_start_auto_refresh(const polar_license *license, polar_license_error **error);

/**
 * Stops what polar_license_start_auto_refresh() started, within milliseconds, and waits for a change callback running
 * on that thread, unless it is called from there.
 *
 * Callable from any thread.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_stop_auto_refresh(const polar_license *license);

/**
 * Ends every operation that runs on other threads: they return POLAR_LICENSE_ERR_CANCELLED, or the decision with that
 * problem. An activation that was sent may still take its seat; the decision keeps saying so.
 *
 * Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_cancel(const polar_license *license);

/**
 * 1 if the app may run. 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_allowed(const polar_license_decision *decision);

/**
 * 1 if the feature is on: the app may run, and the key's benefit is among those the options give the feature.
 * 0 otherwise, for a feature that the options do not name, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_allows(const polar_license_decision *decision, const char *feature);

/**
 * The state, one of POLAR_LICENSE_STATE_.... A later version may have more; only polar_license_decision_allowed() says
 * whether the app may run. POLAR_LICENSE_STATE_UNLICENSED for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_state(const polar_license_decision *decision);

/**
 * Why the state is what it is, for states with more than one cause: one of POLAR_LICENSE_REASON_....
 * POLAR_LICENSE_REASON_UNSET otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_reason(const polar_license_decision *decision);

/**
 * What the user can do, one of POLAR_LICENSE_NEXT_.... POLAR_LICENSE_NEXT_NONE for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_next_step(const polar_license_decision *decision);

/**
 * 1 if the app should show the user something unasked: access is not allowed, grace ends soon, or something is wrong that
 * the user should know of. What to show is polar_license_decision_message(), and polar_license_decision_problem_message()
 * unless that is NULL. Being offline for a while is no such thing. 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_notice(const polar_license_decision *decision);

/**
 * One English sentence for the user. Empty for NULL; never NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_message(const polar_license_decision *decision);

/**
 * The license key as it may be shown: `****-` and its last six characters. NULL without a license, and for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_display_key(const polar_license_decision *decision);

/**
 * The id of the benefit that the key was sold as. NULL without a license, and for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_benefit_id(const polar_license_decision *decision);

/**
 * The id of the seat that this device took. NULL if the key needs none, without a license, and for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_activation_id(const polar_license_decision *decision);

/**
 * When the key stops being valid, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT for never, without a
 * license, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_expires_at_ms(const polar_license_decision *decision);

/**
 * When Polar last confirmed the license, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT
 * without a license, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_confirmed_at_ms(const polar_license_decision *decision);

/**
 * When Polar will next be asked, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT if
 * there is nothing to ask, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_refresh_at_ms(const polar_license_decision *decision);

/**
 * How long access lasts without reaching Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC.
 * POLAR_LICENSE_ABSENT without access, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_grace_ends_at_ms(const polar_license_decision *decision);

/**
 * When the app should start asking the user to go online, on Polar's clock, in milliseconds since 1970-01-01 UTC.
 * POLAR_LICENSE_ABSENT without access, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_notice_at_ms(const polar_license_decision *decision);

/**
 * How much of the key's usage was consumed when it was last confirmed. POLAR_LICENSE_ABSENT without a license, and for
 * NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_usage(const polar_license_decision *decision);

/**
 * The most that may be consumed. POLAR_LICENSE_ABSENT for no limit, without a license, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_limit_usage(const polar_license_decision *decision);

/**
 * How many devices may be active at once. POLAR_LICENSE_ABSENT if the key needs no activation, without a license,
 * and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_limit_activations(const polar_license_decision *decision);

/**
 * The kind of error that occurred although a decision could be made, such as not reaching Polar: one of
 * POLAR_LICENSE_ERR_.... POLAR_LICENSE_OK if there was none, and for NULL. Access does not depend on it.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem_kind(const polar_license_decision *decision);

/**
 * The problem in one English sentence for the user. NULL if there is none, and for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_problem_message(const polar_license_decision *decision);

/**
 * The problem in one line for developers and logs. NULL if there is none, and for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_problem_detail(const polar_license_decision *decision);

/**
 * How many milliseconds to wait before asking again, because of the problem. POLAR_LICENSE_ABSENT if that is not
 * known, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_problem_retry_after_ms(const polar_license_decision *decision);

/**
 * 1 if Polar may have carried out the request although no reply arrived, because of the problem. 0 otherwise, and for
 * NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem_maybe_applied(const polar_license_decision *decision);

/**
 * Everything about the decision as one JSON object. Its members are named as the functions above, in camel case and
 * without the unit of a time: `state`, `expiresAt`, ...; those of the problem are in an object `problem`, and
 * `features` has a boolean for each feature. What is absent is null; times are RFC 3339 strings in UTC. A later
 * version may add members. NULL for NULL.
 *
 * The string belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_json(const polar_license_decision *decision);

/**
 * Frees the decision and every string borrowed from it. NULL is allowed.
 *
 * Each decision is freed once, when no thread uses it any longer; not the one of polar_license_error_decision() nor
 * the one that a change callback is given. Never blocks.
 */
void polar_license_decision_free(polar_license_decision *decision);

/**
 * The kind of the error: the same number that the failed function returned, one of POLAR_LICENSE_ERR_....
 * POLAR_LICENSE_OK for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_kind(const polar_license_error *error);

/**
 * One English sentence for the user, without the license key and without personal data: what happened and what to do.
 * Empty for NULL; never NULL.
 *
 * The string belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
 */
const char *polar_license_error_message(const polar_license_error *error);

/**
 * One line for developers and logs, in English, without the license key and without personal data: what went wrong
 * and, if that is known, what to do. Empty for NULL; never NULL.
 *
 * The string belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
 */
const char *polar_license_error_detail(const polar_license_error *error);

/**
 * Why Polar or the options denied it, if the kind is POLAR_LICENSE_ERR_REFUSED: one of POLAR_LICENSE_REASON_....
 * POLAR_LICENSE_REASON_UNSET otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_reason(const polar_license_error *error);

/**
 * How many milliseconds to wait before trying again; POLAR_LICENSE_ABSENT if that is not known, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_error_retry_after_ms(const polar_license_error *error);

/**
 * 1 if Polar may have carried out the request although no reply arrived: a seat may be taken, usage may be counted.
 * 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_maybe_applied(const polar_license_error *error);

/**
 * The decision that holds after the failure: a failed operation leaves a license already held as it was. NULL if
 * nothing was attempted, and for NULL.
 *
 * The decision belongs to the error and lives until polar_license_error_free(); do not free it. Callable from any
 * thread; never blocks.
 */
const polar_license_decision *polar_license_error_decision(const polar_license_error *error);

/**
 * Everything about the error as one JSON object: the decision that holds, with a member `error` added. NULL for NULL.
 *
 * The string belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
 */
const char *polar_license_error_json(const polar_license_error *error);

/**
 * Frees the error and every string and decision borrowed from it. NULL is allowed.
 *
 * Each error is freed once, when no thread uses it any longer. Never blocks.
 */
void polar_license_error_free(polar_license_error *error);

/**
 * Passes the bytes that a load callback found to the library, which copies them. The last call counts.
 *
 * `bytes` may be NULL if `length` is 0. Call it from the load callback, on its thread. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_record_set(polar_license_record *record, const uint8_t *bytes, size_t length);

/**
 * The address to post to. NULL for NULL.
 *
 * The string lives during the transport callback. Never blocks.
 */
const char *polar_license_request_url(const polar_license_request *request);

/**
 * The JSON body, which contains the license key: do not log it. NULL for NULL.
 *
 * The string lives during the transport callback. Never blocks.
 */
const char *polar_license_request_body(const polar_license_request *request);

/**
 * How many milliseconds the whole exchange may take. 0 for NULL.
 *
 * Never blocks.
 */
uint64_t polar_license_request_timeout_ms(const polar_license_request *request);

/**
 * The name of the header at `index`, from 0, to send besides Host and Content-Length. NULL past the last, and for
 * NULL.
 *
 * The string lives during the transport callback. Never blocks.
 */
const char *polar_license_request_header_name(const polar_license_request *request, size_t index);

/**
 * The value of the header at `index`. NULL past the last, and for NULL.
 *
 * The string lives during the transport callback. Never blocks.
 */
const char *polar_license_request_header_value(const polar_license_request *request, size_t index);

/**
 * Reports the reply, whoever sent it: the HTTP status, the Retry-After header if it is a number of seconds (else -1),
 * and the whole body, which is copied. The last report counts.
 *
 * `body` may be NULL if `length` is 0. Call it from the transport callback, on one thread at a time. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for a number that is not an HTTP
 * status.
 */
int32_t polar_license_response_set(polar_license_response *response,
                                   int32_t http_status,
                                   int64_t retry_after_s,
                                   const uint8_t *body,
                                   size_t length);

/**
 * Reports that no complete reply arrived: one of POLAR_LICENSE_FAILED_...; whether Polar may have received the request
 * (0 only if that is impossible: it failed before the first byte of the body was sent); and one line for people,
 * without the key, which is copied. The last report counts.
 *
 * `message` may be NULL. Call it from the transport callback, on one thread at a time. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL, an unknown failure, and a message that is
 * not UTF-8.
 */
int32_t polar_license_response_fail(polar_license_response *response,
                                    int32_t failure,
                                    int32_t maybe_sent,
                                    const char *message);

/**
 * Passes the library's log lines up to `level` to `callback`, which replaces the one set before; NULL ends logging.
 * For the whole process. Nothing is logged before this is called.
 *
 * `destructor` is called with `user_data` once: when another callback replaces this one, or if this fails. It may be
 * NULL. Callable from any thread; never blocks. On return a call of the earlier callback may still be running on
 * another thread.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_ARGUMENT for an unknown level, or POLAR_LICENSE_ERR_INTERNAL if
 * the program, written in Rust itself, has set another logger.
 */
int32_t polar_license_set_log(int32_t level,
                              polar_license_log_callback callback,
                              void *user_data,
                              polar_license_destructor destructor);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POLAR_LICENSE_H */
