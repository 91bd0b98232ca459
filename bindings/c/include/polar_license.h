/* License keys sold through Polar (https://polar.sh), in your app: activate, validate, gate features, keep working
 * offline, give the seat up. Generated from bindings/c/src: do not edit.
 *
 *     polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
 *     polar_license_options_add_feature(options, "export", PRO);
 *     polar_license *license = NULL;
 *     polar_license_error *error = NULL;
 *     if (polar_license_open(options, &license, &error)) { puts(polar_license_error_message(error)); return 1; }
 *     if (key && polar_license_activate(license, key, &error)) puts(polar_license_error_message(error));
 *     polar_license_refresh(license, NULL);
 *     if (polar_license_allows(license, "export")) export_file();
 *
 * What holds for every function, unless it says otherwise:
 *
 * Results    A function that returns int32_t and can fail returns POLAR_LICENSE_OK (0) or POLAR_LICENSE_ERR_...; one that
 *            answers yes or no returns 1 or 0. Numbers keep their meaning for ever, and later versions add to them:
 *            treat a status that you do not know as a failure, and a state that you do not know as not allowed.
 * NULL       A NULL object or text is never a crash: the function fails with POLAR_LICENSE_ERR_INVALID_ARGUMENT, or
 *            answers as it says. Out-parameters may be NULL if you do not want what they give. Whatever an out-parameter
 *            held before is overwritten, not freed.
 * Texts      UTF-8, ended by NUL. Those that go in are copied. Those that come out are borrowed: they live until the
 *            object that they came from is freed.
 * Objects    are made by a function here and freed by the _free function of their type, once. A pointer to anything else,
 *            or to an object that was freed, is undefined behaviour.
 * Threads    A polar_license may be used from any thread, by several at once. A polar_license_decision and a
 *            polar_license_error do not change and may be read by several. A polar_license_options is for one thread at a
 *            time. No lock is held while the network or a callback is waited for, unless the callback says so.
 * Callbacks  must return; no C++ exception and no longjmp may leave them. Each may come with a destructor for its user
 *            data, called once when the data is needed no more, or at once if the function that takes it fails.
 * Defects    A panic inside the library does not end the program: the function returns POLAR_LICENSE_ERR_INTERNAL, or
 *            NULL, 0 or nothing where it returns no status.
 */


#ifndef POLAR_LICENSE_H
#define POLAR_LICENSE_H

#include <stddef.h>
#include <stdint.h>

/**
 * The interface that this header describes. Compare it with polar_license_abi_version() where the library is loaded at
 * run time: it grows when something that is here changes or goes; additions leave it alone.
 */
#define POLAR_LICENSE_ABI_VERSION 1

/**
 * It worked.
 */
#define POLAR_LICENSE_OK 0

/**
 * An argument cannot be right: NULL, not UTF-8, an empty license key.
 */
#define POLAR_LICENSE_ERR_INVALID_ARGUMENT 1

/**
 * The options cannot be right; found before anything is sent. The message says which and what it should be.
 */
#define POLAR_LICENSE_ERR_INVALID_CONFIG 2

/**
 * Polar was not reached: no connection, or something other than Polar answered, such as a captive portal.
 */
#define POLAR_LICENSE_ERR_NETWORK 3

/**
 * No whole answer came in time.
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
 * Polar, or the options, said no; see polar_license_error_reason().
 */
#define POLAR_LICENSE_ERR_REFUSED 7

/**
 * The key has fewer uses left than were asked for.
 */
#define POLAR_LICENSE_ERR_USAGE_EXHAUSTED 8

/**
 * The license could not be read or written on this device.
 */
#define POLAR_LICENSE_ERR_STORAGE 9

/**
 * polar_license_cancel() or polar_license_free() ended the operation.
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
 * A defect in this library. Nothing is known about what was done.
 */
#define POLAR_LICENSE_ERR_INTERNAL 13

/**
 * Nothing is stored here, or what is stored cannot be trusted or read. Not allowed.
 */
#define POLAR_LICENSE_STATE_UNLICENSED 0

