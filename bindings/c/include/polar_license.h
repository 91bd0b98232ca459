/* Uses license keys that are sold through Polar (https://polar.sh) in your app: activates and validates keys, gates
 * features, keeps working offline, and releases seats.
 *
 * Generated from bindings/c/src and the core's tables: do not edit.
 *
 *     polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
 *     polar_license_options_add_feature(options, "export", PRO);
 *     polar_license *license = NULL;
 *     polar_license_error *error = NULL;
 *     int32_t failed = polar_license_open(options, &license, &error);
 *     if (!failed && key) failed = polar_license_activate(license, key, &error);
 *     if (failed) puts(polar_license_error_message(error));
 *     polar_license_decision *decision = NULL;
 *     polar_license_refresh(license, &decision);
 *     if (polar_license_decision_allows(decision, "export")) export_file();
 *     else puts(polar_license_decision_explain(decision, "export"));
 *     polar_license_decision_free(decision);
 *     polar_license_error_free(error);
 *     polar_license_free(license);
 *     polar_license_options_free(options);
 *
 * The following applies to every function, unless its comment says otherwise:
 *
 * Results    A function that returns int32_t and can fail returns the kind of its error: POLAR_LICENSE_OK (0) or one
 *            of POLAR_LICENSE_ERR_.... A function that answers a question returns 1 for yes and 0 for no. A number
 *            never changes its meaning, but later versions add numbers: treat an unknown kind as a failure, and an
 *            unknown state as not allowed.
 * Texts      Texts for users are English unless the options replace them. A text about a mistake of the app (an
 *            argument that is NULL or not UTF-8, or invalid options) is always English.
 * NULL       If an object or a string is NULL, the program does not crash: the function fails with
 *            POLAR_LICENSE_ERR_INVALID_ARGUMENT, or does what its comment says. Pass NULL for an out-parameter that
 *            you do not need, unless the comment forbids it. A function overwrites the old value of an out-parameter,
 *            and does not free it.
 * Strings    Strings are UTF-8 and NUL-terminated. The library copies the strings that you pass in. A string that a
 *            function returns belongs to the object that it came from, and lives until that object is freed.
 * Objects    Objects are created by the functions below, and each object is freed once by the _free function of its
 *            type. Passing a pointer to anything else, or to a freed object, is undefined behaviour.
 * Secrets    No error and no log line contains a license key or a text that was passed in, or a code, token or address
 *            of the customer portal. Codes, tokens, addresses and the texts for computers without a network are wiped
 *            when their object is freed.
 * Threads    A polar_license may be used from any thread, and by several threads at once. A polar_license_decision, a
 *            polar_license_error and a polar_license_offline_text do not change, and several threads may read them at
 *            once. Only one thread at a time may use a polar_license_options. The library holds no lock while it waits
 *            for the network or a callback, unless the comment of the callback says otherwise.
 * Callbacks  A callback must return: no C++ exception and no longjmp may leave it. It may have a destructor for its
 *            user data. The destructor is called once, when the data is no longer needed, or if the function that
 *            takes the callback fails.
 * Defects    A panic inside the library does not end the program: the function returns POLAR_LICENSE_ERR_INTERNAL. A
 *            function that does not return the kind of an error returns NULL, 0 or nothing.
 * Portal     The shipped library contains the functions of the customer portal (polar_license_portal_..., _reply_...
 *            and _success_page_...), which make it 0.2 MB larger. A program that links the static library and does not
 *            call them grows by 28 KB. A library that is built `--without-http` does not contain them: a program that
 *            calls one of them does not link.
 * Linking    Two static libraries that are written in Rust cannot be linked into one program: each contains Rust's
 *            standard library, and the linker finds `rust_eh_personality` twice. Link the shared library of one of
 *            them.
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
 * The configuration is invalid. Nothing was sent.
 */
#define POLAR_LICENSE_ERR_INVALID_CONFIG 2

/**
 * Polar could not be reached: there was no connection, or another server answered.
 */
#define POLAR_LICENSE_ERR_NETWORK 3

/**
 * No complete answer came in time.
 */
#define POLAR_LICENSE_ERR_TIMEOUT 4

/**
 * Polar asks the app to wait; see polar_license_error_retry_after_ms().
 */
#define POLAR_LICENSE_ERR_RATE_LIMITED 5

/**
 * Polar was reached, but its server failed.
 */
#define POLAR_LICENSE_ERR_SERVER 6

/**
 * Polar, or the app's own configuration, denied the request; see polar_license_error_reason().
 */
#define POLAR_LICENSE_ERR_REFUSED 7

/**
 * The key has fewer uses left than requested.
 */
#define POLAR_LICENSE_ERR_USAGE_EXHAUSTED 8

/**
 * The record could not be read or written.
 */
#define POLAR_LICENSE_ERR_STORAGE 9

/**
 * The caller cancelled the operation.
 */
#define POLAR_LICENSE_ERR_CANCELLED 10

/**
 * The operation needs a license, and there is none on this device.
 */
#define POLAR_LICENSE_ERR_NOT_ACTIVATED 11

/**
 * An earlier activation may have taken a seat, but this device does not know whether it did.
 */
#define POLAR_LICENSE_ERR_SEAT_UNCERTAIN 12

/**
 * A bug in this library.
 */
#define POLAR_LICENSE_ERR_INTERNAL 13

/**
 * The browser has no WebAssembly, or does not allow it, so the library cannot run. Occurs in JavaScript only.
 */
#define POLAR_LICENSE_ERR_UNSUPPORTED 14

/**
 * No license is stored, or the stored one cannot be trusted or read. Access is not allowed.
 */
#define POLAR_LICENSE_STATE_UNLICENSED 0

/**
 * The license is denied, either by Polar's last answer or by the app's configuration. Access is not allowed.
 */
#define POLAR_LICENSE_STATE_DENIED 1

/**
 * The clock was moved so far back that no time can be trusted. To restore access, the app must validate the license
 * once while it is online. Access is not allowed.
 */
#define POLAR_LICENSE_STATE_CLOCK_SUSPECT 2

/**
 * `expires_at` has passed. Access is not allowed.
 */
#define POLAR_LICENSE_STATE_EXPIRED 3

/**
 * Confirmed by Polar less than `refresh_interval` ago. Access is allowed.
 */
#define POLAR_LICENSE_STATE_ACTIVE 4

/**
 * Confirmed by Polar less than `offline_grace` ago, but more than `refresh_interval` ago. Access is allowed.
 */
#define POLAR_LICENSE_STATE_GRACE 5

/**
 * The last confirmation is too old. Access returns as soon as Polar confirms the license again. Access is not allowed.
 */
#define POLAR_LICENSE_STATE_LAPSED 6

/**
 * No license is stored, and the trial on this device has not ended. Access is allowed.
 */
#define POLAR_LICENSE_STATE_TRIAL 7

/**
 * There is no reason to report: the state has only one possible cause.
 */
#define POLAR_LICENSE_REASON_UNSET 0

/**
 * No license key has been activated on this device.
 */
#define POLAR_LICENSE_REASON_NO_LICENSE 1

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
 * Polar does not know this key, or does not know this activation of the key. The key was mistyped, deleted or rotated,
 * or the activation was removed. Polar does not distinguish these cases.
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
 * The activation was made under other conditions: on another device, or before the app's `conditions` changed.
 */
#define POLAR_LICENSE_REASON_CONDITIONS 10

/**
 * Polar denied the key for a reason that this version of the library does not know.
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
 * This version of the app was built after the license's updates ended. Earlier versions continue to work.
 */
#define POLAR_LICENSE_REASON_UPDATES_ENDED 15

/**
 * No license key has been activated on this device, and the trial has ended.
 */
#define POLAR_LICENSE_REASON_TRIAL_ENDED 16

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
 * Deactivate another device, either on that device or in Polar's customer portal.
 */
#define POLAR_LICENSE_NEXT_MANAGE_DEVICES 7

/**
 * Buy a license, or enter its key.
 */
#define POLAR_LICENSE_NEXT_BUY 8

/**
 * Make an offline request on this computer, and import its answer.
 */
#define POLAR_LICENSE_NEXT_OFFLINE_REQUEST 9

/**
 * Polar confirmed that the seat is free.
 */
#define POLAR_LICENSE_DEACTIVATED_RELEASED 0

/**
 * Polar does not know the seat, for example because it was removed in the portal.
 */
#define POLAR_LICENSE_DEACTIVATED_UNKNOWN 1

/**
 * The license took no seat.
 */
#define POLAR_LICENSE_DEACTIVATED_NOT_NEEDED 2

/**
 * Polar does not know the seat, but the seat may still be taken. Either the key was rotated or deleted, or Polar did
 * not say whether it knows the key. If a new key has replaced the old one, an activation of the new key on this device
 * uses or releases the seat.
 */
#define POLAR_LICENSE_DEACTIVATED_KEY_UNKNOWN 3

/**
 * The buyer completes the purchase.
 */
#define POLAR_LICENSE_STAGE_OPEN 1

/**
 * The payment succeeds.
 */
#define POLAR_LICENSE_STAGE_PAYING 2

/**
 * The license key is created.
 */
#define POLAR_LICENSE_STAGE_GRANTING 3

/**
 * The result of a function that returns int64_t, if there is no value, for example because the key never expires.
 */
#define POLAR_LICENSE_ABSENT INT64_MIN

/**
 * The version of the interface that this header describes. It increases when something in the interface changes or is
 * removed, but not when something is added. A program that loads the library at run time compares this number with the
 * result of polar_license_abi_version().
 */
#define POLAR_LICENSE_ABI_VERSION 1

/**
 * A flag for polar_license_activate_with(): if no seat is free, and the stored record names an older seat of this key,
 * release that seat.
 */
#define POLAR_LICENSE_REPLACE_PREVIOUS 1

/**
 * Failure: no connection could be made, or the connection broke. Examples are a failed name resolution, a TLS error, a
 * reset connection, and a body that was cut short.
 */
#define POLAR_LICENSE_FAILED_NETWORK 1

/**
 * Failure: the exchange took longer than the request's timeout.
 */
#define POLAR_LICENSE_FAILED_TIMEOUT 2

/**
 * Failure: the app cancelled the exchange.
 */
