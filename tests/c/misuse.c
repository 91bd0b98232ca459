/* Makes the mistakes that callers can make: NULL, strings that are not UTF-8 or very long, and calls in the wrong
 * order. No call crashes, and each function returns the value that the header names. */
#include "fake_polar.h"
#include "getters.h"
#include "settings.h"

#define RETURNS(function, check) CHECK(check)
#define REJECTED(function, arguments) CHECK(function arguments == POLAR_LICENSE_ERR_INVALID_ARGUMENT)

static void every_function_takes_null(void)
{
    polar_license_options *o = NULL;
    polar_license *l = NULL;
    polar_license_decision *d = NULL;
    polar_license_error *e = NULL;
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;
    polar_license_decision *decision = (polar_license_decision *)&decision;
    polar_license *license = (polar_license *)&license;
    int32_t deactivated = 77, covered = 77;

    CHECK(strlen(polar_license_version()) > 0);
    CHECK(polar_license_abi_version() == POLAR_LICENSE_ABI_VERSION);

    CALL_EVERY_SETTER(REJECTED, o);
    CHECK(polar_license_options_set_directory(o, "x") == wrong);
    CHECK(polar_license_options_set_memory_store(o) == wrong);
    CHECK(polar_license_options_set_store(o, NULL, NULL, NULL, NULL, NULL) == wrong);
    CHECK(polar_license_options_set_store_lock(o, NULL, NULL) == wrong);
    CHECK(polar_license_options_set_transport(o, NULL, NULL, NULL) == wrong);
    CHECK(polar_license_options_set_clock(o, NULL, NULL, NULL) == wrong);
    polar_license_options_free(o);

    CHECK(polar_license_open(o, &license, &e) == wrong);
    CHECK(license == NULL);
    CHECK(polar_license_error_kind(e) == wrong);
    CHECK_TEXT(polar_license_error_message(e), "This app made a mistake: `options` is NULL.");
    CHECK_TEXT(polar_license_error_detail(e), "`options` is NULL");
    CHECK_TEXT(polar_license_error_json(e),
               "{\"error\":{\"kind\":\"invalid_argument\",\"reason\":null,\"message\":\"This app made a mistake: `options` is NULL.\","
               "\"detail\":\"`options` is NULL\",\"retryAfterMs\":null,\"maybeApplied\":false,"
               "\"nextStep\":\"none\",\"nextUrl\":null}}");
    CHECK(polar_license_error_decision(e) == NULL);
    polar_license_error_free(e);
    CHECK(polar_license_open(o, &license, NULL) == wrong);
    CHECK(polar_license_open(o, NULL, NULL) == wrong);
    o = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_open(o, NULL, NULL) == wrong);
    polar_license_options_free(o);

    CHECK(polar_license_activate(l, "KEY", NULL) == wrong);
    CHECK(polar_license_activate_with(l, "KEY", 0, &decision, NULL) == wrong);
    CHECK(decision == NULL);
    CHECK(polar_license_validate(l, NULL) == wrong);
    CHECK(polar_license_refresh(l, NULL) == wrong);
    CHECK(polar_license_current(l, &decision) == wrong);
    CHECK(polar_license_allowed(l) == 0);
    CHECK(polar_license_allows(l, "export") == 0);
    CHECK(polar_license_covers(l, "2026-11-21", &covered, NULL) == wrong);
    CHECK(covered == 1);
    CHECK(polar_license_consume(l, 1, NULL, NULL) == wrong);
    CHECK(polar_license_deactivate(l, &deactivated, NULL) == wrong);
    CHECK(deactivated == 77);
    CHECK(polar_license_forget(l, NULL) == wrong);
    CHECK(polar_license_on_change(l, NULL, NULL, NULL, NULL) == wrong);
    CHECK(polar_license_off_change(l, 1) == wrong);
    CHECK(polar_license_start_auto_refresh(l, NULL) == wrong);
    CHECK(polar_license_stop_auto_refresh(l) == wrong);
    CHECK(polar_license_cancel(l) == wrong);
    polar_license_free(l);

    CHECK(polar_license_decision_allows(d, "export") == 0);
    CHECK_TEXT(polar_license_decision_explain(d, "export"), "");
    CHECK(polar_license_decision_explain_json(d, "export") == NULL);
    CHECK(polar_license_decision_state(d) == POLAR_LICENSE_STATE_UNLICENSED);
    CHECK(polar_license_decision_reason(d) == POLAR_LICENSE_REASON_UNSET);
    CHECK(polar_license_decision_next_step(d) == POLAR_LICENSE_NEXT_NONE);
    CHECK_TEXT(polar_license_decision_message(d), "");
    CHECK(polar_license_decision_problem_kind(d) == POLAR_LICENSE_OK);
    CALL_GETTERS_OF_A_DECISION(RETURNS, d);
    CHECK(polar_license_decision_json(d) == NULL);
    polar_license_decision_free(d);

    e = NULL;
    CHECK(polar_license_error_kind(e) == POLAR_LICENSE_OK);
    CHECK_TEXT(polar_license_error_message(e), "");
    CHECK_TEXT(polar_license_error_detail(e), "");
    CHECK(polar_license_error_reason(e) == POLAR_LICENSE_REASON_UNSET);
    CHECK(polar_license_error_next_step(e) == POLAR_LICENSE_NEXT_NONE);
    CHECK(polar_license_error_next_url(e) == NULL);
    CHECK(polar_license_error_retry_after_ms(e) == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_error_maybe_applied(e) == 0);
    CHECK(polar_license_error_decision(e) == NULL);
    CHECK(polar_license_error_json(e) == NULL);
    polar_license_error_free(e);

    CHECK(polar_license_record_set(NULL, (const uint8_t *)"x", 1) == wrong);
    CHECK(polar_license_request_method(NULL) == NULL);
    CHECK(polar_license_request_url(NULL) == NULL);
    CHECK(polar_license_request_body(NULL) == NULL);
    CHECK(polar_license_request_timeout_ms(NULL) == 0);
    CHECK(polar_license_request_header_name(NULL, 0) == NULL);
    CHECK(polar_license_request_header_value(NULL, 0) == NULL);
    CHECK(polar_license_retry_after_s(NULL, NULL, NULL) == -1);
    CHECK(polar_license_retry_after_s(NO_UTF8, "9", NULL) == 9);
    CHECK(polar_license_retry_after_s("60", "9", NULL) == 60);
    CHECK(polar_license_retry_after_s("Sun, 06 Nov 1994 08:50:37 GMT", NULL, "Sun, 06 Nov 1994 08:49:37 GMT") == 60);
    CHECK(polar_license_retry_after_s("Sun, 06 Nov 1994 08:50:37 GMT", NULL, NULL) == -1);
    CHECK(polar_license_response_set(NULL, 200, -1, NULL, 0) == wrong);
    CHECK(polar_license_response_set_location(NULL, "https://polar.sh/") == wrong);
    CHECK(polar_license_response_fail(NULL, POLAR_LICENSE_FAILED_NETWORK, 1, NULL) == wrong);
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_INFO, NULL, NULL, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_set_log(99, NULL, NULL, NULL) == wrong);
}