/**
 * Polar's last word on this license, or the options', is no. Not allowed.
 */
#define POLAR_LICENSE_STATE_DENIED 1

/**
 * The clock was set back so far that no time can be trusted. Not allowed.
 */
#define POLAR_LICENSE_STATE_CLOCK_SUSPECT 2

/**
 * The key's expiry has passed. Not allowed.
 */
#define POLAR_LICENSE_STATE_EXPIRED 3

/**
 * Confirmed by Polar less than the refresh interval ago. Allowed.
 */
#define POLAR_LICENSE_STATE_ACTIVE 4

/**
 * Confirmed less than the offline grace ago. Allowed.
 */
#define POLAR_LICENSE_STATE_GRACE 5

/**
 * Not confirmed for too long; one polar_license_validate() online heals. Not allowed.
 */
#define POLAR_LICENSE_STATE_LAPSED 6

/**
 * There is nothing to explain: the state has one cause only.
 */
#define POLAR_LICENSE_REASON_UNSET 0

/**
 * No license key has been activated on this device.
 */
#define POLAR_LICENSE_REASON_NONE 1

/**
 * What is stored was changed by something other than this library.
 */
#define POLAR_LICENSE_REASON_TAMPERED 2

/**
 * What is stored belongs to another device.
 */
#define POLAR_LICENSE_REASON_OTHER_DEVICE 3

/**
 * What is stored belongs to another organization, environment or app.
 */
#define POLAR_LICENSE_REASON_OTHER_PRODUCT 4

/**
 * What is stored was written by a newer version of this library.
 */
#define POLAR_LICENSE_REASON_NEWER_FORMAT 5

/**
 * What is stored could not be read.
 */
#define POLAR_LICENSE_REASON_STORAGE 6

/**
 * Polar does not know this key, or not with this activation: mistyped, deleted, rotated, or the activation was removed.
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
 * The activation was made under other conditions: another device, or the app's conditions changed.
 */
#define POLAR_LICENSE_REASON_CONDITIONS 10

/**
 * Polar said no in words that this version does not know.
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
 * A reason that this version has no number for.
 */
#define POLAR_LICENSE_REASON_OTHER 15

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
 * For polar_license_activate_with(): if no seat is free, give up the older activation that this device knows of.
 */
#define POLAR_LICENSE_REPLACE_PREVIOUS 1

/**
 * What functions that return an int64_t return where there is no such value: a key that never expires, no limit.
 */
#define POLAR_LICENSE_ABSENT INT64_MIN

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
 * No connection, or it broke: name resolution, TLS, a reset, a body cut short.
 */
#define POLAR_LICENSE_FAILED_NETWORK 1

/**
 * It took longer than the request's timeout.
 */
#define POLAR_LICENSE_FAILED_TIMEOUT 2

/**
 * The app gave up.
 */
#define POLAR_LICENSE_FAILED_CANCELLED 3

/**
 * Whether the app may run, and why: the answer of every operation, as it was at that moment. Freed with
 * polar_license_decision_free(). Does not change; may be read from several threads at once.
 */
typedef struct polar_license_decision polar_license_decision;

/**
 * Why a call did not do what was asked. Made where a function is given a place for it, and freed with
 * polar_license_error_free(). Does not change; may be read from several threads at once.
 */
typedef struct polar_license_error polar_license_error;

/**
 * A license on this device: opened once, used from any thread, freed with polar_license_free().
 *
 * | function | asks Polar | waits |
 * |---|---|---|
 * | polar_license_current(), polar_license_allows() | never | never |
 * | polar_license_refresh() | if it is due; call it at start | 2 s at most where access is allowed, else 10 s |
 * | polar_license_validate() | always | 10 s at most |
 * | polar_license_activate(), polar_license_consume(), polar_license_deactivate() | always | 35 s at most |
 *
 * Operations that change something run one after the other; validates at the same time share one request. Callbacks of
 * the app's may call every function, for the same license too.
 */
typedef struct polar_license polar_license;

