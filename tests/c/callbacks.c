/* Tests the store, transport, clock, change listener and log that an app provides. The library uses them, they fail,
 * they call the library, and the library destroys each of them exactly once. */
#include "fake_polar.h"

#define DAY_MS INT64_C(86400000)

static void pass(fake_polar *polar, int64_t ms)
{
    atomic_fetch_add(&polar->wall_ms, ms);
    atomic_fetch_add(&polar->mono_ms, (uint64_t)ms);
}

static void failing_callbacks_are_errors_and_no_more(void)
{
    fake_polar polar = { 0 };
    polar_license *license;
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;

    /* The activation fails, but a license that cannot be stored works until the program ends. */
    polar.store_fails = 1;
    license = fake_polar_open(&polar);
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    CHECK(polar_license_decision_reason(decision) == POLAR_LICENSE_REASON_STORAGE);
    polar_license_decision_free(decision);
    CHECK(polar_license_activate(license, "MY-KEY-123456", &error) == POLAR_LICENSE_ERR_STORAGE);
    CHECK(polar_license_error_maybe_applied(error) == 0);
    CHECK(polar_license_decision_allowed(polar_license_error_decision(error)) == 1);
    polar_license_error_free(error);
    polar.store_fails = 0;

    polar.behaviour = 2; /* the transport sets no response */
    CHECK(polar_license_activate(license, "MY-KEY-123456", &error) == POLAR_LICENSE_ERR_NETWORK);
    CHECK(strstr(polar_license_error_detail(error), "gave no answer") != NULL);
    polar_license_error_free(error);
    polar.behaviour = 3; /* the transport acts as a captive portal */
    pass(&polar, 120000);
    CHECK(polar_license_activate(license, "MY-KEY-123456", &error) == POLAR_LICENSE_ERR_NETWORK);
    polar_license_error_free(error);
    polar.behaviour = 0;
    pass(&polar, 120000);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));

    /* The stored bytes are not a record. */
    memset(polar.bytes, 'x', sizeof polar.bytes);
    license = fake_polar_open(&polar);
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    CHECK(polar_license_decision_allowed(decision) == 0);
    CHECK(polar_license_decision_reason(decision) == POLAR_LICENSE_REASON_TAMPERED);
    polar_license_decision_free(decision);
    CHECK(polar_license_forget(license, NULL) == POLAR_LICENSE_OK);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 6));
}

typedef struct listener {
    polar_license *license;
    uint64_t subscription;
    int calls, destroyed, first_state, last_state, frees, ends;
} listener;

static void on_change(void *user_data, const polar_license_decision *decision, const polar_license_decision *before)
{
    listener *this = user_data;
    polar_license_decision *current = NULL;
    if (this->calls++ == 0)
        this->first_state = polar_license_decision_state(before);
    CHECK(strcmp(polar_license_decision_json(decision), polar_license_decision_json(before)) != 0);
    this->last_state = polar_license_decision_state(decision);
    if (this->frees) {
        polar_license_free(this->license);
        return;
    }
    /* A change callback may call every function. */
    CHECK(polar_license_current(this->license, &current) == POLAR_LICENSE_OK);
    polar_license_decision_free(current);
    CHECK(polar_license_allows(this->license, "export") == polar_license_decision_allowed(decision));
    if (this->calls == 1) /* the validation calls this callback again */
        CHECK(polar_license_validate(this->license, NULL) == POLAR_LICENSE_OK);
    if (this->ends && this->subscription != 0) {
        CHECK(polar_license_off_change(this->license, this->subscription) == POLAR_LICENSE_OK);
        this->subscription = 0;
    }
}

static void end_listener(void *user_data)
{
    listener *this = user_data;
    this->destroyed++;
    /* A destructor may call the library, too. */
    CHECK(polar_license_abi_version() == POLAR_LICENSE_ABI_VERSION);
}

