/* Runs with a library that has the feature `test-panic`, in which every function can be made to panic. Checks that
 * the function returns the value that the header names, and that the program continues. An environment variable
 * names the function that panics. `bindings/c/tests/header.rs` checks that this program calls every function of the
 * header. */
#define _POSIX_C_SOURCE 200809L
#include "fake_polar.h"
#include "getters.h"
#include "settings.h"

#ifdef _WIN32
#define setenv(name, value, overwrite) _putenv_s(name, value)
#define unsetenv(name) _putenv_s(name, "")
#endif

static const char *variable = "POLAR_LICENSE_TEST_PANIC";

/* Calls a function that is made to panic. */
#define PANICS(function, check) \
    do { \
        setenv(variable, #function, 1); \
        CHECK(check); \
        unsetenv(variable); \
    } while (0)

#define FAILS(function, arguments) PANICS(function, function arguments == POLAR_LICENSE_ERR_INTERNAL)

static int in_transport, in_load;

static int32_t load(void *user_data, polar_license_record *record)
{
    in_load = 1;
    FAILS(polar_license_record_set, (record, (const uint8_t *)"x", 1));
    return fake_polar_load(user_data, record);
}

static void post(void *user_data, const polar_license_request *request, polar_license_response *response)
{
    in_transport = 1;
    PANICS(polar_license_request_method, polar_license_request_method(request) == NULL);
    PANICS(polar_license_request_url, polar_license_request_url(request) == NULL);
    PANICS(polar_license_request_body, polar_license_request_body(request) == NULL);
    PANICS(polar_license_request_timeout_ms, polar_license_request_timeout_ms(request) == 0);
    PANICS(polar_license_request_header_name, polar_license_request_header_name(request, 0) == NULL);
    PANICS(polar_license_request_header_value, polar_license_request_header_value(request, 0) == NULL);
    PANICS(polar_license_retry_after_s, polar_license_retry_after_s("60", NULL, NULL) == -1);
    FAILS(polar_license_response_set, (response, 200, -1, (const uint8_t *)"x", 1));
    FAILS(polar_license_response_set_location, (response, "https://polar.sh/"));
    FAILS(polar_license_response_fail, (response, POLAR_LICENSE_FAILED_NETWORK, 1, NULL));
    fake_polar_post(user_data, request, response);
}

static void on_change(void *user_data, const polar_license_decision *decision, const polar_license_decision *before)
{
    (void)user_data;
    (void)decision;
    (void)before;
}

static void options_panic(polar_license_options *o)
{
    fake_polar refused = { 0 };
    PANICS(polar_license_options_new, polar_license_options_new(ORGANIZATION, "com.acme.app") == NULL);
    PANICS(polar_license_options_from_json, polar_license_options_from_json("{}") == NULL);
    CALL_EVERY_SETTER(FAILS, o);
    FAILS(polar_license_options_set_directory, (o, "x"));
    FAILS(polar_license_options_set_memory_store, (o));
    FAILS(polar_license_options_set_store,
          (o, fake_polar_load, fake_polar_save, fake_polar_remove, &refused, fake_polar_destroy));
    FAILS(polar_license_options_set_store_lock, (o, fake_polar_lock, fake_polar_unlock));
    FAILS(polar_license_options_set_transport, (o, post, &refused, fake_polar_destroy));
    FAILS(polar_license_options_set_clock, (o, fake_polar_clock, &refused, fake_polar_destroy));
    CHECK(refused.destroyed == 3); /* a function that panics destroys the user data, too */
}

static void a_license_panics(polar_license *l)
{
    fake_polar refused = { 0 };
    int32_t covered = 77;
    polar_license_error *e = NULL;
    polar_license_decision *d = (polar_license_decision *)&d;
    FAILS(polar_license_activate, (l, "KEY", &e));
    CHECK(polar_license_error_kind(e) == POLAR_LICENSE_ERR_INTERNAL);
    CHECK_TEXT(polar_license_error_detail(e), "a defect in this library: polar_license_activate panicked");
    PANICS(polar_license_error_free, (polar_license_error_free(e), 1));
    polar_license_error_free(e);
    FAILS(polar_license_activate_with, (l, "KEY", 0, &d, NULL));
    CHECK(d == NULL);
    FAILS(polar_license_validate, (l, &d));
    FAILS(polar_license_refresh, (l, &d));
    FAILS(polar_license_current, (l, &d));
    CHECK(d == NULL);
    PANICS(polar_license_allowed, polar_license_allowed(l) == 0);
    PANICS(polar_license_allows, polar_license_allows(l, "export") == 0);
    FAILS(polar_license_covers, (l, "2026-11-21", &covered, NULL));
    CHECK(covered == 1);
    FAILS(polar_license_consume, (l, 1, NULL, NULL));
    FAILS(polar_license_deactivate, (l, NULL, NULL));
    FAILS(polar_license_forget, (l, NULL));
    FAILS(polar_license_on_change, (l, on_change, &refused, fake_polar_destroy, NULL));
    CHECK(refused.destroyed == 1);
    FAILS(polar_license_off_change, (l, 1));
    FAILS(polar_license_start_auto_refresh, (l, NULL));
    FAILS(polar_license_stop_auto_refresh, (l));
    FAILS(polar_license_cancel, (l));
    PANICS(polar_license_free, (polar_license_free(l), 1));
}

/* Creates a request only, for which no Polar is needed. */
static void an_offline_text_panics(polar_license *l)
{
    polar_license_offline_text *request = NULL, *t = (polar_license_offline_text *)&t;
    polar_license_decision *d = (polar_license_decision *)&d;
    FAILS(polar_license_offline_request, (l, &t, NULL));
    CHECK(t == NULL);
    FAILS(polar_license_offline_answer, (l, "REQUEST1-0", "KEY", &t, &d, NULL));
    FAILS(polar_license_offline_import, (l, "ANSWER1-0", &d, NULL));
    FAILS(polar_license_offline_return, (l, &t, &d, NULL));
    FAILS(polar_license_offline_release, (l, "RETURN1-0", NULL, &d, NULL));
    CHECK(t == NULL && d == NULL);

    CHECK(polar_license_offline_request(l, &request, NULL) == POLAR_LICENSE_OK);
    PANICS(polar_license_offline_text_string, polar_license_offline_text_string(request) == NULL);
    PANICS(polar_license_offline_text_free, (polar_license_offline_text_free(request), 1));
    CHECK(strncmp(polar_license_offline_text_string(request), "REQUEST1-", 9) == 0);
    polar_license_offline_text_free(request);
}

static void a_decision_panics(polar_license_decision *d)
{
    PANICS(polar_license_decision_allows, polar_license_decision_allows(d, "export") == 0);
    PANICS(polar_license_decision_explain, polar_license_decision_explain(d, "export")[0] == 0);
    PANICS(polar_license_decision_explain_json, polar_license_decision_explain_json(d, "export") == NULL);
    PANICS(polar_license_decision_state, polar_license_decision_state(d) == POLAR_LICENSE_STATE_UNLICENSED);
    PANICS(polar_license_decision_reason, polar_license_decision_reason(d) == POLAR_LICENSE_REASON_UNSET);
    PANICS(polar_license_decision_next_step, polar_license_decision_next_step(d) == POLAR_LICENSE_NEXT_NONE);
    PANICS(polar_license_decision_message, polar_license_decision_message(d)[0] == 0);
    PANICS(polar_license_decision_problem_kind, polar_license_decision_problem_kind(d) == POLAR_LICENSE_OK);
    CALL_GETTERS_OF_A_DECISION(PANICS, d);
    PANICS(polar_license_decision_json, polar_license_decision_json(d) == NULL);
    PANICS(polar_license_decision_free, (polar_license_decision_free(d), 1));
}

/* Calls the functions of the portal. It creates only replies for which no Polar is needed. */
static void a_portal_panics(polar_license *l)
{
    polar_license_reply *session = NULL, *checkout = NULL, *r = (polar_license_reply *)&r;
    polar_license_success_page *page = NULL, *sp = (polar_license_success_page *)&sp;
    const char *const token = "{\"call\":\"sessionFromToken\",\"token\":\"polar_cst_a\"}";
    const char *const secret = "{\"call\":\"checkoutFromSecret\",\"clientSecret\":\"polar_c_a\"}";
    FAILS(polar_license_portal_call, (l, token, NULL, NULL, &r, NULL));
    CHECK(r == NULL);
    FAILS(polar_license_portal_request_code, (l, "iona@example.com", &r, NULL));
    FAILS(polar_license_portal_authenticate, (l, "AAAAAA", &r, NULL));
    FAILS(polar_license_portal_claim_seat, (l, "an invitation", &r, NULL));
    FAILS(polar_license_portal_restore, (l, 1, &r, NULL));
    FAILS(polar_license_portal_activate, (l, 1, 2, &r, NULL));
    FAILS(polar_license_portal_license_keys, (l, 1, &r, NULL));
    FAILS(polar_license_portal_devices, (l, 1, 2, &r, NULL));
    FAILS(polar_license_portal_release, (l, 1, 2, &r, NULL));
    FAILS(polar_license_portal_checkout, (l, "polar_cl_a", &r, NULL));
    FAILS(polar_license_portal_follow, (l, 1, 0, NULL, NULL, &r, NULL));
    FAILS(polar_license_portal_restore_purchase, (l, 1, 2, NULL, NULL, &r, NULL));
    FAILS(polar_license_success_page_listen, (0, &sp, NULL));
    CHECK(sp == NULL && r == NULL);

    CHECK(polar_license_portal_call(l, token, NULL, NULL, &session, NULL) == POLAR_LICENSE_OK);
    PANICS(polar_license_reply_text, polar_license_reply_text(session, "/kind") == NULL);
    PANICS(polar_license_reply_number, polar_license_reply_number(session, "/handle") == POLAR_LICENSE_ABSENT);
    PANICS(polar_license_reply_time_ms, polar_license_reply_time_ms(session, "/handle") == POLAR_LICENSE_ABSENT);
    PANICS(polar_license_reply_count, polar_license_reply_count(session, "/keys") == 0);
    PANICS(polar_license_reply_handle, polar_license_reply_handle(session, "") == 0);
    PANICS(polar_license_reply_json, polar_license_reply_json(session, "") == NULL);
    CHECK(polar_license_portal_call(l, secret, NULL, NULL, &checkout, NULL) == POLAR_LICENSE_OK);
    PANICS(polar_license_reply_address, polar_license_reply_address(checkout) == NULL);
    CHECK(polar_license_success_page_listen(0, &page, NULL) == POLAR_LICENSE_OK);
    PANICS(polar_license_success_page_address, polar_license_success_page_address(page) == NULL);
    FAILS(polar_license_success_page_wait, (page, l, 0, &r, NULL));

    PANICS(polar_license_reply_free, (polar_license_reply_free(session), 1));
    PANICS(polar_license_success_page_free, (polar_license_success_page_free(page), 1));
    polar_license_reply_free(session);
    polar_license_reply_free(checkout);
    polar_license_success_page_free(page);
}

static void an_error_panics(polar_license_error *e)
{
    PANICS(polar_license_error_kind, polar_license_error_kind(e) == POLAR_LICENSE_ERR_INTERNAL);
    PANICS(polar_license_error_message, polar_license_error_message(e)[0] == 0);
    PANICS(polar_license_error_detail, polar_license_error_detail(e)[0] == 0);
    PANICS(polar_license_error_reason, polar_license_error_reason(e) == POLAR_LICENSE_REASON_UNSET);
    PANICS(polar_license_error_next_step, polar_license_error_next_step(e) == POLAR_LICENSE_NEXT_NONE);
    PANICS(polar_license_error_next_url, polar_license_error_next_url(e) == NULL);
    PANICS(polar_license_error_retry_after_ms, polar_license_error_retry_after_ms(e) == POLAR_LICENSE_ABSENT);
    PANICS(polar_license_error_maybe_applied, polar_license_error_maybe_applied(e) == 0);
    PANICS(polar_license_error_decision, polar_license_error_decision(e) == NULL);
    PANICS(polar_license_error_json, polar_license_error_json(e) == NULL);
}

int main(void)
{
    fake_polar polar = { 0 };
    polar_license_options *options = fake_polar_options(&polar);
    polar_license *license = NULL;
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;

    PANICS(polar_license_version, polar_license_version()[0] == 0);
    PANICS(polar_license_abi_version, polar_license_abi_version() == 0);
    PANICS(polar_license_kind_name, strcmp(polar_license_kind_name(0), "unknown") == 0);
    PANICS(polar_license_state_name, strcmp(polar_license_state_name(0), "unknown") == 0);
    PANICS(polar_license_reason_name, strcmp(polar_license_reason_name(0), "unknown") == 0);
    PANICS(polar_license_next_step_name, strcmp(polar_license_next_step_name(0), "unknown") == 0);
    PANICS(polar_license_deactivated_name, strcmp(polar_license_deactivated_name(0), "unknown") == 0);
    PANICS(polar_license_stage_name, strcmp(polar_license_stage_name(1), "unknown") == 0);
    FAILS(polar_license_set_log, (POLAR_LICENSE_LOG_INFO, NULL, NULL, NULL));

    FAILS(polar_license_open, (options, &license, &error));
    CHECK(license == NULL && error != NULL);
    polar_license_error_free(error);
    PANICS(polar_license_options_free, (polar_license_options_free(options), 1));
    CHECK(polar_license_options_set_store(options, load, fake_polar_save, fake_polar_remove, &polar, NULL) == 0);
    CHECK(polar_license_options_set_transport(options, post, &polar, NULL) == 0);
    CHECK(polar_license_options_set_app_secret(options, "hush") == 0);
    CHECK(polar_license_options_set_air_gap_days(options, 90) == 0);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);

    CHECK(polar_license_activate_with(license, "MY-KEY-123456", 0, &decision, NULL) == POLAR_LICENSE_OK);
    CHECK(in_load && in_transport);
    a_decision_panics(decision);
    CHECK(polar_license_decision_allowed(decision) == 1);
    polar_license_decision_free(decision);
    CHECK(polar_license_consume(license, 0, NULL, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    an_error_panics(error);
    polar_license_error_free(error);
    a_license_panics(license);
    a_portal_panics(license);
    an_offline_text_panics(license);
    CHECK(polar_license_allows(license, "export") == 1);
    polar_license_free(license);

    /* If a setter has panicked, its options cannot open a license. */
    options = fake_polar_options(&polar);
    options_panic(options);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_ERR_INTERNAL);
    polar_license_options_free(options);
    puts("ok");
    return 0;
}