/**
 * What an app configures: made by polar_license_options_new(), used by polar_license_open() as often as you like, freed
 * with polar_license_options_free(). For one thread at a time.
 *
 * A setter that fails returns why, and polar_license_open() fails with the first such mistake: a program may ignore what
 * the setters return.
 */
typedef struct polar_license_options polar_license_options;

/**
 * Where a load callback puts what it found. Lives only during that call.
 */
typedef struct polar_license_record polar_license_record;

/**
 * One POST to send. Lives only during the transport callback that it is given to.
 */
typedef struct polar_license_request polar_license_request;

/**
 * Where a transport callback puts the answer. Lives only during that call.
 */
typedef struct polar_license_response polar_license_response;

/**
 * Loads what was last saved: hands it to polar_license_record_set(), or leaves `record` alone where there is nothing.
 * Returns 0, or anything else if it could not be read. Called from any thread, without locks of the library held; may
 * call this library.
 */
typedef int32_t (*polar_license_load_callback)(void *user_data, polar_license_record *record);

/**
 * Replaces what was saved. A reader, and a crash at any instant, must see the old bytes or the new ones, never a
 * mixture. `durable` is 1 if they must be on the disk before the call returns, 0 if losing them in a power cut does no
 * harm. Returns 0, or anything else if it failed. Called as a load callback is.
 */
typedef int32_t (*polar_license_save_callback)(void *user_data, const uint8_t *bytes, size_t length, int32_t durable);

/**
 * Removes what was saved; fine where there is nothing. Returns 0, or anything else if it failed. Called as a load
 * callback is.
 */
typedef int32_t (*polar_license_remove_callback)(void *user_data);

/**
 * Called once with the user data when it is needed no more, on whichever thread that happens. It may call this library.
 * NULL where nothing is to be done.
 */
typedef void (*polar_license_destructor)(void *user_data);

/**
 * Keeps other processes from changing the record until the unlock callback, or returns anything but 0. Between them
 * only the load, save and remove callbacks of the same store are called, on the same thread.
 */
typedef int32_t (*polar_license_lock_callback)(void *user_data);

/**
 * Ends what a lock callback began.
 */
typedef void (*polar_license_unlock_callback)(void *user_data);

/**
 * Sends one request and waits for the answer, at most for its timeout. It must send the request at most once, follow no
 * redirect, and report every HTTP status by polar_license_response_set(), or why there was none by
 * polar_license_response_fail(); a response left alone counts as a request that may have been sent. The body contains
 * the license key: do not log it. Called on a thread of the library's, without locks held; may call this library. One
 * that outlives its timeout, or whose operation was cancelled, is no longer waited for.
 */
typedef void (*polar_license_transport_callback)(void *user_data,
                                                 const polar_license_request *request,
                                                 polar_license_response *response);

/**
 * Tells the time: at `wall_ms` in milliseconds since 1970-01-01 UTC, which may go back, and at `mono_ms` on a clock
 * that only goes forward, from any origin. Called from any thread, with locks of the library held: it must return at
 * once and must not call this library.
 */
typedef void (*polar_license_clock_callback)(void *user_data, int64_t *wall_ms, uint64_t *mono_ms);

/**
 * Hears of a change. The decision belongs to the library and lives during the call: do not free it. Called on the thread
 * that ran the operation, without locks of the library held; may call this library.
 */
typedef void (*polar_license_change_callback)(void *user_data, const polar_license_decision *decision);

/**
 * Receives one line, without the license key and without personal data; `level` is one of POLAR_LICENSE_LOG_.... The
 * texts live during the call. Called from any thread, possibly with locks of the library held: it must not call this
 * library.
 */