static void listeners_are_called_and_may_call_and_end(void)
{
    fake_polar polar = { 0 };
    polar_license *license = fake_polar_open(&polar);
    listener stays = { 0 }, ends = { 0 }, frees = { 0 }, refused = { 0 };
    stays.license = ends.license = license;
    ends.ends = 1;
    CHECK(polar_license_on_change(license, NULL, &refused, end_listener, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(refused.destroyed == 1);
    CHECK(polar_license_on_change(license, on_change, &stays, end_listener, &stays.subscription) == POLAR_LICENSE_OK);
    CHECK(polar_license_on_change(license, on_change, &ends, end_listener, &ends.subscription) == POLAR_LICENSE_OK);
    CHECK(stays.subscription != ends.subscription);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    CHECK(stays.calls >= 1 && stays.last_state == POLAR_LICENSE_STATE_ACTIVE && stays.destroyed == 0);
    CHECK(stays.first_state == POLAR_LICENSE_STATE_UNLICENSED);
    CHECK(ends.calls >= 1 && ends.subscription == 0 && ends.destroyed == 1);
    ends.calls = 0;
    CHECK(polar_license_forget(license, NULL) == POLAR_LICENSE_OK);
    CHECK(ends.calls == 0);
    polar_license_free(license);
    CHECK(stays.destroyed == 1 && fake_polar_destroyed(&polar, 3));

    /* The change callback frees the license from inside an operation of this license. */
    frees.license = license = fake_polar_open(&polar);
    frees.frees = 1;
    CHECK(polar_license_on_change(license, on_change, &frees, end_listener, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    CHECK(frees.calls == 1 && frees.destroyed == 1 && fake_polar_destroyed(&polar, 6));
}

static void ask_while_sending(void *context)
{
    polar_license **license = context;
    polar_license_decision *decision = NULL;
    if (!*license)
        return;
    CHECK(polar_license_current(*license, &decision) == POLAR_LICENSE_OK);
    polar_license_decision_free(decision);
    CHECK(polar_license_allows(*license, "export") == 0);
    CHECK(polar_license_cancel(*license) == POLAR_LICENSE_OK);
}

static void a_transport_may_call_and_cancel(void)
{
    fake_polar polar = { 0 };
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    polar.before = ask_while_sending;
    polar.context = &license;
    license = fake_polar_open(&polar);
    CHECK(polar_license_activate(license, "MY-KEY-123456", &error) == POLAR_LICENSE_ERR_CANCELLED);
    CHECK_TEXT(polar_license_kind_name(polar_license_error_kind(error)), "cancelled");
    polar_license_error_free(error);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

static void auto_refresh_starts_and_stops(void)
{
    fake_polar polar = { 0 };
    polar_license *license = fake_polar_open(&polar);
    CHECK(polar_license_start_auto_refresh(license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_start_auto_refresh(license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_stop_auto_refresh(license) == POLAR_LICENSE_OK);
    CHECK(polar_license_start_auto_refresh(license, NULL) == POLAR_LICENSE_OK);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

static int log_lines, log_ended;

static void on_log(void *user_data, int32_t level, const char *target, const char *message)
{
    CHECK(user_data == &log_lines);
    CHECK(level >= POLAR_LICENSE_LOG_ERROR && level <= POLAR_LICENSE_LOG_DEBUG);
    CHECK(strncmp(target, "polar_license", 13) == 0);
    CHECK(strstr(message, "MY-KEY") == NULL);
    log_lines++;
}

static void end_log(void *user_data)
{
    CHECK(user_data == &log_lines);
    log_ended++;
}

static void the_log_is_passed_on(void)
{
    fake_polar polar = { 0 };
    polar_license *license;
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, on_log, &log_lines, end_log) == POLAR_LICENSE_OK);
    license = fake_polar_open(&polar);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_allows(license, "no such feature") == 0);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
    CHECK(log_lines > 0);
    CHECK(polar_license_set_log(0, on_log, &log_lines, end_log) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(log_ended == 1);
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, NULL, NULL, NULL) == POLAR_LICENSE_OK);
    CHECK(log_ended == 2);
}

static void options_are_reusable_and_share_their_parts(void)
{
    fake_polar polar = { 0 };
    polar_license_options *options = fake_polar_options(&polar);
    polar_license *one = NULL, *two = NULL;
    CHECK(polar_license_open(options, &one, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &two, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_activate(one, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_refresh(two, NULL) == POLAR_LICENSE_OK);
    polar_license_free(one);
    polar_license_options_free(options);
    CHECK(fake_polar_destroyed(&polar, 0));
    polar_license_free(two);
    CHECK(fake_polar_destroyed(&polar, 3));

    /* A part that is replaced or refused is destroyed at once. */
    options = fake_polar_options(&polar);
    CHECK(polar_license_options_set_memory_store(options) == POLAR_LICENSE_OK);
    CHECK(fake_polar_destroyed(&polar, 4));
    CHECK(polar_license_options_set_transport(options, NULL, &polar, fake_polar_destroy) != POLAR_LICENSE_OK);
    CHECK(fake_polar_destroyed(&polar, 5));
    polar_license_options_free(options);
    CHECK(fake_polar_destroyed(&polar, 7));
}

/* Opens a license from the stored record of `polar`, with the given device id and secrets, as another app would. Checks
 * the state and the reason. */
static void opens_with(fake_polar *polar, const char *device, const char *secret, const char *previous, int32_t as,
                       int32_t why)
{
    polar_license_options *options = fake_polar_options(polar);
    polar_license *license = NULL;
    polar_license_decision *decision = NULL;
    CHECK(polar_license_options_set_device_id(options, device) == POLAR_LICENSE_OK);
    if (secret)
        CHECK(polar_license_options_set_app_secret(options, secret) == POLAR_LICENSE_OK);
    if (previous)
        CHECK(polar_license_options_add_previous_app_secret(options, previous) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);
    if (polar->length == 0)
        CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    CHECK(polar_license_decision_state(decision) == as && polar_license_decision_reason(decision) == why);
    polar_license_decision_free(decision);
    polar_license_free(license);
}

static void a_record_belongs_to_a_device_and_a_secret(void)
{
    fake_polar polar = { 0 };
    const int32_t active = POLAR_LICENSE_STATE_ACTIVE, none = POLAR_LICENSE_STATE_UNLICENSED;
    opens_with(&polar, "a device", "hush", NULL, active, POLAR_LICENSE_REASON_UNSET);
    opens_with(&polar, "a device", "hush", NULL, active, POLAR_LICENSE_REASON_UNSET);
    opens_with(&polar, "another device", "hush", NULL, none, POLAR_LICENSE_REASON_OTHER_DEVICE);
    opens_with(&polar, "a device", NULL, NULL, none, POLAR_LICENSE_REASON_TAMPERED);
    opens_with(&polar, "a device", "newer", NULL, none, POLAR_LICENSE_REASON_TAMPERED);
    opens_with(&polar, "a device", "newer", "hush", active, POLAR_LICENSE_REASON_UNSET);
    CHECK(fake_polar_destroyed(&polar, 18));
}

int main(void)
{
    failing_callbacks_are_errors_and_no_more();
    listeners_are_called_and_may_call_and_end();
    a_transport_may_call_and_cancel();
    auto_refresh_starts_and_stops();
    the_log_is_passed_on();
    options_are_reusable_and_share_their_parts();
    a_record_belongs_to_a_device_and_a_secret();
    puts("ok");
    return 0;
}