#define POLAR_LICENSE_FAILED_CANCELLED 3

/**
 * The log level for errors: something is wrong.
 */
#define POLAR_LICENSE_LOG_ERROR 1

/**
 * The log level for warnings: something may be wrong.
 */
#define POLAR_LICENSE_LOG_WARN 2

/**
 * The log level for the main events. The library writes few lines at this level.
 */
#define POLAR_LICENSE_LOG_INFO 3

/**
 * The log level for details. The library writes many lines at this level.
 */
#define POLAR_LICENSE_LOG_DEBUG 4

/**
 * A decision: whether the app may run, and the reason. It is the result of an operation, and applies to the moment
 * when the operation ended. Free it with polar_license_decision_free(). It does not change, and may be read from
 * several threads at once.
 */
typedef struct polar_license_decision polar_license_decision;

/**
 * The reason why a call failed. A function that fails stores an error through its `error` argument, if the argument is
 * not NULL. Free the error with polar_license_error_free(). An error does not change, and may be read from several
 * threads at once.
 */
typedef struct polar_license_error polar_license_error;

/**
 * A license on this device. It is opened once, used from any thread, and freed with polar_license_free().
 *
 * | function | asks Polar | waits at most |
 * |---|---|---|
 * | polar_license_current(), polar_license_allows(), polar_license_covers() | never | not at all |
 * | polar_license_refresh() | if a request is due or access is not allowed | 2 s if access is allowed, else 10 s |
 * | polar_license_validate() | always | 10 s |
 * | polar_license_activate(), polar_license_consume(), polar_license_deactivate() | always | 35 s |
 * | polar_license_start_trial() | never | 10 s |
 * | polar_license_offline_request(), polar_license_offline_import(), polar_license_offline_return() | never | 10 s |
 * | polar_license_offline_answer(), polar_license_offline_release() | always | 35 s |
 *
 * Call polar_license_refresh() when the app starts. Operations that change something run one after the other.
 * Concurrent calls to polar_license_validate() share one request. A callback of the app may call any function of this
 * library, even with this license, unless the callback's comment says otherwise.
 */
typedef struct polar_license polar_license;

/**
 * A text that a user carries from one computer to another: a request, an answer or a return. It is one line of
 * letters, digits and hyphens. Answers and returns contain the license key: do not log them, and keep them as safe as
 * the key.
 *
 * A text comes from polar_license_offline_request(), polar_license_offline_answer() or polar_license_offline_return().
 * Free it with polar_license_offline_text_free(), before or after you free the license. A text does not change, and
 * may be read from several threads at once.
 */
typedef struct polar_license_offline_text polar_license_offline_text;

/**
 * The app's configuration. It is created by polar_license_options_new() or polar_license_options_from_json(), used by
 * polar_license_open() any number of times, and freed with polar_license_options_free(). Only one thread may use it at
 * a time.
 *
 * A setter that fails returns the kind of its error, and polar_license_open() then fails with the first of these
 * errors. A program may therefore ignore the results of the setters.
 */
typedef struct polar_license_options polar_license_options;

/**
 * The object that receives the bytes from a load callback. It exists only during the call of that callback.
 */
typedef struct polar_license_record polar_license_record;

/**
 * The result of an operation of the customer portal. It is JSON, and the app reads its values with JSON pointers (RFC
 * 6901): "/keys/0/displayKey" is a member of the first element of the member "keys", and "" is the whole reply.
 * Sessions, license keys, devices, customers, checkouts and purchases have a handle: a number to pass as an argument
 * to further operations with this license. A handle is valid until its reply is freed. Freeing the reply also wipes
 * the values behind its handles.
 *
 * A reply comes from polar_license_portal_call() or another function of the customer portal. Free it with
 * polar_license_reply_free(), before or after you free the license. A reply does not change, and may be read from
 * several threads at once. No function returns a token, a code or a license key.
 */
typedef struct polar_license_reply polar_license_reply;

/**
 * A request to send: a POST or, for the customer portal, a GET. The request lives only during the call of the
 * transport callback, and is wiped afterwards.
 */
typedef struct polar_license_request polar_license_request;

/**
 * The object in which a transport callback puts the reply. The object exists only during the call of that callback.
 */
typedef struct polar_license_response polar_license_response;

/**
 * A page on this computer that a browser opens after a purchase. The browser passes the customer's token to the page.
 * Use a success page for a checkout that the vendor's backend creates. A checkout that was created with a link needs
 * no success page; call polar_license_portal_follow() instead. Offer another way to start a session too, because a
 * token may never arrive: Polar gives one to new buyers only, and the buyer may close the browser's page.
 *
 * The page listens on the loopback interface only, and accepts a token only from somebody who knows the page's
 * address. It is created by polar_license_success_page_listen(), and freed with polar_license_success_page_free(),
 * before or after the license is freed.
 */
typedef struct polar_license_success_page polar_license_success_page;

/**
 * A function that loads the bytes that were saved last, and passes them to polar_license_record_set(). If nothing is
 * stored, it leaves `record` unchanged. The function returns 0 on success, and any other number if the bytes could not
 * be read. It is called from any thread. The library holds no locks during the call, so the function may call this
 * library.
 */
typedef int32_t (*polar_license_load_callback)(void *user_data, polar_license_record *record);

/**
 * A function that replaces the saved bytes atomically: a reader finds either the old bytes or the new bytes, even
 * after a crash. `durable` is 1 if the new bytes must be on the disk before the function returns, and 0 if it is
 * harmless to lose them in a power cut. The function returns 0 on success, and any other number on failure. For the
 * rules on threads and locks, see the load callback.
 */
typedef int32_t (*polar_license_save_callback)(void *user_data, const uint8_t *bytes, size_t length, int32_t durable);

/**
 * A function that removes the saved bytes, if there are any. The function returns 0 on success, and any other number
 * on failure. For the rules on threads and locks, see the load callback.
 */
typedef int32_t (*polar_license_remove_callback)(void *user_data);

/**
 * A function that frees the user data. It is called once, on any thread, when the data is no longer needed. It may
 * call this library. Pass NULL if there is nothing to free.
 */
typedef void (*polar_license_destructor)(void *user_data);

/**
 * A function that locks the record: no other process can change it until the unlock callback is called. It returns 0,
 * or another number if the lock cannot be acquired. While the lock is held, the library calls only the load, save and
 * remove callbacks of this store, and only on the thread that called the lock callback.
 */
typedef int32_t (*polar_license_lock_callback)(void *user_data);

/**
 * A function that releases the lock that the lock callback acquired.
 */
typedef void (*polar_license_unlock_callback)(void *user_data);

/**
 * A function that sends one request, and waits for the reply until the request's timeout. It must send the request at
 * most once, and must not follow redirects. If a reply arrives, whatever its HTTP status is, the function calls
 * polar_license_response_set(). If the request fails, the function calls polar_license_response_fail(). If it calls
 * neither, the library assumes that Polar may have received the request.
 *
 * Do not log the request: its body contains the license key, and requests of the customer portal have secrets in the
 * address, the headers and the body. The function is called on a thread of the library. It may call this library,
 * because the library holds no locks during the call. The library stops waiting for the function after the timeout, or
 * when the operation is cancelled.
 */
typedef void (*polar_license_transport_callback)(void *user_data,
                                                 const polar_license_request *request,
                                                 polar_license_response *response);

/**
 * A function that reads two clocks. At `wall_ms`, it stores the time of the wall clock, in milliseconds since
 * 1970-01-01 UTC. At `mono_ms`, it stores the milliseconds since any fixed moment, on a clock that never goes back.
 * The function is called from any thread. It must return at once and must not call this library, because the library
 * holds locks during the call.
 */
typedef void (*polar_license_clock_callback)(void *user_data, int64_t *wall_ms, uint64_t *mono_ms);

/**
 * A callback for changes of the decision. `decision` is the current decision, and `before` is the previous one. Both
 * belong to the library and live only during the call: do not free them. The callback is called on the thread that ran
 * the operation that changed the decision. The library holds no locks during the call, so the callback may call this
 * library.
 */
typedef void (*polar_license_change_callback)(void *user_data,
                                              const polar_license_decision *decision,
                                              const polar_license_decision *before);

/**
 * A callback for the progress of an operation that waits for an event, such as a payment. It is called before each
 * wait. `stage` is the event, one of POLAR_LICENSE_STAGE_.... `waited_ms` is the time for which the operation has
 * waited so far, and `next_in_ms` is the time until Polar is asked again. If the callback returns 0, the operation
 * continues. If it returns another number, the operation fails with POLAR_LICENSE_ERR_CANCELLED. The callback runs on
 * the thread that called the operation, and never after the operation has returned. The library holds no locks during
 * the call. The callback may call this library, but must not free the objects that the operation uses.
 */
typedef int32_t (*polar_license_progress_callback)(void *user_data,
                                                   int32_t stage,
                                                   uint64_t waited_ms,
                                                   uint64_t next_in_ms);

/**
 * A function that receives one log line, which contains neither the license key nor personal data. `level` is one of
 * POLAR_LICENSE_LOG_.... The strings live only during the call. The function may be called from any thread. It must
 * not call this library, because the library may hold locks during the call.
 */
typedef void (*polar_license_log_callback)(void *user_data, int32_t level, const char *target, const char *message);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the running library, such as "0.1.0".
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_version(void);

/**
 * Returns the version of the running library's interface. It is the value of POLAR_LICENSE_ABI_VERSION in the header
 * with which the library was built.
 *
 * Callable from any thread; never blocks.
 */
uint32_t polar_license_abi_version(void);

/**
 * Returns the name of an error kind, such as "rate_limited". Returns "ok" for POLAR_LICENSE_OK, and "unknown" for a
 * number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_kind_name(int32_t kind);

/**
 * Returns the name of a state, such as "grace", or "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_state_name(int32_t state);

/**
 * Returns the name of a reason, such as "activation_limit". Returns "unset" for POLAR_LICENSE_REASON_UNSET, and
 * "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_reason_name(int32_t reason);

/**
 * Returns the name of a next step, such as "enter_key", or "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_next_step_name(int32_t next_step);

/**
 * Returns the name of a deactivation's outcome, such as "released". Returns "unknown" for
 * POLAR_LICENSE_DEACTIVATED_UNKNOWN, and also for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_deactivated_name(int32_t deactivated);

/**
 * Creates a configuration. `organization_id` is Polar's id of your organization (in Polar under Settings, General).
 * `app_id` is a name, such as "com.acme.app", that distinguishes this program from your other programs; never change
 * it. Both strings are copied.
 *
 * Free the result with polar_license_options_free(). If an argument is invalid or NULL, polar_license_open() reports
 * this. Returns NULL only if this library has a defect. Callable from any thread. Never blocks.
 */