/* The functions for computers without a network accept NULL, as all other functions do. */
static void the_offline_functions_take_null(void)
{
    fake_polar polar = { 0 };
    polar_license *license = fake_polar_open(&polar), *l = NULL;
    polar_license_offline_text *t = NULL, *text = (polar_license_offline_text *)&text;
    polar_license_decision *decision = (polar_license_decision *)&decision;
    polar_license_error *e = NULL;
    int32_t deactivated = 77;
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;

    CHECK(polar_license_offline_request(l, &text, &e) == wrong && text == NULL);
    CHECK_TEXT(polar_license_error_detail(e), "`license` is NULL");
    polar_license_error_free(e);
    CHECK(polar_license_offline_answer(l, "REQUEST1-0", "KEY", &text, &decision, NULL) == wrong);
    CHECK(text == NULL && decision == NULL);
    CHECK(polar_license_offline_import(l, "ANSWER1-0", NULL, NULL) == wrong);
    CHECK(polar_license_offline_return(l, &text, NULL, NULL) == wrong);
    CHECK(polar_license_offline_release(l, "RETURN1-0", &deactivated, NULL, NULL) == wrong && deactivated == 77);
    CHECK(polar_license_offline_text_string(t) == NULL);
    polar_license_offline_text_free(t);

    /* A text that the caller could not get is not created. */
    CHECK(polar_license_offline_request(license, NULL, &e) == wrong);
    CHECK_TEXT(polar_license_error_detail(e), "`request` is NULL");
    polar_license_error_free(e);
    CHECK(polar_license_offline_answer(license, "REQUEST1-0", "KEY", NULL, NULL, &e) == wrong);
    CHECK_TEXT(polar_license_error_detail(e), "`answer` is NULL");
    polar_license_error_free(e);
    CHECK(polar_license_offline_return(license, NULL, NULL, &e) == wrong);
    CHECK_TEXT(polar_license_error_detail(e), "`returned` is NULL");
    polar_license_error_free(e);
    CHECK(polar.requests == 0 && polar.saves == 0);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

/* The functions of the customer portal accept NULL, as all other functions do. */
static void the_portal_takes_null(void)
{
    polar_license *l = NULL;
    polar_license_reply *r = NULL, *reply = (polar_license_reply *)&reply;
    polar_license_success_page *sp = NULL, *page = (polar_license_success_page *)&page;
    polar_license_error *e = NULL;
    const char *const call = "{\"call\":\"restore\",\"session\":1}";
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;

    CHECK(polar_license_portal_call(l, call, NULL, NULL, &reply, &e) == wrong && reply == NULL);
    CHECK_TEXT(polar_license_error_detail(e), "`license` is NULL");
    polar_license_error_free(e);
    CHECK(polar_license_portal_call(l, call, NULL, NULL, NULL, &e) == wrong);
    CHECK_TEXT(polar_license_error_detail(e), "`reply` is NULL");
    polar_license_error_free(e);
    CHECK(polar_license_portal_request_code(l, "a@b.example", &reply, NULL) == wrong);
    CHECK(polar_license_portal_authenticate(l, "AAAAAA", &reply, NULL) == wrong);
    CHECK(polar_license_portal_claim_seat(l, "an invitation", &reply, NULL) == wrong);
    CHECK(polar_license_portal_restore(l, 1, &reply, NULL) == wrong);
    CHECK(polar_license_portal_activate(l, 1, 2, &reply, NULL) == wrong);
    CHECK(polar_license_portal_license_keys(l, 1, &reply, NULL) == wrong);
    CHECK(polar_license_portal_devices(l, 1, 2, &reply, NULL) == wrong);
    CHECK(polar_license_portal_release(l, 1, 2, &reply, NULL) == wrong);
    CHECK(polar_license_portal_checkout(l, "polar_cl_a", &reply, NULL) == wrong);
    CHECK(polar_license_portal_follow(l, 1, 0, NULL, NULL, &reply, NULL) == wrong);
    CHECK(polar_license_portal_restore_purchase(l, 1, 2, NULL, NULL, &reply, NULL) == wrong && reply == NULL);

    CHECK(polar_license_reply_text(r, "/kind") == NULL && polar_license_reply_json(r, "") == NULL);
    CHECK(polar_license_reply_number(r, "/usage") == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_reply_time_ms(r, "/createdAt") == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_reply_count(r, "/keys") == 0 && polar_license_reply_handle(r, "") == 0);
    CHECK(polar_license_reply_address(r) == NULL);
    polar_license_reply_free(r);

    CHECK(polar_license_success_page_listen(0, NULL, NULL) == wrong);
    CHECK(polar_license_success_page_address(sp) == NULL);
    CHECK(polar_license_success_page_wait(sp, l, 0, &reply, NULL) == wrong);
    polar_license_success_page_free(sp);
    CHECK(polar_license_success_page_listen(0, &page, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_success_page_wait(page, l, 0, &reply, &e) == wrong && reply == NULL);
    CHECK_TEXT(polar_license_error_detail(e), "`license` is NULL");
    polar_license_error_free(e);
    polar_license_success_page_free(page);
}

/* If an operation of the portal has wrong arguments, no request is sent. */
static void the_portal_checks_its_arguments(void)
{
    fake_polar polar = { 0 };
    polar_license *license = fake_polar_open(&polar);
    polar_license_reply *reply = NULL, *session = NULL, *checkout = NULL;
    polar_license_error *error = NULL;
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;
    const char *const texts[] = { NULL, NO_UTF8 };
    const char *const token = "{\"call\":\"sessionFromToken\",\"token\":\"polar_cst_a\"}";
    const char *const secret = "{\"call\":\"checkoutFromSecret\",\"clientSecret\":\"polar_c_a\"}";
    size_t i;
    for (i = 0; i < 2; i++) {
        CHECK(polar_license_portal_call(license, texts[i], NULL, NULL, &reply, NULL) == wrong);
        CHECK(polar_license_portal_request_code(license, texts[i], &reply, NULL) == wrong);
        CHECK(polar_license_portal_authenticate(license, texts[i], &reply, NULL) == wrong);
        CHECK(polar_license_portal_claim_seat(license, texts[i], &reply, NULL) == wrong);
        CHECK(polar_license_portal_checkout(license, texts[i], &reply, NULL) == wrong);
    }
    CHECK(polar_license_portal_call(license, token, NULL, NULL, &session, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_portal_restore(license, 0, &reply, &error) == wrong);
    CHECK_TEXT(polar_license_error_detail(error), "`session` must be the handle of a session");
    polar_license_error_free(error);
    CHECK(polar_license_portal_activate(license, polar_license_reply_handle(session, ""), 0, &reply, &error) == wrong);
    CHECK_TEXT(polar_license_error_detail(error), "`key` must be the handle of a license key");
    polar_license_error_free(error);
    for (i = 0; i < 2; i++) {
        CHECK(polar_license_reply_text(session, texts[i]) == NULL && polar_license_reply_json(session, texts[i]) == NULL);
        CHECK(polar_license_reply_number(session, texts[i]) == POLAR_LICENSE_ABSENT);
        CHECK(polar_license_reply_time_ms(session, texts[i]) == POLAR_LICENSE_ABSENT);
        CHECK(polar_license_reply_count(session, texts[i]) == 0 && polar_license_reply_handle(session, texts[i]) == 0);
    }
    CHECK(polar_license_reply_text(session, "/handle/0") == NULL && polar_license_reply_count(session, "") == 0);
    CHECK(polar_license_portal_call(license, secret, NULL, NULL, &checkout, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_portal_follow(license, polar_license_reply_handle(checkout, ""), UINT64_MAX, NULL, NULL, NULL,
                                      NULL) == wrong);
    CHECK(polar.requests == 0);
    polar_license_free(license); /* the license is freed before its replies */
    CHECK(strstr(polar_license_reply_address(checkout), "polar_c_a") != NULL);
    polar_license_reply_free(checkout);
    polar_license_reply_free(session);
    CHECK(reply == NULL);
    CHECK(fake_polar_destroyed(&polar, 3));
}

/* Each setter rejects NULL and invalid UTF-8, and opening a license reports the first mistake. */
static void every_string_is_checked(const char *text)
{
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    char first[200] = "";
    CALL_SETTERS_OF_STRINGS(REJECTED, options, text);
    REJECTED(polar_license_options_set_directory, (options, text));
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    snprintf(first, sizeof first, "`environment` is %s", text ? "not valid UTF-8" : "NULL");
    CHECK_TEXT(polar_license_error_detail(error), first);
    polar_license_error_free(error);
    polar_license_options_free(options);

    options = polar_license_options_new(text, text);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_options_free(options);
}

static void wrong_settings_are_named(void)
{
    polar_license_options *options = polar_license_options_new("acme", "com.acme.app");
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    double zero = 0;
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    CHECK(strstr(polar_license_error_detail(error), "organization id `acme`") != NULL);
    CHECK(strstr(polar_license_error_json(error), "\"invalid_config\"") != NULL);
    CHECK(license == NULL);
    polar_license_error_free(error);
    polar_license_options_free(options);

    options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_offline_grace_ms(options, UINT64_MAX) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    polar_license_options_free(options);

    /* Polar cannot compare a fraction reliably. */
    options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_condition_number(options, "half", 0.5) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_options_set_meta_number(options, "huge", 9007199254740992.0) != POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(polar_license_error_detail(error),
               "the value of `half` is 0.5; it must be a whole number up to 9007199254740991");
    polar_license_error_free(error);
    polar_license_options_free(options);
    options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_condition_number(options, "no", 1.0 / zero) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_options_free(options);
    options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_condition_integer(options, "huge", INT64_MAX) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    CHECK(strstr(polar_license_error_detail(error), "`huge` must be") != NULL);
    polar_license_error_free(error);
    polar_license_options_free(options);

    /* The options keep the first mistake, and keep no part of a call that failed. */
    options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_store_lock(options, fake_polar_lock, fake_polar_unlock)
          == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(strstr(polar_license_error_detail(error), "no store") != NULL);
    polar_license_error_free(error);
    polar_license_options_free(options);
}

/* Opens a license with settings in JSON, and checks the kind and the detail of the error. */
static void opens(const char *settings, int32_t expected, const char *detail)
{
    polar_license_options *options = polar_license_options_from_json(settings);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    CHECK(options != NULL);
    CHECK(polar_license_options_set_memory_store(options) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, &error) == expected);
    CHECK(polar_license_error_kind(error) == expected);
    CHECK_TEXT(polar_license_error_detail(error), detail);
    polar_license_error_free(error);
    polar_license_free(license);
    polar_license_options_free(options);
}

static void settings_in_json_are_checked(void)
{
    static const char both[] = "{\"organizationId\":\"" ORGANIZATION "\",\"appId\":\"com.acme.app\"%s}";
    static const struct { const char *more; int32_t opens; const char *detail; } cases[] = {
        { "", POLAR_LICENSE_OK, "" },
        { ",\"conditions\":{\"major\":3},\"label\":null", POLAR_LICENSE_OK, "" },
        { ",\"conditions\":{\"half\":0.5}", POLAR_LICENSE_ERR_INVALID_CONFIG,
          "conditions: `half` must be a string, a whole number up to 9007199254740991 or a boolean" },
        { ",\"\\\"\":1", POLAR_LICENSE_ERR_INVALID_CONFIG, "there is no setting `\"`" },
        { ",\"timeoutMs\":1", POLAR_LICENSE_ERR_INVALID_CONFIG,
          "the timeout is not between 0.1 and 300 seconds; 10 seconds is usual" },
    };
    char settings[400];
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(settings, sizeof settings, both, cases[i].more);
        opens(settings, cases[i].opens, cases[i].detail);
    }
    opens(NULL, POLAR_LICENSE_ERR_INVALID_ARGUMENT, "`settings` is NULL");
    opens(NO_UTF8, POLAR_LICENSE_ERR_INVALID_ARGUMENT, "`settings` is not valid UTF-8");
    opens("[]", POLAR_LICENSE_ERR_INVALID_CONFIG, "the settings are not a JSON object");
    opens("{}", POLAR_LICENSE_ERR_INVALID_CONFIG, "the setting `organizationId` is missing");
}

static void setters_add_to_the_lists_in_json(void)
{
    polar_license_options *options = polar_license_options_from_json(
        "{\"organizationId\":\"" ORGANIZATION "\",\"appId\":\"com.acme.app\",\"benefits\":[\"basic\"]}");
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    CHECK(polar_license_options_add_benefit(options, PRO) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, &error) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    CHECK(strstr(polar_license_error_detail(error), "`basic`") != NULL);
    polar_license_error_free(error);
    polar_license_options_free(options);
}

static void strings_without_a_license_are_checked(const fake_polar *polar, const polar_license *license, const char *huge)
{
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    CHECK(polar_license_activate(license, NULL, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(polar_license_error_detail(error), "`key` is NULL");
    polar_license_error_free(error);
    CHECK(polar_license_activate(license, NO_UTF8, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_error_free(error);
    CHECK(polar_license_activate(license, "", NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_activate(license, huge, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_activate_with(license, NO_UTF8, 0, NULL, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_activate_with(license, "KEY", 2, NULL, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_activate_with(license, NULL, 0, &decision, &error) == POLAR_LICENSE_ERR_NOT_ACTIVATED);
    CHECK(decision == NULL);
    CHECK(polar_license_decision_allowed(polar_license_error_decision(error)) == 0);
    polar_license_error_free(error);
    CHECK(polar_license_consume(license, 1, NULL, NULL) == POLAR_LICENSE_ERR_NOT_ACTIVATED);
    CHECK(polar_license_consume(license, 0, NULL, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_consume(license, UINT32_MAX, NULL, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_deactivate(license, NULL, NULL) == POLAR_LICENSE_ERR_NOT_ACTIVATED);
    CHECK(polar_license_forget(license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_validate(license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_stop_auto_refresh(license) == POLAR_LICENSE_OK);
    CHECK(polar_license_off_change(license, 1) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_cancel(license) == POLAR_LICENSE_OK);
    CHECK(polar->requests == 0);
}

/* If a text for a computer without a network is not valid, nothing is sent or stored. */
static void offline_texts_are_checked(const fake_polar *polar, const polar_license *license, const char *huge)
{
    polar_license_offline_text *text = NULL;
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    const char *const texts[] = { NULL, NO_UTF8, "", "REQUEST1-", "ANSWER1-0", "RETURN1-", "\xc3\xa4", huge };
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;
    const int requests = polar->requests, saves = polar->saves;
    size_t i;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(polar_license_offline_answer(license, texts[i], "KEY", &text, &decision, NULL) == wrong);
        CHECK(polar_license_offline_release(license, texts[i], NULL, &decision, NULL) == wrong);
        CHECK(text == NULL && decision == NULL);
    }
    CHECK(polar_license_offline_import(license, NULL, &decision, NULL) == wrong);
    CHECK(polar_license_offline_import(license, NO_UTF8, &decision, NULL) == wrong);
    CHECK(polar_license_offline_answer(license, "REQUEST1-", NO_UTF8, &text, &decision, &error) == wrong);
    CHECK_TEXT(polar_license_error_detail(error), "`key` is not valid UTF-8");
    polar_license_error_free(error);
    /* The options of this license do not allow licenses for computers without a network. */
    CHECK(polar_license_offline_import(license, huge, &decision, NULL) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    CHECK(polar_license_offline_request(license, &text, NULL) == POLAR_LICENSE_ERR_INVALID_CONFIG);
    CHECK(polar_license_offline_return(license, &text, &decision, NULL) == POLAR_LICENSE_ERR_NOT_ACTIVATED);
    CHECK(text == NULL && decision == NULL && polar->requests == requests && polar->saves == saves);
}

static void strings_with_a_license_are_checked(const polar_license *license, const char *huge)
{
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    int32_t covered = 77;
    CHECK(polar_license_activate(license, "A-KEY-OF-MINE", NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_allows(license, "export") == 1);
    CHECK(polar_license_allows(license, NULL) == 0);
    CHECK(polar_license_allows(license, NO_UTF8) == 0);
    CHECK(polar_license_allows(license, huge) == 0);
    CHECK(polar_license_covers(license, "2026-11-21", &covered, NULL) == POLAR_LICENSE_OK && covered == 1);
    CHECK(polar_license_covers(license, "2026-11-21", NULL, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_covers(license, NULL, &covered, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_covers(license, NO_UTF8, &covered, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_covers(license, huge, &covered, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_covers(license, "Nov 21 2026", &covered, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(polar_license_error_detail(error), "`built` is not a day like `2026-11-21`");
    polar_license_error_free(error);
    CHECK(polar_license_current(license, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    CHECK(polar_license_decision_allows(decision, "export") == 1);
    CHECK(polar_license_decision_allows(decision, NULL) == 0);
    CHECK(polar_license_decision_allows(decision, NO_UTF8) == 0);
    CHECK(polar_license_decision_allows(decision, huge) == 0);
    CHECK_TEXT(polar_license_decision_explain(decision, NULL), "");
    CHECK_TEXT(polar_license_decision_explain(decision, NO_UTF8), "");
    CHECK(polar_license_decision_explain_json(decision, NULL) == NULL);
    CHECK(polar_license_decision_explain_json(decision, NO_UTF8) == NULL);
    CHECK(strlen(polar_license_decision_explain(decision, huge)) > 0);
    polar_license_decision_free(decision);
}

static void strings_for_a_license_are_checked(void)
{
    fake_polar polar = { 0 };
    polar_license *license = fake_polar_open(&polar);
    const size_t length = 20 * 1000 * 1000;
    char *huge = malloc(length + 1);
    CHECK(huge != NULL);
    memset(huge, 'K', length);
    huge[length] = 0;
    strings_without_a_license_are_checked(&polar, license, huge);
    offline_texts_are_checked(&polar, license, huge);
    strings_with_a_license_are_checked(license, huge);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
    free(huge);
}

/* Each setter accepts a string of any length. If the string is too long for Polar or the system, opening the license
 * fails. The directory is an exception: it may be too long here, because the license is in memory. */
static void strings_in_options_may_be_huge(void)
{
    typedef int32_t setter(polar_license_options *, const char *);
    static setter *const one[] = { polar_license_options_set_directory, SETTERS_OF_ONE_STRING };
    const size_t huge = 3 * 1000 * 1000;
    char *text = malloc(huge + 1);
    size_t i;
    CHECK(text != NULL);
    memset(text, 'h', huge);
    text[huge] = 0;
    for (i = 0; i < sizeof one / sizeof *one; i++) {
        const int32_t opens = i == 0 ? POLAR_LICENSE_OK : POLAR_LICENSE_ERR_INVALID_CONFIG;
        polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
        polar_license *license = NULL;
        polar_license_error *error = NULL;
        CHECK(polar_license_options_set_memory_store(options) == POLAR_LICENSE_OK);
        CHECK(one[i](options, text) == POLAR_LICENSE_OK);
        CHECK(polar_license_open(options, &license, &error) == opens);
        CHECK(polar_license_error_kind(error) == opens);
        CHECK(polar_license_allowed(license) == 0);
        polar_license_error_free(error);
        polar_license_free(license);
        polar_license_options_free(options);
    }
    free(text);
}

static void ignore_change(void *user_data, const polar_license_decision *decision, const polar_license_decision *before)
{
    (void)user_data, (void)decision, (void)before;
}

/* If a transport or a store reports something invalid, the library rejects that report and uses the previous one. */
static void report_invalid(void *user_data, const polar_license_request *request, polar_license_response *response)
{
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;
    (void)user_data, (void)request;
    CHECK(polar_license_response_fail(response, POLAR_LICENSE_FAILED_TIMEOUT, 1, "too slow") == POLAR_LICENSE_OK);
    CHECK(polar_license_response_fail(response, 0, 1, NULL) == wrong);
    CHECK(polar_license_response_fail(response, 99, 1, NULL) == wrong);
    CHECK(polar_license_response_fail(response, POLAR_LICENSE_FAILED_NETWORK, 1, NO_UTF8) == wrong);
    CHECK(polar_license_response_set(response, -1, -1, NULL, 0) == wrong);
    CHECK(polar_license_response_set(response, 70000, -1, NULL, 0) == wrong);
    CHECK(polar_license_response_set(response, 200, -1, NULL, 7) == wrong);
}

static int32_t load_invalid(void *user_data, polar_license_record *record)
{
    (void)user_data;
    CHECK(polar_license_record_set(record, NULL, 7) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_record_set(record, NULL, 0) == POLAR_LICENSE_OK);
    return 0;
}

static void invalid_reports_of_a_callback_are_rejected(void)
{
    fake_polar polar = { 0 };
    polar_license_options *options = fake_polar_options(&polar);
    polar_license *license = NULL;
    uint64_t subscription = 0;
    CHECK(polar_license_options_set_transport(options, report_invalid, NULL, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_options_set_store(options, load_invalid, fake_polar_save, fake_polar_remove, &polar, NULL)
          == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);
    CHECK(polar_license_activate(license, "A-KEY-OF-MINE", NULL) == POLAR_LICENSE_ERR_TIMEOUT);

    /* A subscription can be ended only once. */
    CHECK(polar_license_on_change(license, ignore_change, NULL, NULL, &subscription) == POLAR_LICENSE_OK);
    CHECK(polar_license_off_change(license, subscription) == POLAR_LICENSE_OK);
    CHECK(polar_license_off_change(license, subscription) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

static int32_t refuse_lock(void *user_data)
{
    return fake_polar_store_failure(user_data);
}

/* If the lock cannot be acquired, nothing is stored. A license that needs no seat then works until the program ends. */
static void a_lock_that_fails_is_a_storage_error(void)
{
    fake_polar polar = { 0 };
    polar_license_options *options = fake_polar_options(&polar);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    CHECK(polar_license_options_set_store_lock(options, refuse_lock, fake_polar_unlock) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);
    CHECK(polar_license_activate(license, "A-KEY-OF-MINE", &error) == POLAR_LICENSE_ERR_STORAGE);
    CHECK(polar_license_decision_allowed(polar_license_error_decision(error)) == 1);
    polar_license_error_free(error);
    CHECK(polar.saves == 0 && polar.removes == 0);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

static void numbers_have_names(void)
{
    CHECK_TEXT(polar_license_kind_name(POLAR_LICENSE_OK), "ok");
    CHECK_TEXT(polar_license_kind_name(POLAR_LICENSE_ERR_INTERNAL), "internal");
    CHECK_TEXT(polar_license_state_name(POLAR_LICENSE_STATE_LAPSED), "lapsed");
    CHECK_TEXT(polar_license_reason_name(POLAR_LICENSE_REASON_BENEFIT), "benefit");
    CHECK_TEXT(polar_license_reason_name(POLAR_LICENSE_REASON_UNSET), "unset");
    CHECK_TEXT(polar_license_next_step_name(POLAR_LICENSE_NEXT_CONTACT_VENDOR), "contact_vendor");
    CHECK_TEXT(polar_license_deactivated_name(POLAR_LICENSE_DEACTIVATED_NOT_NEEDED), "not_needed");
    CHECK_TEXT(polar_license_stage_name(POLAR_LICENSE_STAGE_PAYING), "paying");
    CHECK_TEXT(polar_license_kind_name(-1), "unknown");
    CHECK_TEXT(polar_license_stage_name(INT32_MAX), "unknown");
    CHECK_TEXT(polar_license_stage_name(0), "unknown");
    CHECK_TEXT(polar_license_state_name(INT32_MAX), "unknown");
    CHECK_TEXT(polar_license_reason_name(INT32_MIN), "unknown");
    CHECK_TEXT(polar_license_next_step_name(INT32_MAX), "unknown");
    CHECK_TEXT(polar_license_deactivated_name(INT32_MAX), "unknown");
}

int main(void)
{
    every_function_takes_null();
    the_offline_functions_take_null();
    the_portal_takes_null();
    the_portal_checks_its_arguments();
    every_string_is_checked(NULL);
    every_string_is_checked(NO_UTF8);
    wrong_settings_are_named();
    settings_in_json_are_checked();
    setters_add_to_the_lists_in_json();
    strings_for_a_license_are_checked();
    strings_in_options_may_be_huge();
    invalid_reports_of_a_callback_are_rejected();
    a_lock_that_fails_is_a_storage_error();
    numbers_have_names();
    puts("ok");
    return 0;
}