typedef void (*polar_license_log_callback)(void *user_data, int32_t level, const char *target, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is running, such as "0.1.0".
 *
 * The text lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_version(void);

/**
 * The interface of the library that is running; POLAR_LICENSE_ABI_VERSION of the header it was built with.
 *
 * Callable from any thread; never blocks.
 */
uint32_t polar_license_abi_version(void);

/**
 * The name of a status, such as "rate_limited"; "ok" for 0, and "unknown" for a number that this version does not know.
 *
 * The text lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_status_name(int32_t status);

/**
 * The name of a state, such as "grace"; "unknown" for a number that this version does not know.
 *
 * The text lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_state_name(int32_t state);

/**
 * The name of a reason, such as "activation_limit"; "unset" for 0, and "unknown" for a number that this version does
 * not know.
 *
 * The text lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_reason_name(int32_t reason);

/**
 * The name of a next step, such as "enter_key"; "unknown" for a number that this version does not know.
 *
 * The text lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_next_step_name(int32_t next_step);

/**
 * Starts a configuration: Polar's organization id (Settings, General), and a name of this program among the vendor's,
 * such as "com.acme.app", that never changes. Both are copied.
 *
 * Free the result with polar_license_options_free(). Mistakes in the arguments, NULL included, are reported by
 * polar_license_open(). NULL only after a defect in this library. Callable from any thread; never blocks.
 */
polar_license_options *polar_license_options_new(const char *organization_id, const char *app_id);

/**
 * Frees the options. Clients opened with them go on. NULL is fine.
 *
 * Free them once, when no thread uses them any more. Never blocks, unless a destructor of the app's does.
 */
void polar_license_options_free(polar_license_options *options);

/**
 * Which Polar to ask: "production" (the default), "sandbox", or the address of another server, which is https unless it
 * is on this machine.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_environment(polar_license_options *options, const char *environment);

/**
 * Accepts keys of this benefit, by its id at Polar. Without any, every key of the organization is accepted.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_benefit(polar_license_options *options, const char *benefit_id);

/**
 * Names a feature and a benefit that turns it on. Call it again for further benefits of the same feature.
 *
 * The texts are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_feature(polar_license_options *options, const char *feature, const char *benefit_id);

/**
 * Whether a seat belongs to the device that took it, so that Polar refuses a copy: 1 (the default) or 0.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_bind_device(polar_license_options *options, int32_t bind);

/**
 * How long a confirmation counts as fresh before Polar is asked again. Default: 24 hours, or the offline grace where that
 * is shorter. At least one second.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_refresh_interval_ms(polar_license_options *options,
                                                      uint64_t interval_ms);

/**
 * How long access lasts without a confirmation. Default: 14 days. At most ten years.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_offline_grace_ms(polar_license_options *options, uint64_t grace_ms);

/**
 * How long polar_license_validate() waits at most. Default: 10 seconds. Operations that change something at Polar wait
 * 25 seconds longer, since Polar can hold an answer for 30 s and a cut one costs a seat.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_timeout_ms(polar_license_options *options, uint64_t timeout_ms);

/**
 * What the vendor and the customer see beside an activation. Default: the system, the day
 * and a random part. Polar shows it in its portals: put no personal data into it.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_label(polar_license_options *options, const char *label);

/**
 * A condition that Polar stores with an activation and compares at every validate. At most 49, not named "device".
 * Changing conditions ends existing activations, since Polar compares all of them as a whole: to gate versions use
 * benefits.
 *
 * The texts are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_condition(polar_license_options *options, const char *name, const char *value);

/**
 * A condition that is an integer. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * A condition that is a finite number. Prefer texts and integers: Polar never finds some of these numbers equal to
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
 * The texts are copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_meta(polar_license_options *options, const char *name, const char *value);

/**
 * A note that is an integer. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * A note that is a finite number. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_number(polar_license_options *options, const char *name, double value);

/**
 * A note that is true (any value but 0) or false. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_bool(polar_license_options *options, const char *name, int32_t value);

/**
 * What identifies this device instead of the operating system's machine id. It is hashed before it is used.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_device_id(polar_license_options *options, const char *device_id);

/**
 * A secret compiled into the app that what is stored is sealed with, so that a script cannot forge it without taking the
 * app apart.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_app_secret(polar_license_options *options,
                                             const char *secret);

/**
 * The secret of an earlier version: what was sealed with it still opens, and is sealed afresh.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_add_previous_app_secret(polar_license_options *options, const char *secret);

/**
 * Keeps the license in this directory, in UTF-8 on every system, instead of the platform's data directory.
 *
 * The text is copied. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_directory(polar_license_options *options, const char *directory);

/**
 * Keeps the license in memory only: it has to be activated again at every start, and each start takes a seat.
 *
 * One thread at a time; never blocks.
 */
int32_t polar_license_options_set_memory_store(polar_license_options *options);

/**
 * Keeps the license in the app's own store. One store holds one license.
 *
 * `destructor` is called with `user_data` once: when neither the options nor a client use the store any more, or if this
 * fails. It may be NULL; the other callbacks may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_store(polar_license_options *options,
                                        polar_license_load_callback load,
                                        polar_license_save_callback save,
                                        polar_license_remove_callback remove,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Adds a lock to the store set by polar_license_options_set_store(), for one that other processes can reach as well. The
 * callbacks are given the same user data.
 *
 * One thread at a time; never blocks. Returns POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL, and without such a store.
 */
int32_t polar_license_options_set_store_lock(polar_license_options *options,
                                             polar_license_lock_callback lock,
                                             polar_license_unlock_callback unlock);

/**
 * Sends requests over the app's own network stack.
 *
 * `destructor` is called with `user_data` once: when neither the options, nor a client, nor a request on its way use the
 * transport any more, or if this fails. It may be NULL; the callback may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_transport(polar_license_options *options,
                                            polar_license_transport_callback transport,
                                            void *user_data,
                                            polar_license_destructor destructor);

/**
 * Tells the time instead of the system's clocks, for tests of what the app does after a month offline.
 *
 * `destructor` is called with `user_data` once: when neither the options nor a client use the clock any more, or if this
 * fails. It may be NULL; the callback may not. One thread at a time; never blocks.
 */
int32_t polar_license_options_set_clock(polar_license_options *options,
                                        polar_license_clock_callback clock,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Opens the license of this device and stores it at `license` (NULL there if this fails). Asks nobody: call
 * polar_license_refresh() next.
 *
 * `options` are copied and stay the caller's. `license` must not be NULL; free what is stored there with
 * polar_license_free(). `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL
 * where all is well. Callable from any thread; waits for the disk, never for the network. Storage that cannot be read
 * is no failure: the decision says so.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_CONFIG, or POLAR_LICENSE_ERR_INVALID_ARGUMENT.
 */
int32_t polar_license_open(const polar_license_options *options,
                           polar_license **license,
                           polar_license_error **error);

/**
 * Frees the license. What is stored stays: the next polar_license_open() finds it. NULL is fine.
 *
 * Stops the auto refresh and waits for it, and for a change callback that it is in; then no change callback is called
 * any more. Another thread may be inside an operation: it ends as after polar_license_cancel(), and memory goes when it
 * returns. What must not happen is a call that begins after this one has begun, other than from a change callback of the
 * auto refresh; so a change callback may call this, too, as the last thing it does with the license. Free it once.
 */
void polar_license_free(polar_license *license);

/**
 * Activates a license key on this device, and remembers it. Takes a seat only if the key has an activation limit and is
 * not active here already; asks before it takes: a mistyped key, or one of another product, costs no seat.
 *
 * `key` is what the user typed; it is copied. `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL where all is well. Callable from any thread; blocks, 35 s at most, for the network
 * and the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED where Polar or the options say no; POLAR_LICENSE_ERR_STORAGE where
 * the license could not be remembered (then no seat was taken); POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER,
 * _RATE_LIMITED or _CANCELLED where Polar did not answer; POLAR_LICENSE_ERR_INVALID_ARGUMENT for what cannot be a key.
 * After any of these a license that was here is as it was before.
 */
int32_t polar_license_activate(const polar_license *license,
                               const char *key,
                               polar_license_error **error);

/**
 * Activates as polar_license_activate() does, and more: the stored key again where `key` is NULL, and with `flags`
 * POLAR_LICENSE_REPLACE_PREVIOUS it moves the license here, giving up the older activation that this device knows of if
 * no seat is free. `flags` is 0 or that.
 *
 * `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Threads, waiting and
 * the result are as for polar_license_activate().
 */
int32_t polar_license_activate_with(const polar_license *license,
                                    const char *key,
                                    uint32_t flags,
                                    polar_license_decision **decision,
                                    polar_license_error **error);

/**
 * Asks Polar now. Not reaching it is no failure: the decision stands, and polar_license_decision_problem() says why.
 *
 * `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
 * Callable from any thread; blocks, 10 s at most, for the network and the disk.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_validate(const polar_license *license, polar_license_decision **decision);

/**
 * Asks Polar if it is time to, or if access is not allowed. Call it when the app starts, and show what it answers.
 *
 * `decision` may be NULL; otherwise it gets one to free with polar_license_decision_free(), or NULL if this fails.
 * Callable from any thread; blocks for the network and the disk, 2 s at most where access is allowed, else 10 s.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_refresh(const polar_license *license, polar_license_decision **decision);

/**
 * The decision at this instant, from memory.
 *
 * `decision` gets one to free with polar_license_decision_free(), or NULL if this fails. Callable from any thread; never
 * blocks, whatever other threads are waiting for.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_current(const polar_license *license,
                              polar_license_decision **decision);

/**
 * 1 if the app may run at this instant, from memory. 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks, whatever other threads are waiting for.
 */
int32_t polar_license_allowed(const polar_license *license);

/**
 * 1 if the feature is on at this instant, from memory: the app may run, and the key's benefit is among those that the
 * options give the feature. 0 otherwise, for a feature that the options do not name, and for NULL.
 *
 * Callable from any thread; never blocks, whatever other threads are waiting for.
 */
int32_t polar_license_allows(const polar_license *license, const char *feature);

/**
 * Counts `count` uses of a key with a usage limit, 1 to 2,147,483,647.
 *
 * `decision` and `error` may be NULL; otherwise one of them gets an object to free, the other NULL. Callable from any
 * thread; blocks, 35 s at most, for the network and the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_USAGE_EXHAUSTED where fewer are left; POLAR_LICENSE_ERR_NOT_ACTIVATED
 * without a license; otherwise as polar_license_activate(). With polar_license_error_maybe_applied() they may have been
 * counted; they are never sent twice.
 */
int32_t polar_license_consume(const polar_license *license,
                              uint32_t count,
                              polar_license_decision **decision,
                              polar_license_error **error);

/**
 * Gives the seat up and removes the license from this device.
 *
 * `outcome` may be NULL; otherwise it gets one of POLAR_LICENSE_DEACTIVATED_... where all is well. `error` may be NULL;
 * otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well. Callable from any thread;
 * blocks, 35 s at most, for the network and the disk.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED without a license; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT,
 * _SERVER, _RATE_LIMITED or _CANCELLED where Polar did not answer: then nothing is removed.
 */
int32_t polar_license_deactivate(const polar_license *license,
                                 int32_t *outcome,
                                 polar_license_error **error);

/**
 * Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's customer
 * portal; polar_license_deactivate() gives it up.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well.
 * Callable from any thread; waits for the disk, never for the network.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE where it could not be removed, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_forget(const polar_license *license, polar_license_error **error);

/**
 * Calls `callback` after every operation that changed the decision, on the thread that ran it.
 *
 * `subscription` may be NULL; otherwise it gets the number for polar_license_off_change(). `destructor` is called with
 * `user_data` once: after polar_license_off_change() or polar_license_free(), when the callback is not running any more,
 * or if this fails. It may be NULL; the callback may not. Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_on_change(const polar_license *license,
                                polar_license_change_callback callback,
                                void *user_data,
                                polar_license_destructor destructor,
                                uint64_t *subscription);

/**
 * Ends what polar_license_on_change() began. A callback on its way on another thread may still be running on return; its
 * destructor is called after it.
 *
 * Callable from any thread, and from the callback; never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for a number that is not in use.
 */
int32_t polar_license_off_change(const polar_license *license,
                                 uint64_t subscription);

/**
 * Refreshes on a thread of its own when it is time, and after the machine was asleep, for an app that runs for days. Does
 * nothing if it does already.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL where all is well.
 * Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL where the system has no thread left, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_start_auto_refresh(const polar_license *license,
                                         polar_license_error **error);

/**
 * Stops what polar_license_start_auto_refresh() began, within milliseconds, and waits for a change callback that it is
 * in, unless that is what calls this.
 *
 * Callable from any thread.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_stop_auto_refresh(const polar_license *license);

/**
 * Ends every operation under way on other threads: they return POLAR_LICENSE_ERR_CANCELLED, or the decision with that
 * problem. An activation on its way may still take its seat; the decision keeps saying so.
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
 * The state, one of POLAR_LICENSE_STATE_.... A later version may know more; only polar_license_decision_allowed() says
 * whether the app may run. POLAR_LICENSE_STATE_UNLICENSED for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_state(const polar_license_decision *decision);

/**
 * Why, in the states that have more than one cause: one of POLAR_LICENSE_REASON_.... POLAR_LICENSE_REASON_UNSET
 * otherwise, and for NULL.
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
 * One English sentence for the user. Empty for NULL; never NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_message(const polar_license_decision *decision);

/**
 * The license key as it may be shown: `****-` and its last six characters. NULL without a license, and for NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_display_key(const polar_license_decision *decision);

/**
 * The id of the benefit that the key was sold as. NULL without a license, and for NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_benefit_id(const polar_license_decision *decision);

/**
 * The id of the seat that this device took. NULL where the key needs none, without a license, and for NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
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
 * When Polar will next be asked, on Polar's clock, in milliseconds since 1970-01-01 UTC. POLAR_LICENSE_ABSENT where
 * there is nothing to ask, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_refresh_at_ms(const polar_license_decision *decision);

/**
 * Until when access lasts without reaching Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC.
 * POLAR_LICENSE_ABSENT without access, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_grace_ends_at_ms(const polar_license_decision *decision);

/**
 * From when on the app should ask the user to go online, on Polar's clock, in milliseconds since 1970-01-01 UTC.
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
 * How many devices may be active at once. POLAR_LICENSE_ABSENT where the key needs no activation, without a license,
 * and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_limit_activations(const polar_license_decision *decision);

/**
 * What went wrong on the way although a decision could be made, such as not reaching Polar: one of POLAR_LICENSE_ERR_....
 * POLAR_LICENSE_OK where nothing did, and for NULL. Access does not depend on it.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem(const polar_license_decision *decision);

/**
 * The problem in one line for people. NULL where there is none, and for NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_problem_message(const polar_license_decision *decision);

/**
 * How many milliseconds to wait before asking again, because of the problem. POLAR_LICENSE_ABSENT where that is not
 * known, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_problem_retry_after_ms(const polar_license_decision *decision);

/**
 * 1 if, because of the problem, Polar may have done what was asked although no answer came back. 0 otherwise, and for
 * NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem_maybe_applied(const polar_license_decision *decision);

/**
 * Everything about the decision as one JSON object: allowed, state, reason, displayKey, benefitId, activationId,
 * expiresAt, confirmedAt, refreshAt, graceEndsAt, usage, limitUsage, limitActivations, features {name: bool}, nextStep,
 * noticeAt, message, problem {kind, message, retryAfterMs, maybeApplied}. What is absent is null; times are RFC 3339 in
 * UTC. A later version may add members. NULL for NULL.
 *
 * The text belongs to the decision and lives until it is freed. Callable from any thread; never blocks.
 */
const char *polar_license_decision_json(const polar_license_decision *decision);

/**
 * Frees the decision and every text borrowed from it. NULL is fine.
 *
 * Each decision is freed once, when no thread uses it any more; not the one of polar_license_error_decision() nor the
 * one that a change callback is given. Never blocks.
 */
void polar_license_decision_free(polar_license_decision *decision);

/**
 * The same number that the failed function returned; POLAR_LICENSE_OK for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_status(const polar_license_error *error);

/**
 * One line for people, in English, without the license key and without personal data: what went wrong and, where that
 * is known, what to do. Empty for NULL; never NULL.
 *
 * The text belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
 */
const char *polar_license_error_message(const polar_license_error *error);

/**
 * Why Polar or the options said no, where the status is POLAR_LICENSE_ERR_REFUSED: one of POLAR_LICENSE_REASON_....
 * POLAR_LICENSE_REASON_UNSET otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_reason(const polar_license_error *error);

/**
 * How many milliseconds to wait before trying again; POLAR_LICENSE_ABSENT where that is not known, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_error_retry_after_ms(const polar_license_error *error);

/**
 * 1 if Polar may have done what was asked although no answer came back: a seat may be taken, usage may be counted.
 * 0 otherwise, and for NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_maybe_applied(const polar_license_error *error);

/**
 * The decision that holds after the failure: a failed operation leaves a license already held as it was. NULL where
 * nothing was tried, and for NULL.
 *
 * The decision belongs to the error and lives until polar_license_error_free(); do not free it. Callable from any
 * thread; never blocks.
 */
const polar_license_decision *polar_license_error_decision(const polar_license_error *error);

/**
 * Everything about the error as one JSON object: the decision that holds, with a member `error` added. NULL for NULL.
 *
 * The text belongs to the error and lives until polar_license_error_free(). Callable from any thread; never blocks.
 */
const char *polar_license_error_json(const polar_license_error *error);

/**
 * Frees the error and every text and decision borrowed from it. NULL is fine.
 *
 * Each error is freed once, when no thread uses it any more. Never blocks.
 */
void polar_license_error_free(polar_license_error *error);

/**
 * Hands the bytes that a load callback found to the library, which copies them. The last call counts.
 *
 * `bytes` may be NULL if `length` is 0. Call it from the load callback, on its thread. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL.
 */
int32_t polar_license_record_set(polar_license_record *record, const uint8_t *bytes, size_t length);

/**
 * The address to post to. NULL for NULL.
 *
 * The text lives during the transport callback. Never blocks.
 */
const char *polar_license_request_url(const polar_license_request *request);

/**
 * The JSON body, which contains the license key: do not log it. NULL for NULL.
 *
 * The text lives during the transport callback. Never blocks.
 */
const char *polar_license_request_body(const polar_license_request *request);

/**
 * How many milliseconds the whole exchange may take. 0 for NULL.
 *
 * Never blocks.
 */
uint64_t polar_license_request_timeout_ms(const polar_license_request *request);

/**
 * The name of the header at `index`, from 0, to send besides Host and Content-Length. NULL past the last, and for NULL.
 *
 * The text lives during the transport callback. Never blocks.
 */
const char *polar_license_request_header_name(const polar_license_request *request, size_t index);

/**
 * The value of the header at `index`. NULL past the last, and for NULL.
 *
 * The text lives during the transport callback. Never blocks.
 */
const char *polar_license_request_header_value(const polar_license_request *request, size_t index);

/**
 * Reports what was answered, by whomever: the HTTP status, the Retry-After header where it is a number of seconds (else
 * -1), and the whole body, which is copied. The last report counts.
 *
 * `body` may be NULL if `length` is 0. Call it from the transport callback, on one thread at a time. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT for NULL and for a status that is none.
 */
int32_t polar_license_response_set(polar_license_response *response,
                                   int32_t http_status,
                                   int64_t retry_after_s,
                                   const uint8_t *body,
                                   size_t length);

/**
 * Reports that no whole answer came: one of POLAR_LICENSE_FAILED_...; whether Polar may have received the request (0 only
 * where that is certain not to be so: it failed before the first byte of the body left); and one line for people,
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
 * Sends what the library says about its work, up to `level`, to `callback` instead of the one set before; to nobody for
 * NULL. For the whole process. Nobody hears anything before this is called.
 *
 * `destructor` is called with `user_data` once: when another callback takes over, or if this fails. May be NULL.
 * Callable from any thread; never blocks. A callback on its way on another thread may still be running on return.
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