polar_license_options *polar_license_options_new(const char *organization_id, const char *app_id);

/**
 * Starts a configuration from one JSON object, such as
 * {"organizationId": "...", "appId": "com.acme.app", "features": {"export": ["..."]}, "offlineGraceMs": 604800000}.
 * The members organizationId and appId are required. The comment of each polar_license_options_set_... and _add_...
 * function names the member that the function sets. The member's value has the type of the function's argument: a
 * string, a whole number or a boolean. There are three exceptions:
 * - If the function adds one of several values, the member is an array of these values.
 * - If the function takes a name and a value, the member is an object that contains the values under their names.
 * - In features, each name has an array of values.
 *
 * An unknown member is an error. A member that is null counts as absent. `settings` is copied.
 *
 * Free the result with polar_license_options_free(). If `settings` is invalid or NULL, polar_license_open() reports
 * this. Returns NULL only if this library has a defect. Callable from any thread. Never blocks.
 */
polar_license_options *polar_license_options_from_json(const char *settings);

/**
 * Frees the options. Licenses that were opened with them stay open. NULL is allowed.
 *
 * Free the options once, when no thread uses them any longer. Never blocks, unless a destructor of the app blocks.
 */
void polar_license_options_free(polar_license_options *options);

/**
 * Stores the license in this directory instead of the platform's data directory. The path is UTF-8 on every system.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks.
 */
int32_t polar_license_options_set_directory(polar_license_options *options, const char *directory);

/**
 * Keeps the license in memory only. The user must then activate it again at every start, and each start takes a seat.
 *
 * Only one thread may use the options at a time. Never blocks.
 */
int32_t polar_license_options_set_memory_store(polar_license_options *options);

/**
 * Stores the license in a store that the app provides. One store holds one license.
 *
 * `destructor` is called once with `user_data`: when neither the options nor a license uses the store any longer, or
 * if this function fails. `destructor` may be NULL; the other callbacks must not be NULL. Only one thread may use the
 * options at a time. Never blocks.
 */
int32_t polar_license_options_set_store(polar_license_options *options,
                                        polar_license_load_callback load,
                                        polar_license_save_callback save,
                                        polar_license_remove_callback remove,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Adds a lock to the store of polar_license_options_set_store(), for a store that several processes use. The callbacks
 * get the `user_data` of that store.
 *
 * Only one thread may use the options at a time. Never blocks. Returns POLAR_LICENSE_OK, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT if an argument is NULL, or if polar_license_options_set_store() was not called
 * before.
 */
int32_t polar_license_options_set_store_lock(polar_license_options *options,
                                             polar_license_lock_callback lock,
                                             polar_license_unlock_callback unlock);

/**
 * Sends requests through a network stack that the app provides.
 *
 * `destructor` is called once with `user_data`: when the options, all licenses and all running requests have stopped
 * using the transport, or if this function fails. `destructor` may be NULL; `transport` must not be NULL. Only one
 * thread may use the options at a time. Never blocks.
 */
int32_t polar_license_options_set_transport(polar_license_options *options,
                                            polar_license_transport_callback transport,
                                            void *user_data,
                                            polar_license_destructor destructor);

/**
 * Replaces the system's clocks with a clock that the app provides, so that a test can let a month pass at once.
 *
 * `destructor` is called once with `user_data`: when neither the options nor a license uses the clock any longer, or
 * if this function fails. `destructor` may be NULL; `clock` must not be NULL. Only one thread may use the options at a
 * time. Never blocks.
 */
int32_t polar_license_options_set_clock(polar_license_options *options,
                                        polar_license_clock_callback clock,
                                        void *user_data,
                                        polar_license_destructor destructor);

/**
 * Sets the Polar server: `production` (the default), `sandbox`, or the address of another server, which must be
 * `https` unless it is on this machine.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: environment.
 */
int32_t polar_license_options_set_environment(polar_license_options *options, const char *environment);

/**
 * Adds one of the benefits whose keys are accepted. Each benefit is named by its id at Polar. Without this setting,
 * every key of the organization is accepted. Call it again for each further value.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: benefits.
 */
int32_t polar_license_options_add_benefit(polar_license_options *options, const char *benefit);

/**
 * Adds a value to one of the features of the app. Each feature has the ids of the benefits that turn it on. Call it
 * again for each further name or value.
 *
 * The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: features.
 */
int32_t polar_license_options_add_feature(polar_license_options *options, const char *name, const char *value);

/**
 * Sets whether a seat works only on the device that took it. If so, Polar denies a license that was copied from
 * another device. Default: true. Any value but 0 is true.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: bindDevice.
 */
int32_t polar_license_options_set_bind_device(polar_license_options *options, int32_t bind_device);

/**
 * Sets the time after which Polar is asked to confirm the license again. Default: 24 hours, or
 * polar_license_options_set_offline_grace_ms() if that is shorter. At least one second.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: refreshIntervalMs.
 */
int32_t polar_license_options_set_refresh_interval_ms(polar_license_options *options, uint64_t refresh_interval_ms);

/**
 * Sets the time for which access lasts without a confirmation. Default: 14 days. At most ten years.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: offlineGraceMs.
 */
int32_t polar_license_options_set_offline_grace_ms(polar_license_options *options, uint64_t offline_grace_ms);

/**
 * Sets the number of days for which a license is valid on a computer that is never online. The days count from Polar's
 * confirmation. At least one day, at most ten years. Requires an app secret, because without one anybody could forge
 * such a license. Default: such licenses are not permitted.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: airGapDays.
 */
int32_t polar_license_options_set_air_gap_days(polar_license_options *options, uint32_t air_gap_days);

/**
 * Sets the number of days for which people can try the app before they buy a license. At least one day, at most a
 * year. The app starts the trial. A trial exists only on the device, so people who delete the app's data can start it
 * again. Without this setting, there is no trial.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: trialDays.
 */
int32_t polar_license_options_set_trial_days(polar_license_options *options, uint32_t trial_days);

/**
 * Adds one of the features that the trial includes. Default: all features of the app. Call it again for each further
 * value.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: trialFeatures.
 */
int32_t polar_license_options_add_trial_feature(polar_license_options *options, const char *trial_feature);

/**
 * Sets the longest time that polar_license_validate() waits. Default: 10 seconds. Operations that change something at
 * Polar wait up to 25 seconds longer, because Polar may take 30 seconds to answer and a lost answer can cost a seat.
 *
 * Only one thread may use the options at a time. Never blocks. In JSON: timeoutMs.
 */
int32_t polar_license_options_set_timeout_ms(polar_license_options *options, uint64_t timeout_ms);

/**
 * Sets the label of an activation, which the vendor and the customer see. Default: the system, the day, and a word
 * with random digits. Polar shows the label in its portals, so put no personal data into it.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: label.
 */
int32_t polar_license_options_set_label(polar_license_options *options, const char *label);

/**
 * Adds one of the conditions that Polar stores with an activation. Each request that asks Polar about the license
 * sends the conditions again. If they differ from the stored conditions, Polar denies the license, so any change ends
 * existing activations. Up to 49 conditions are allowed; the name `device` is reserved. To restrict a key to certain
 * versions, use polar_license_options_add_benefit(). Numbers must be whole and at most 9007199254740991.
 *
 * The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: conditions.
 */
int32_t polar_license_options_set_condition(polar_license_options *options, const char *name, const char *value);

/**
 * Adds a value that is an integer. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * Adds a value that is a whole number from -9007199254740991 to 9007199254740991, because Polar cannot compare others
 * reliably. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_number(polar_license_options *options, const char *name, double value);

/**
 * Adds a value that is true (any value but 0) or false. See polar_license_options_set_condition().
 */
int32_t polar_license_options_set_condition_bool(polar_license_options *options, const char *name, int32_t value);

/**
 * Adds one of the notes that Polar stores with an activation. Up to 49 are allowed; the name `seat` is reserved.
 * Numbers must be whole and at most 9007199254740991.
 *
 * The strings are copied. Only one thread may use the options at a time. Never blocks. In JSON: meta.
 */
int32_t polar_license_options_set_meta(polar_license_options *options, const char *name, const char *value);

/**
 * Adds a value that is an integer. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_integer(polar_license_options *options, const char *name, int64_t value);

/**
 * Adds a value that is a whole number from -9007199254740991 to 9007199254740991, because Polar cannot compare others
 * reliably. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_number(polar_license_options *options, const char *name, double value);

/**
 * Adds a value that is true (any value but 0) or false. See polar_license_options_set_meta().
 */
int32_t polar_license_options_set_meta_bool(polar_license_options *options, const char *name, int32_t value);

/**
 * Sets an identifier for this device, which replaces the identifier that the library finds. Your identifier is hashed
 * before it is used.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: deviceId.
 */
int32_t polar_license_options_set_device_id(polar_license_options *options, const char *device_id);

/**
 * Sets a secret that is compiled into the app and seals the record. It keeps others from forging a record, as long as
 * nobody reads the secret from the app's code.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: appSecret.
 */
int32_t polar_license_options_set_app_secret(polar_license_options *options, const char *app_secret);

/**
 * Adds one of the secrets of earlier versions of the app. Records that were sealed with one of them can still be
 * opened, and are sealed again with the current secret. An empty string stands for versions without a secret. Call it
 * again for each further value.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: previousAppSecrets.
 */
int32_t polar_license_options_add_previous_app_secret(polar_license_options *options, const char *previous_app_secret);

/**
 * Sets the versions of the app that a license includes: only versions that were built within `days` days after the
 * purchase. A version that was built later gets no access, and the reason is POLAR_LICENSE_REASON_UPDATES_ENDED.
 * Default: a license includes every version. `days` is the number of days after the purchase, such as 365. The license
 * includes versions that are built within this time. `built` is the day on which this version was built, such as
 * `2026-11-21`. A date and time in the format of RFC 3339 is also accepted; its day in UTC counts. Let the build set
 * it, for example with CMake: string(TIMESTAMP BUILT "%Y-%m-%d" UTC).
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: updates.
 */
int32_t polar_license_options_set_updates(polar_license_options *options, uint32_t days, const char *built);

/**
 * Sets the page for buying or renewing a license: an `https` address. polar_license_decision_next_url() and
 * polar_license_error_next_url() return it if the next step is to buy or renew a license, or to enter a key.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: purchaseUrl.
 */
int32_t polar_license_options_set_purchase_url(polar_license_options *options, const char *purchase_url);

/**
 * Sets the page on which customers see and remove their devices, such as your organization's customer portal at Polar:
 * an `https` address. polar_license_decision_next_url() and polar_license_error_next_url() return it if the next step
 * is to manage devices.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: portalUrl.
 */
int32_t polar_license_options_set_portal_url(polar_license_options *options, const char *portal_url);

/**
 * Sets the way to contact the vendor: an `https` address, or an e-mail address with `mailto:`.
 * polar_license_decision_next_url() and polar_license_error_next_url() return it if the next step is to contact the
 * vendor.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: supportUrl.
 */
int32_t polar_license_options_set_support_url(polar_license_options *options, const char *support_url);

/**
 * Adds the values of a JSON object to the sentences that replace the English ones. Each sentence is named by its code.
 * `texts/en.json` has all codes with the English sentences, and `texts/de.json` has the German sentences. The
 * sentences of the customer portal are in `texts/portal.en.json` and `texts/portal.de.json`; only builds with the
 * portal accept them. Placeholders in braces, such as `{key}`, are filled in; a sentence may omit them.
 *
 * The string is copied. Only one thread may use the options at a time. Never blocks. In JSON: texts.
 */
int32_t polar_license_options_set_texts(polar_license_options *options, const char *catalogue);

/**
 * Adds a sentence under its code. See polar_license_options_set_texts().
 */
int32_t polar_license_options_set_text(polar_license_options *options, const char *code, const char *sentence);

/**
 * Opens the license of this device and stores it at `license`, or stores NULL there on failure. Sends no request; call
 * polar_license_refresh() next.
 *
 * `options` are copied and remain the caller's. `license` must not be NULL; free the license stored there with
 * polar_license_free(). `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or
 * NULL on success. Callable from any thread. May block on the disk, never on the network. A store that cannot be read
 * is not an error here; the decision reports it.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_CONFIG, or POLAR_LICENSE_ERR_INVALID_ARGUMENT.
 */
int32_t polar_license_open(const polar_license_options *options, polar_license **license, polar_license_error **error);

/**
 * Frees the license. The stored record remains, and the next polar_license_open() finds it. NULL is allowed.
 *
 * Stops the auto refresh and waits until its thread has ended. If a change callback is running on that thread, also
 * waits for the callback. After this function has returned, no change callback is called.
 *
 * If another thread is inside an operation, the operation is cancelled in the same way as by polar_license_cancel(),
 * and the memory is freed when the operation returns. After this function has been called, no other call with this
 * license may start, except from a change callback of the auto refresh. A change callback may itself free the license,
 * as its last use of the license. Free each license once.
 */
void polar_license_free(polar_license *license);

/**
 * Activates a license key on this device, and stores it. Takes a seat only if the key has an activation limit and is
 * not yet active on this device. The key is validated first, so a mistyped key or a key of another product takes no
 * seat.
 *
 * `key` is the text that the user typed; it is copied. `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL on success. Callable from any thread. Blocks on the network and the disk, 35 s
 * at most.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if Polar denies the key or the options do not accept it;
 * POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer;
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT if `key` cannot be a license key. After any of these errors a license that was
 * stored before is unchanged. Returns POLAR_LICENSE_ERR_STORAGE if the license could not be stored. In this case a
 * seat was taken only if polar_license_error_maybe_applied() returns 1, and polar_license_error_decision() tells
 * whether the license works until the app ends.
 */
int32_t polar_license_activate(const polar_license *license, const char *key, polar_license_error **error);

/**
 * Activates a license key like polar_license_activate(), with more choices. If `key` is NULL, the stored key is
 * activated again. `flags` is 0 or POLAR_LICENSE_REPLACE_PREVIOUS. This flag moves the license to this device: if no
 * seat is free, and the stored record names an older seat of this key, that seat is released.
 *
 * `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
 * polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
 * polar_license_error_free(), and `decision` gets NULL. Threads, blocking and results are as described for
 * polar_license_activate().
 */
int32_t polar_license_activate_with(const polar_license *license,
                                    const char *key,
                                    uint32_t flags,
                                    polar_license_decision **decision,
                                    polar_license_error **error);

/**
 * Asks Polar now. It is not a failure if Polar cannot be reached: the decision is then still based on the last
 * confirmation, and polar_license_decision_problem_kind() returns the reason.
 *
 * `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
 * Callable from any thread. Blocks on the network and the disk, 10 s at most.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_validate(const polar_license *license, polar_license_decision **decision);

/**
 * Asks Polar if a request is due, or if access is not allowed. Call this function when the app starts, and show the
 * decision.
 *
 * `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
 * Callable from any thread. Blocks on the network and the disk: 2 s at most if access is allowed, otherwise 10 s at
 * most.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_refresh(const polar_license *license, polar_license_decision **decision);

/**
 * Gets the current decision. Sends nothing to Polar.
 *
 * `decision` may be NULL; otherwise it gets a decision to free with polar_license_decision_free(), or NULL on failure.
 * Callable from any thread. Never blocks, even while other threads wait for the network.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_current(const polar_license *license, polar_license_decision **decision);

/**
 * Returns 1 if the app may run now, according to the current decision in memory. Returns 0 otherwise, or if `license`
 * is NULL.
 *
 * Callable from any thread. Never blocks, even while other threads wait for the network.
 */
int32_t polar_license_allowed(const polar_license *license);

/**
 * Returns 1 if the feature is on now, according to the current decision in memory: the app may run, and the key's
 * benefit is among the benefits that turn the feature on. Returns 0 otherwise, for example if the options do not name
 * the feature, or if an argument is NULL.
 *
 * Callable from any thread. Never blocks, even while other threads wait for the network.
 */
int32_t polar_license_allows(const polar_license *license, const char *feature);

/**
 * Stores 1 at `covered` if the license includes a version of the app that was built on the day `built`. An updater
 * calls this function before it offers a version. `built` is a day such as "2026-11-21", or an RFC 3339 date and time;
 * only its day in UTC counts. Stores 0 only if that version would get no access, for the reason
 * POLAR_LICENSE_REASON_UPDATES_ENDED. So if there is no license, always stores 1. Never asks Polar.
 *
 * `built` is copied. `covered` must not be NULL; it gets 1 if this function fails. `error` may be NULL; otherwise it
 * gets an error to free with polar_license_error_free(), or NULL on success. Callable from any thread; never blocks,
 * even while other threads wait for the network.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `built` is not a day, or if a required argument
 * is NULL.
 */
int32_t polar_license_covers(const polar_license *license,
                             const char *built,
                             int32_t *covered,
                             polar_license_error **error);

/**
 * Counts `count` uses (1 to 2,147,483,647) of a key that has a usage limit.
 *
 * `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
 * polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
 * polar_license_error_free(), and `decision` gets NULL. Callable from any thread. Blocks on the network and the disk,
 * 35 s at most.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_USAGE_EXHAUSTED if fewer than `count` uses are left;
 * POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license; or an error that polar_license_activate() returns. If
 * polar_license_error_maybe_applied() returns 1, Polar may have counted the uses although no reply arrived. The
 * library never sends the request a second time.
 */
int32_t polar_license_consume(const polar_license *license,
                              uint32_t count,
                              polar_license_decision **decision,
                              polar_license_error **error);

/**
 * Releases the seat and removes the license from this device.
 *
 * `deactivated` may be NULL; otherwise it gets, on success, the outcome for the seat, one of
 * POLAR_LICENSE_DEACTIVATED_.... `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL on success. Callable from any thread. Blocks on the network and the disk, 35 s
 * at most.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license; POLAR_LICENSE_ERR_NETWORK,
 * _TIMEOUT, _SERVER, _RATE_LIMITED or _CANCELLED if Polar did not answer, in which case nothing is removed;
 * POLAR_LICENSE_ERR_STORAGE if the license could not be removed from this device, in which case
 * polar_license_error_maybe_applied() says whether the seat was released.
 */
int32_t polar_license_deactivate(const polar_license *license, int32_t *deactivated, polar_license_error **error);

/**
 * Removes the license from this device without asking Polar. If the license has a seat, the seat stays taken until it
 * is removed in Polar's customer portal. To release the seat as well, call polar_license_deactivate() instead.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread. May block on the disk, never on the network.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE if the license could not be removed, or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_forget(const polar_license *license, polar_license_error **error);

/**
 * Starts the trial of this device. The app can be used until the time that polar_license_decision_trial_ends_at_ms()
 * returns, with the features that the trial includes. Changes nothing if access is already allowed, by a license or by
 * the trial. A device has one trial: polar_license_deactivate() and polar_license_forget() do not give it another one.
 * Never asks Polar.
 *
 * `decision` and `error` may be NULL. On success, `decision` gets a decision to free with
 * polar_license_decision_free(), and `error` gets NULL. On failure, `error` gets an error to free with
 * polar_license_error_free(), and `decision` gets NULL. Callable from any thread. May block on the disk, never on the
 * network.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_REFUSED if the trial has ended, if a stored license does not allow
 * access, or if the clock of this device shows a day before this version of the app was built;
 * POLAR_LICENSE_ERR_INVALID_CONFIG if the options offer no trial; POLAR_LICENSE_ERR_STORAGE if the trial could not be
 * stored, in which case it was not started; or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_start_trial(const polar_license *license,
                                  polar_license_decision **decision,
                                  polar_license_error **error);

/**
 * Calls `callback` after every operation that changed the decision, with the current decision and the previous one.
 * The callback runs on the thread that ran the operation. If the decision changes because time passes, for example
 * when grace ends, the callback is called after the next operation. After polar_license_start_auto_refresh(), the
 * library's thread runs an operation at that moment.
 *
 * `subscription` may be NULL; otherwise it gets the number for polar_license_off_change(). `destructor` is called once
 * with `user_data`. If this function fails, that happens at once. Otherwise it happens after
 * polar_license_off_change() or polar_license_free(), as soon as the callback is no longer running. `destructor` may
 * be NULL, `callback` must not be NULL. Callable from any thread. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` or `callback` is NULL.
 */
int32_t polar_license_on_change(const polar_license *license,
                                polar_license_change_callback callback,
                                void *user_data,
                                polar_license_destructor destructor,
                                uint64_t *subscription);

/**
 * Ends a subscription of polar_license_on_change(). When this function returns, the callback may still be running on
 * another thread. The destructor is called when the callback has returned.
 *
 * Callable from any thread, and from the callback. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL or the subscription is unknown.
 */
int32_t polar_license_off_change(const polar_license *license, uint64_t subscription);

/**
 * Starts a thread for an app that runs for days. The thread refreshes the license whenever a refresh is due. If a
 * refresh became due while the machine was asleep, the thread refreshes the license after the machine wakes. If
 * another process stores a change, the thread notices it within two seconds. Does nothing if the thread is already
 * running.
 *
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread. Never blocks.
 * If the system cannot start another thread, this is logged, and the next call tries again.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_start_auto_refresh(const polar_license *license, polar_license_error **error);

/**
 * Stops the thread of polar_license_start_auto_refresh() within milliseconds. If a change callback is running on that
 * thread, waits until the callback has returned, unless this function is called from that callback.
 *
 * Callable from any thread.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_stop_auto_refresh(const polar_license *license);

/**
 * Cancels every operation that is running on another thread. An operation that can fail then fails with
 * POLAR_LICENSE_ERR_CANCELLED. An operation that cannot fail returns a decision whose problem is
 * POLAR_LICENSE_ERR_CANCELLED. An activation that was already sent may still take its seat; later decisions keep
 * reporting this possibility.
 *
 * Callable from any thread. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `license` is NULL.
 */
int32_t polar_license_cancel(const polar_license *license);

/**
 * Returns the text as a string, or NULL if `text` is NULL.
 *
 * The string belongs to the text and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_offline_text_string(const polar_license_offline_text *text);

/**
 * Wipes the text, and frees it with its string. NULL is allowed.
 *
 * Free each text once, when no thread uses it any longer. Never blocks.
 */
void polar_license_offline_text_free(polar_license_offline_text *text);

/**
 * Creates a request for a license, on a computer that is never online. The request does not contain the license key.
 * On any computer with a network and the same options, polar_license_offline_answer() turns the request and the key
 * into an answer. Every call returns the same request until its answer is imported, or until the request is as old as
 * polar_license_options_set_air_gap_days() says. Requires polar_license_options_set_air_gap_days().
 *
 * `request` must not be NULL; it gets the text, to free with polar_license_offline_text_free(), or NULL on failure.
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread. Blocks on the disk, and on another operation that is running, 10 s at most; never on the
 * network.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days;
 * POLAR_LICENSE_ERR_STORAGE if the request cannot be stored, so its answer could not be imported;
 * POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED.
 */
int32_t polar_license_offline_request(const polar_license *license,
                                      polar_license_offline_text **request,
                                      polar_license_error **error);

/**
 * Answers the request of a computer that is never online: activates the key for that computer, and creates the text to
 * import there. If that computer already has a seat, it keeps the seat. The license of this computer does not change.
 * This computer remembers the other computer's seats in a second record beside its own. `license` must not have a
 * store of the app, because such a store has room for one record only. Both computers need the same options.
 *
 * `request` and `key` are the texts that the user typed or pasted; they are copied. `answer` must not be NULL; it gets
 * the text, to free with polar_license_offline_text_free(), or NULL on failure. `decision` may be NULL; otherwise it
 * gets the decision for the other computer, to free with polar_license_decision_free(), or NULL on failure. `error`
 * may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success. The decision of
 * the error is about the other computer, too. Callable from any thread. Blocks on the network and the disk, 35 s at
 * most.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `request` is not a request that this app can answer,
 * or if `key` cannot be a license key, in which case nothing was sent, and polar_license_error_message() tells the
 * user what to do; POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days, or if `license` has a store of
 * the app; or an error that polar_license_activate() returns. If polar_license_error_maybe_applied() returns 1, a seat
 * may have been taken: call this function again with the same request, because the seat is remembered.
 */
int32_t polar_license_offline_answer(const polar_license *license,
                                     const char *request,
                                     const char *key,
                                     polar_license_offline_text **answer,
                                     polar_license_decision **decision,
                                     polar_license_error **error);

/**
 * Imports the answer to the latest request of this computer, which is never online. The license is active at once,
 * until polar_license_decision_offline_ends_at_ms(). If the same answer is imported again, nothing changes.
 *
 * `answer` is the text that the user typed or pasted; it is copied. `decision` and `error` may be NULL. On success,
 * `decision` gets a decision to free with polar_license_decision_free(), and `error` gets NULL. On failure, `error`
 * gets an error to free with polar_license_error_free(), and `decision` gets NULL. Callable from any thread. Blocks on
 * the disk, and on another operation that is running, 10 s at most; never on the network.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `answer` is damaged, belongs to another device or
 * product, or answers an older request; POLAR_LICENSE_ERR_REFUSED if the options do not accept the license;
 * POLAR_LICENSE_ERR_INVALID_CONFIG if the options do not set the days; POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED. After
 * any of these errors, the license on this device is unchanged, and polar_license_error_message() tells the user what
 * to do. Returns POLAR_LICENSE_ERR_STORAGE if the license cannot be stored; it then works until the app ends.
 */
int32_t polar_license_offline_import(const polar_license *license,
                                     const char *answer,
                                     polar_license_decision **decision,
                                     polar_license_error **error);

/**
 * Removes the license from this computer, which is never online, and creates a text that gives up its seat. Any
 * computer with a network and the same options can then release the seat: it calls polar_license_offline_release()
 * with the text. If the text is lost, call this function again, or remove the device in Polar's customer portal.
 *
 * `returned` must not be NULL; it gets the text, to free with polar_license_offline_text_free(), or NULL on failure.
 * It also gets NULL if the license took no seat, so there is nothing to release. `decision` may be NULL; otherwise it
 * gets the decision after the license was removed, to free with polar_license_decision_free(), or NULL on failure.
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread. Blocks on the disk, and on another operation that is running, 10 s at most; never on the
 * network.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_NOT_ACTIVATED if there is no license on this device, and no seat to give
 * up; POLAR_LICENSE_ERR_STORAGE if the license cannot be removed, in which case it is unchanged;
 * POLAR_LICENSE_ERR_TIMEOUT or _CANCELLED.
 */
int32_t polar_license_offline_return(const polar_license *license,
                                     polar_license_offline_text **returned,
                                     polar_license_decision **decision,
                                     polar_license_error **error);

/**
 * Releases the seats that a computer without a network has given up with polar_license_offline_return(). The license
 * of this computer does not change. `license` must not have a store of the app.
 *
 * `returned` is the text that the user typed or pasted; it is copied. `deactivated`, `decision` and `error` may be
 * NULL. On success, `deactivated` gets the outcome for the seats, one of POLAR_LICENSE_DEACTIVATED_...; `decision`
 * gets the decision of the other computer, to free with polar_license_decision_free(); and `error` gets NULL. On
 * failure, `error` gets an error to free with polar_license_error_free(), and `decision` gets NULL. Callable from any
 * thread. Blocks on the network and the disk, 35 s at most.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_INVALID_ARGUMENT if `returned` is not a return that this app can read,
 * or POLAR_LICENSE_ERR_STORAGE if the record of the other computer cannot be written: in both cases nothing was sent;
 * POLAR_LICENSE_ERR_INVALID_CONFIG if `license` has a store of the app; POLAR_LICENSE_ERR_NETWORK, _TIMEOUT, _SERVER,
 * _RATE_LIMITED or _CANCELLED if Polar did not answer, in which case the same call can be repeated.
 */
int32_t polar_license_offline_release(const polar_license *license,
                                      const char *returned,
                                      int32_t *deactivated,
                                      polar_license_decision **decision,
                                      polar_license_error **error);

/**
 * Returns 1 if the app may run. Returns 0 otherwise, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_allowed(const polar_license_decision *decision);

/**
 * Returns 1 if the feature is on: the license gives access, and the key's benefit is one of those that turn the
 * feature on. Returns 0 otherwise, for example if the options do not name the feature, or if an argument is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_allows(const polar_license_decision *decision, const char *feature);

/**
 * Returns why the feature is on or off, in one sentence for the user. The sentence is in English unless the options
 * provide another one. If the license is for another plan, the app may run although the feature is off. Show this
 * sentence in that case, because polar_license_decision_message() does not say why the feature is off. Never returns
 * NULL; returns an empty string if an argument is NULL or `feature` is not UTF-8.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_explain(const polar_license_decision *decision, const char *feature);

/**
 * Returns one JSON object that says why the feature is on or off. Its members are `allowed`; `reason`, which is null,
 * "not_licensed", "not_included" or "unknown"; `nextStep`; `nextUrl`; `message` for the user; and `detail` for
 * developers. Later versions may add members. Returns NULL if an argument is NULL or `feature` is not UTF-8.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_explain_json(const polar_license_decision *decision, const char *feature);

/**
 * Returns the state, one of POLAR_LICENSE_STATE_.... Later versions may add states, so do not conclude from the state
 * whether the app may run: call polar_license_decision_allowed(). Returns POLAR_LICENSE_STATE_UNLICENSED if `decision`
 * is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_state(const polar_license_decision *decision);

/**
 * Returns the reason for the state, one of POLAR_LICENSE_REASON_.... Returns POLAR_LICENSE_REASON_UNSET if the state
 * has only one possible cause, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_reason(const polar_license_decision *decision);

/**
 * Returns what the user can do, one of POLAR_LICENSE_NEXT_.... Returns POLAR_LICENSE_NEXT_NONE if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_next_step(const polar_license_decision *decision);

/**
 * Returns the address of the vendor's page for the next step: to buy or renew, to manage devices, or to contact the
 * vendor. Returns NULL if the options have no page for this step, or if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_next_url(const polar_license_decision *decision);

/**
 * Returns 1 if the app should notify the user: a stored license does not allow access, access ends soon, or a problem
 * concerns the user. Show polar_license_decision_message(), and also polar_license_decision_problem_message() if it is
 * not NULL. The following alone needs no notice: the device has no license, its trial has ended, or it is offline and
 * grace does not end soon. Returns 0 if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_notice(const polar_license_decision *decision);

/**
 * Returns one sentence for the user. It is in English unless the options provide another sentence. Never returns NULL;
 * returns an empty string if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_message(const polar_license_decision *decision);

/**
 * Returns the part of the license key that may be shown: `****-` and the last six characters. Returns NULL if there is
 * no license, or if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_display_key(const polar_license_decision *decision);

/**
 * Returns the id of the benefit to which the key belongs. Returns NULL if there is no license, or if `decision` is
 * NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_benefit_id(const polar_license_decision *decision);

/**
 * Returns the id of the seat that this device took. Returns NULL if the key needs no seat, if there is no license, or
 * if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_activation_id(const polar_license_decision *decision);

/**
 * Returns the label of this device's seat, as the customer sees it. Returns NULL if the key needs no seat, if the
 * label was lost (for example because the record was edited), if there is no license, or if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_activation_label(const polar_license_decision *decision);

/**
 * Returns the time at which the key expires, in milliseconds since 1970-01-01 UTC. Returns POLAR_LICENSE_ABSENT if the
 * key never expires, if there is no license, or if `decision` is NULL. Also returns POLAR_LICENSE_ABSENT in the state
 * POLAR_LICENSE_STATE_EXPIRED, if the vendor has changed the expiry and Polar did not report the new time.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_expires_at_ms(const polar_license_decision *decision);

/**
 * Returns the last day of updates, in UTC, such as "2027-11-21": the license includes the versions of the app that
 * were built on this day or earlier. Returns NULL if the options do not limit updates, if there is no license, or if
 * `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_updates_until(const polar_license_decision *decision);

/**
 * Returns the time of Polar's last confirmation, on Polar's clock, in milliseconds since 1970-01-01 UTC. Returns
 * POLAR_LICENSE_ABSENT if there is no license, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_confirmed_at_ms(const polar_license_decision *decision);

/**
 * Returns the time of the next request to Polar, on Polar's clock, in milliseconds since 1970-01-01 UTC. Returns
 * POLAR_LICENSE_ABSENT if no request is planned, for example because there is no license, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_refresh_at_ms(const polar_license_decision *decision);

/**
 * Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, at which access ends if Polar is not
 * reached before then. This time may have passed already. Returns POLAR_LICENSE_ABSENT if there is no license, if
 * Polar denied the license when it last answered, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_grace_ends_at_ms(const polar_license_decision *decision);

/**
 * Returns 1 if the license was imported on a computer without a network, and Polar has not confirmed it to this device
 * since. Returns 0 otherwise, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_air_gapped(const polar_license_decision *decision);

/**
 * Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, at which an imported license ends. This
 * time may have passed already. Returns POLAR_LICENSE_ABSENT if the license is not air-gapped, or if `decision` is
 * NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_offline_ends_at_ms(const polar_license_decision *decision);

/**
 * Returns the time, in milliseconds since 1970-01-01 UTC, at which the trial of this device ends, or at which it has
 * ended. Returns POLAR_LICENSE_ABSENT if no trial was started, if a license is stored, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_trial_ends_at_ms(const polar_license_decision *decision);

/**
 * Returns the time on Polar's clock, in milliseconds since 1970-01-01 UTC, from which the app should tell the user
 * what to do before access ends: to go online, to make a new request if the license is air-gapped, or to buy a license
 * if this is a trial. This time may have passed already. Returns POLAR_LICENSE_ABSENT if there is neither a license
 * nor a trial, if Polar denied the license when it last answered, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_notice_at_ms(const polar_license_decision *decision);

/**
 * Returns the usage at the time of Polar's last confirmation. Returns POLAR_LICENSE_ABSENT if there is no license, or
 * if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_usage(const polar_license_decision *decision);

/**
 * Returns the usage limit of the key, that is, how many uses may be consumed in total. Returns POLAR_LICENSE_ABSENT if
 * there is no limit, if there is no license, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_limit_usage(const polar_license_decision *decision);

/**
 * Returns the number of devices that may be active at once. Returns POLAR_LICENSE_ABSENT if the key needs no
 * activation, if there is no license, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_limit_activations(const polar_license_decision *decision);

/**
 * Returns the kind of the key's purchase, as of the last confirmation: "subscription" or "order". A later version may
 * return other kinds. Returns NULL if Polar did not report the purchase, if there is no license, or if `decision` is
 * NULL. Access never depends on the kind.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_purchase_kind(const polar_license_decision *decision);

/**
 * Returns the status of the purchase, as Polar names it. The status of a subscription is "incomplete",
 * "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid" or "paused". The status of an order is
 * "draft", "pending", "paid", "refunded", "partially_refunded" or "void". Polar may add others. Returns NULL if
 * polar_license_decision_purchase_kind() returns NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_purchase_status(const polar_license_decision *decision);

/**
 * Returns the end of the subscription's current period, in milliseconds since 1970-01-01 UTC. At this time the
 * subscription renews or ends. Returns POLAR_LICENSE_ABSENT if the time is not known, if the purchase is not a
 * subscription, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_purchase_current_period_end_ms(const polar_license_decision *decision);

/**
 * Returns the time at which the subscription ends or has ended, in milliseconds since 1970-01-01 UTC. Returns
 * POLAR_LICENSE_ABSENT if the time is not known, if the purchase is not a subscription, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_purchase_ends_at_ms(const polar_license_decision *decision);

/**
 * Returns 1 if the subscription ends with the current period instead of renewing. Returns 0 otherwise, for example if
 * the purchase is not a subscription, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_purchase_cancels_at_period_end(const polar_license_decision *decision);

/**
 * Returns 1 if the order was paid. Returns 0 otherwise, for example if the purchase is not an order, or if `decision`
 * is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_purchase_paid(const polar_license_decision *decision);

/**
 * Returns the time at which the order was placed, in milliseconds since 1970-01-01 UTC. Returns POLAR_LICENSE_ABSENT
 * if the purchase is not an order, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_purchase_created_at_ms(const polar_license_decision *decision);

/**
 * Returns the kind of the problem that the decision reports, such as a failure to reach Polar: one of
 * POLAR_LICENSE_ERR_.... A problem does not prevent a decision, and access does not depend on it. Returns
 * POLAR_LICENSE_OK if there was no problem, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem_kind(const polar_license_decision *decision);

/**
 * Returns one sentence that tells the user about the problem. It is in English unless the options provide another
 * sentence. Returns NULL if there was no problem, or if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_problem_message(const polar_license_decision *decision);

/**
 * Returns one line about the problem for developers and logs. Returns NULL if there was no problem, or if `decision`
 * is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_problem_detail(const polar_license_decision *decision);

/**
 * Returns the number of milliseconds to wait before the next request, if the problem calls for a wait. Returns
 * POLAR_LICENSE_ABSENT if the wait is unknown, if there is no problem, or if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_decision_problem_retry_after_ms(const polar_license_decision *decision);

/**
 * Returns 1 if Polar may have carried out the request although the problem prevented a reply. Returns 0 otherwise, or
 * if `decision` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_decision_problem_maybe_applied(const polar_license_decision *decision);

/**
 * Returns everything about the decision as one JSON object. Its members are named after the functions above, in camel
 * case and without the unit of a time: for example, polar_license_decision_expires_at_ms() becomes `expiresAt`. The
 * problem and the purchase are objects, and `features` is an object that has a boolean for each feature. Absent values
 * are null, and times are RFC 3339 strings in UTC. Later versions may add members. Returns NULL if `decision` is NULL.
 *
 * The string belongs to the decision and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_decision_json(const polar_license_decision *decision);

/**
 * Frees the decision and every string borrowed from it. NULL is allowed.
 *
 * Free each decision once, when no thread uses it any longer. Do not free the decision that
 * polar_license_error_decision() returns, or the decisions that a change callback receives. Never blocks.
 */
void polar_license_decision_free(polar_license_decision *decision);

/**
 * Returns the kind of the error, one of POLAR_LICENSE_ERR_.... It is the number that the failed function returned.
 * Returns POLAR_LICENSE_OK if `error` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_kind(const polar_license_error *error);

/**
 * Returns one sentence for the user, which says what happened and what to do. The sentence is in English unless the
 * options provide another one. It contains neither the license key nor personal data. Never returns NULL; returns an
 * empty string if `error` is NULL.
 *
 * The string belongs to the error and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_error_message(const polar_license_error *error);

/**
 * Returns one line for developers and logs, in English. It says what went wrong and, if that is known, what to do, and
 * contains neither the license key nor personal data. Never returns NULL; returns an empty string if `error` is NULL.
 *
 * The string belongs to the error and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_error_detail(const polar_license_error *error);

/**
 * Returns the reason why Polar denied the key, or why the options do not accept it: one of POLAR_LICENSE_REASON_....
 * Returns POLAR_LICENSE_REASON_UNSET if the kind of the error is not POLAR_LICENSE_ERR_REFUSED, or if `error` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_reason(const polar_license_error *error);

/**
 * Returns what the user can do about the error, one of POLAR_LICENSE_NEXT_.... This can differ from the next step of
 * polar_license_error_decision(), which is about the license on this device. For example, if Polar refuses a key that
 * the user has just entered, the license on this device can still be valid. Returns POLAR_LICENSE_NEXT_NONE if `error`
 * is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_next_step(const polar_license_error *error);

/**
 * Returns the address of the vendor's page for the next step. Returns NULL if the options have no page for this step,
 * or if `error` is NULL.
 *
 * The string belongs to the error and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_error_next_url(const polar_license_error *error);

/**
 * Returns how many milliseconds to wait before trying again. Returns POLAR_LICENSE_ABSENT if that is unknown, or if
 * `error` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_error_retry_after_ms(const polar_license_error *error);

/**
 * Returns 1 if Polar may have carried out the request although no reply arrived: a seat may have been taken, or uses
 * may have been counted. Returns 0 otherwise, or if `error` is NULL.
 *
 * Callable from any thread; never blocks.
 */
int32_t polar_license_error_maybe_applied(const polar_license_error *error);

/**
 * Returns the decision after the failure. A failed operation leaves an earlier license unchanged, so the decision can
 * still allow access. Returns NULL if nothing was attempted, or if `error` is NULL.
 *
 * The decision belongs to the error and lives until polar_license_error_free(); do not free it. Callable from any
 * thread; never blocks.
 */
const polar_license_decision *polar_license_error_decision(const polar_license_error *error);

/**
 * Returns everything about the error as one JSON object: the members of the decision after the failure, and a member
 * `error`. Returns NULL if `error` is NULL.
 *
 * The string belongs to the error and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_error_json(const polar_license_error *error);

/**
 * Frees the error and every string and decision borrowed from it. NULL is allowed.
 *
 * Free each error once, when no thread uses it any longer. Never blocks.
 */
void polar_license_error_free(polar_license_error *error);

/**
 * Runs an operation of the customer portal. `request` is a JSON object: its member `call` is the name of the
 * operation, and its other members are the arguments. An argument such as `session` or `key` is a handle, which
 * polar_license_reply_handle() returns. docs/src/portal-operations.md lists the operations with their arguments and
 * replies.
 *
 * `request` must not be NULL; the caller wipes it if it contains secrets. `progress` may be NULL; otherwise it is
 * called with `user_data` before each wait for an event, such as a payment, and can end the operation. `reply` must
 * not be NULL; it gets the reply, to free with polar_license_reply_free(), or NULL on failure. `error` may be NULL;
 * otherwise it gets an error to free with polar_license_error_free(), or NULL on success. Callable from any thread.
 * Blocks on the network and the disk. polar_license_cancel() ends the operation.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_STORAGE, _NETWORK, _TIMEOUT, _SERVER, _CANCELLED, or
 * - POLAR_LICENSE_ERR_INVALID_ARGUMENT if the request or one of its arguments is not valid.
 * - POLAR_LICENSE_ERR_RATE_LIMITED if too many codes were requested or tried on this device.
 *   polar_license_error_retry_after_ms() returns the time to wait.
 * - POLAR_LICENSE_ERR_REFUSED if a license key was refused, the session has ended, or the operation is not possible.
 *   If a key was refused, polar_license_error_reason() returns the reason; otherwise it returns
 *   POLAR_LICENSE_REASON_UNSET.
 */
int32_t polar_license_portal_call(const polar_license *license,
                                  const char *request,
                                  polar_license_progress_callback progress,
                                  void *user_data,
                                  polar_license_reply **reply,
                                  polar_license_error **error);

/**
 * Asks Polar to mail a code to the address with which the license was bought. This helps a customer who lost the key
 * or whose device no longer works. Polar does not say whether it knows the address: show the reply's "/message",
 * which contains the address. If the reply's "/kind" is "choose", several customers have this address: let the user
 * choose one of the reply's "/customers", and call the operation `requestCodeFor` for this customer.
 *
 * `email` is the text that the user typed. Everything else is as described for polar_license_portal_call(). Blocks for
 * 15 s at most.
 * Returns POLAR_LICENSE_ERR_STORAGE if the request cannot be counted against the limit of requests. In this case
 * nothing was sent.
 */
int32_t polar_license_portal_request_code(const polar_license *license,
                                          const char *email,
                                          polar_license_reply **reply,
                                          polar_license_error **error);

/**
 * Starts a session with the code from the e-mail. A session lasts an hour. The code is trimmed and converted to
 * capital letters. A text that cannot be a code is refused without a request. The reply is the session:
 * polar_license_reply_handle() returns its handle for the pointer "". Freeing the reply wipes the customer's token, so
 * free the reply when you close the dialog that uses the session.
 *
 * Everything else is as described for polar_license_portal_call(). Blocks 15 s at most. If Polar did not answer, the
 * code may be used up: request another code.
 */
int32_t polar_license_portal_authenticate(const polar_license *license,
                                          const char *code,
                                          polar_license_reply **reply,
                                          polar_license_error **error);

/**
 * Starts a session by accepting an invitation to a team. `invitation` is the token of the invitation, or the link from
 * the invitation's e-mail. An invitation works once. Polar issues the key a moment later: continue with the operation
 * `restoreWhenGranted` of polar_license_portal_call(). The reply is the session, as from
 * polar_license_portal_authenticate().
 *
 * Everything else is as described for polar_license_portal_call(). Blocks 10 s at most.
 * Returns POLAR_LICENSE_ERR_REFUSED if the invitation was used or has expired. If the call fails and
 * polar_license_error_maybe_applied() returns 1, Polar may have accepted the invitation. In this case start the
 * session with a code by e-mail.
 */
int32_t polar_license_portal_claim_seat(const polar_license *license,
                                        const char *invitation,
                                        polar_license_reply **reply,
                                        polar_license_error **error);

/**
 * Activates the customer's license key on this device: the key that is active here, or the only key that can be used.
 * The reply's "/kind" is one of the following. A later version may have more kinds: only "licensed" means that the
 * license is on this device.
 * - "licensed": the license is on this device.
 * - "choose": let the user choose one of "/keys".
 * - "no_seat": the key "/key" is in use on as many devices as it allows. Let the user choose one of "/devices/devices"
 *   for polar_license_portal_release(), and then call polar_license_portal_activate().
 *
 * Everything else is as described for polar_license_portal_call(). Sends a few requests, and blocks 10 s at most for
 * each. If a key is activated, the activation takes 35 s at most in addition.
 */
int32_t polar_license_portal_restore(const polar_license *license,
                                     uint32_t session,
                                     polar_license_reply **reply,
                                     polar_license_error **error);

/**
 * Activates the key `key` on this device. Call this function after the user has chosen the key, or after a seat of the
 * key was released.
 *
 * Everything else is as described for polar_license_portal_restore().
 */
int32_t polar_license_portal_activate(const polar_license *license,
                                      uint32_t session,
                                      uint32_t key,
                                      polar_license_reply **reply,
                                      polar_license_error **error);

/**
 * Lists the customer's license keys that belong to this organization and to a benefit that the options accept. The
 * reply's "/keys" begins with the keys that can be used, sorted by expiry with the latest first.
 *
 * Everything else is as described for polar_license_portal_call(). Blocks 10 s at most for each hundred keys.
 */
int32_t polar_license_portal_license_keys(const polar_license *license,
                                          uint32_t session,
                                          polar_license_reply **reply,
                                          polar_license_error **error);

/**
 * Lists the devices on which a key is active. If the reply's "/kind" is "listed", the devices are in "/devices". If
 * "/kind" is "hidden", the vendor does not show the devices, or there are none. In this case "/message" is a sentence
 * for the user.
 *
 * Everything else is as described for polar_license_portal_call(). Sends a few requests, and blocks 10 s at most for
 * each.
 * Returns POLAR_LICENSE_ERR_REFUSED if the session has ended, or if the key no longer belongs to the customer.
 */
int32_t polar_license_portal_devices(const polar_license *license,
                                     uint32_t session,
                                     uint32_t key,
                                     polar_license_reply **reply,
                                     polar_license_error **error);

/**
 * Releases the seat of a device. If the device is this one, does the same as polar_license_deactivate(). Ask the user
 * first.
 *
 * The reply's "/deactivated" is one of the following. After "unknown" and "key_unknown", list the keys and the devices
 * again.
 * - "released": the seat is free.
 * - "unknown": Polar has never known the seat, or no longer knows it.
 * - "key_unknown": Polar no longer knows the key.
 *
 * Everything else is as described for polar_license_portal_call(). Blocks 35 s at most. If Polar did not answer, list
 * the devices again to see whether the seat was released.
 */
int32_t polar_license_portal_release(const polar_license *license,
                                     uint32_t session,
                                     uint32_t device,
                                     polar_license_reply **reply,
                                     polar_license_error **error);

/**
 * Creates a checkout with the vendor's link, "https://buy.polar.sh/polar_cl_...". Get the address of the checkout from
 * polar_license_reply_address(), open it in a browser, and call polar_license_portal_follow(). The parameters of the
 * link are kept, except the parameters that name the buyer.
 *
 * Everything else is as described for polar_license_portal_call(). Blocks 10 s at most. Freeing the reply wipes the
 * address; the purchase goes on in the browser.
 */
int32_t polar_license_portal_checkout(const polar_license *license,
                                      const char *link,
                                      polar_license_reply **reply,
                                      polar_license_error **error);

/**
 * Waits until the purchase is paid, `within_ms` at most, and then makes Polar e-mail a code to the buyer. The reply is
 * the purchase. Its "/code" has the same members as a reply of polar_license_portal_request_code(). Continue with
 * polar_license_portal_authenticate() and polar_license_portal_restore_purchase(). The buyer may close the page in the
 * browser while this function waits. This function may be called again after any error.
 *
 * Everything else is as described for polar_license_portal_call().
 * Returns POLAR_LICENSE_ERR_TIMEOUT if the purchase was not paid in time; POLAR_LICENSE_ERR_REFUSED if the payment
 * failed or the checkout is older than a day; POLAR_LICENSE_ERR_CANCELLED if `progress` ended the operation.
 */
int32_t polar_license_portal_follow(const polar_license *license,
                                    uint32_t checkout,
                                    uint64_t within_ms,
                                    polar_license_progress_callback progress,
                                    void *user_data,
                                    polar_license_reply **reply,
                                    polar_license_error **error);

/**
 * Activates the key of a purchase. If Polar has not yet granted the key, waits up to five minutes for it.
 *
 * `progress` may be NULL. Everything else is as described for polar_license_portal_restore().
 * Returns POLAR_LICENSE_ERR_TIMEOUT if the key has still not been granted, and POLAR_LICENSE_ERR_CANCELLED if
 * `progress` ended the operation.
 */
int32_t polar_license_portal_restore_purchase(const polar_license *license,
                                              uint32_t session,
                                              uint32_t purchase,
                                              polar_license_progress_callback progress,
                                              void *user_data,
                                              polar_license_reply **reply,
                                              polar_license_error **error);

/**
 * Returns the name of a stage, such as "granting", or "unknown" for a number that this version does not know.
 *
 * The string lives as long as the program. Callable from any thread; never blocks.
 */
const char *polar_license_stage_name(int32_t stage);

/**
 * Returns the string at a JSON pointer, such as "/message". A time is an RFC 3339 string in UTC. Returns NULL if there
 * is no string at the pointer, or if an argument is NULL. Do not log addresses, names and labels.
 *
 * The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_reply_text(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the number at a JSON pointer, such as "/keys/0/limitActivations". Returns 1 for true and 0 for false.
 * Returns POLAR_LICENSE_ABSENT if there is neither a number nor a boolean at the pointer, or if an argument is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_reply_number(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the time at a JSON pointer, such as "/keys/0/expiresAt", in milliseconds since 1970-01-01 UTC. Returns
 * POLAR_LICENSE_ABSENT if there is no time at the pointer, or if an argument is NULL.
 *
 * Callable from any thread; never blocks.
 */
int64_t polar_license_reply_time_ms(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the length of the array at a JSON pointer, such as "/keys". Returns 0 if there is no array at the pointer,
 * or if an argument is NULL.
 *
 * Callable from any thread; never blocks.
 */
size_t polar_license_reply_count(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the handle of the object at a JSON pointer, such as "/keys/0". The pointer "" names the reply itself, which
 * has a handle if it is a session, a checkout, a purchase or a license key. Returns 0, which is never a handle, if the
 * object has none or an argument is NULL.
 *
 * Callable from any thread; never blocks.
 */
uint32_t polar_license_reply_handle(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the value at a JSON pointer as JSON. Pass the pointer "" to get the whole reply. Returns NULL if there is no
 * value at the pointer, or if an argument is NULL. Do not log the JSON: it can contain personal data.
 *
 * The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_reply_json(const polar_license_reply *reply, const char *pointer);

/**
 * Returns the address of a checkout, to open in a browser. The address contains a secret that gives access to the
 * buyer's data: pass it only to the browser, and do not log it. Returns NULL if the reply is not a checkout, or if
 * `reply` is NULL.
 *
 * The string belongs to the reply and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_reply_address(const polar_license_reply *reply);

/**
 * Frees the reply and every string borrowed from it. Its handles become invalid, and the values behind them are wiped.
 * NULL is allowed.
 *
 * Free each reply once, when no thread uses it any longer. An operation that is using one of its handles continues.
 * Never blocks.
 */
void polar_license_reply_free(polar_license_reply *reply);

/**
 * Listens on the port `port` of 127.0.0.1. If `port` is 0, listens on any port that is free.
 *
 * `page` must not be NULL; it gets the page, to free with polar_license_success_page_free(), or NULL on failure.
 * `error` may be NULL; otherwise it gets an error to free with polar_license_error_free(), or NULL on success.
 * Callable from any thread; never blocks.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INTERNAL if the port is taken, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if
 * `page` is NULL.
 */
int32_t polar_license_success_page_listen(uint16_t port,
                                          polar_license_success_page **page,
                                          polar_license_error **error);

/**
 * Returns the success URL for the checkout. Only the vendor's backend should know it, because anybody who knows it can
 * send a token to this page. Returns NULL if `page` is NULL.
 *
 * The string belongs to the page and is freed with it. Callable from any thread; never blocks.
 */
const char *polar_license_success_page_address(const polar_license_success_page *page);

/**
 * Waits until the browser passes a token to the page, `within_ms` at most, and starts a session with this token.
 * Continue with the operation `restoreWhenGranted` of polar_license_portal_call(). polar_license_cancel() ends the
 * wait.
 *
 * `reply` must not be NULL; it gets the session, as from polar_license_portal_authenticate(), to free with
 * polar_license_reply_free(), or NULL on failure. `error` may be NULL; otherwise it gets an error to free with
 * polar_license_error_free(), or NULL on success. Callable from any thread, but only one thread may wait at a time.
 * Blocks.
 * Returns POLAR_LICENSE_OK; POLAR_LICENSE_ERR_TIMEOUT if no token comes in time, for example because the buyer has
 * closed the browser's page or already was a customer; POLAR_LICENSE_ERR_CANCELLED; or
 * POLAR_LICENSE_ERR_INVALID_ARGUMENT if `page`, `license` or `reply` is NULL.
 */
int32_t polar_license_success_page_wait(const polar_license_success_page *page,
                                        const polar_license *license,
                                        uint64_t within_ms,
                                        polar_license_reply **reply,
                                        polar_license_error **error);

/**
 * Frees the page, and stops listening. NULL is allowed.
 *
 * If another thread is inside polar_license_success_page_wait(), that call continues, and the memory is freed when it
 * returns. After this function has been called, no other call with this page may begin. Free the page once. Never
 * blocks.
 */
void polar_license_success_page_free(polar_license_success_page *page);

/**
 * Gives the library the bytes that a load callback has found. The library copies them. If this function is called
 * several times, the last call counts.
 *
 * `bytes` may be NULL if `length` is 0. Call this function from the load callback, on the thread of that callback.
 * Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `record` is NULL, or if `bytes` is NULL and
 * `length` is not 0.
 */
int32_t polar_license_record_set(polar_license_record *record, const uint8_t *bytes, size_t length);

/**
 * Returns the method to send: "POST" or, for the customer portal, "GET", which has no body. Returns NULL if `request`
 * is NULL.
 *
 * The string lives as long as the program. Never blocks.
 */
const char *polar_license_request_method(const polar_license_request *request);

/**
 * Returns the address to which the request must be sent. Returns NULL if `request` is NULL.
 *
 * The string lives until the transport callback returns. Never blocks.
 */
const char *polar_license_request_url(const polar_license_request *request);

/**
 * Returns the request's JSON body. Do not log it: it contains the license key or other secrets. If the body of a POST
 * is empty, send `Content-Length: 0`. Returns NULL if `request` is NULL.
 *
 * The string lives until the transport callback returns. Never blocks.
 */
const char *polar_license_request_body(const polar_license_request *request);

/**
 * Returns the time limit in milliseconds for sending the request and reading the whole reply. Returns 0 if `request`
 * is NULL.
 *
 * Never blocks.
 */
uint64_t polar_license_request_timeout_ms(const polar_license_request *request);

/**
 * Returns the name of the request's header at `index`, which counts from 0. Send each header of the request, in
 * addition to Host and Content-Length. Returns NULL if `index` is past the last header, or if `request` is NULL.
 *
 * The string lives until the transport callback returns. Never blocks.
 */
const char *polar_license_request_header_name(const polar_license_request *request, size_t index);

/**
 * Returns the value of the header at `index`, which counts from 0. Returns NULL if `index` is past the last header, or
 * if `request` is NULL.
 *
 * The string lives until the transport callback returns. Never blocks.
 */
const char *polar_license_request_header_value(const polar_license_request *request, size_t index);

/**
 * Returns how many seconds to wait before the next request, according to the headers Retry-After, RateLimit-Reset and
 * Date of a reply. Returns -1 if the headers do not ask for a wait. Pass the result to polar_license_response_set().
 *
 * Pass NULL for a header that the reply does not have. Callable from any thread. Never blocks.
 */
int64_t polar_license_retry_after_s(const char *retry_after, const char *ratelimit_reset, const char *date);

/**
 * Call this function when a reply has arrived, even if a server other than Polar's sent it. `http_status` is the HTTP
 * status of the reply. `retry_after_s` is the result of polar_license_retry_after_s() for the headers of the reply.
 * `body` is the whole body of the reply, which is copied. If the callback reports several replies, the last one
 * counts.
 *
 * `body` may be NULL if `length` is 0. Call this function from the transport callback, on one thread at a time. Never
 * blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if a required argument is NULL, or if `http_status`
 * is not an HTTP status.
 */
int32_t polar_license_response_set(polar_license_response *response,
                                   int32_t http_status,
                                   int64_t retry_after_s,
                                   const uint8_t *body,
                                   size_t length);

/**
 * Reports the Location header of a reply. The header is copied. Some replies to requests of the customer portal are
 * redirects, which must not be followed. Call this function in addition to polar_license_response_set(), in any order.
 *
 * Call it from the transport callback, on one thread at a time. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if an argument is NULL, or if `location` is not
 * UTF-8.
 */
int32_t polar_license_response_set_location(polar_license_response *response, const char *location);

/**
 * Reports that no complete reply arrived. `failure` is one of POLAR_LICENSE_FAILED_.... Pass 1 as `maybe_sent` if
 * Polar may have received the request. Pass 0 only if the request failed before the first byte of the body was sent,
 * because in every other case Polar may have received the request. `message` is one line for developers and logs,
 * without the key; it is copied. If several reports are made, the last one counts.
 *
 * `message` may be NULL. Call this function from the transport callback, on one thread at a time. Never blocks.
 * Returns POLAR_LICENSE_OK, or POLAR_LICENSE_ERR_INVALID_ARGUMENT if `response` is NULL, the failure is unknown, or
 * `message` is not UTF-8.
 */
int32_t polar_license_response_fail(polar_license_response *response,
                                    int32_t failure,
                                    int32_t maybe_sent,
                                    const char *message);

/**
 * Passes the library's log lines to `callback`, up to the level `level`. Replaces any earlier callback. A NULL
 * `callback` ends logging. Applies to the whole process. Nothing is logged before this function is called.
 *
 * `destructor` is called once with `user_data`: when a later call to this function replaces or removes the callback,
 * or if this function fails. `destructor` may be NULL. Callable from any thread. Never blocks. When this function
 * returns, the earlier callback may still be running on another thread.
 * Returns POLAR_LICENSE_OK, POLAR_LICENSE_ERR_INVALID_ARGUMENT for an unknown level, or POLAR_LICENSE_ERR_INTERNAL if
 * the program is written in Rust and has set another logger.
 */
int32_t polar_license_set_log(int32_t level,
                              polar_license_log_callback callback,
                              void *user_data,
                              polar_license_destructor destructor);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POLAR_LICENSE_H */
