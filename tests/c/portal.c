/* The customer portal over HTTP: lost keys, dead machines, purchases. The clock is in this program's hand; Polar is in that of
 * the test that started it, which carries out what is written to it line by line (`bindings/c/tests/portal`). What a
 * developer could get to see of it, the log and errors, goes to the standard error: nothing secret may be in there.
 * Arguments: Polar's address, that of one with several customers of one address, and a directory. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

#define OK POLAR_LICENSE_OK
#define EMAIL "iona.larkspur@example.com"
#define LINK "https://buy.polar.sh/polar_cl_DEMO?locale=de"
#define HALF_AN_HOUR UINT64_C(1800000)

static char answer[600];

/* What the test answers. */
static const char *ask(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    CHECK(fgets(answer, sizeof answer, stdin) != NULL);
    answer[strcspn(answer, "\r\n")] = 0;
    return answer;
}

static void log_line(void *user_data, int32_t level, const char *target, const char *message)
{
    (void)user_data;
    fprintf(stderr, "%d %s %s\n", (int)level, target, message);
}

/* Every look at the clock takes a moment, so that nothing has to wait. */
static atomic_llong began_ms, passed_ms;

static void tell_time(void *user_data, int64_t *wall_ms, uint64_t *mono_ms)
{
    const long long passed = atomic_fetch_add(&passed_ms, 200);
    (void)user_data;
    *wall_ms = began_ms + passed;
    *mono_ms = (uint64_t)passed;
}

static void pass(uint64_t ms)
{
    atomic_fetch_add(&passed_ms, (long long)ms);
    ask("pass %lld", (long long)ms);
}

/* Waits, and counts for how long, without waiting. */
typedef struct waiting {
    int32_t stage;
    int reports;
    uint64_t waited_ms;
    /* When the buyer pays, or Polar grants the key; which report ends it; the license whose operations it cancels. */
    int pays_at, ends_at;
    uint64_t grants_after_ms;
    const polar_license_checkout *checkout;
    const polar_license *cancels;
} waiting;

static int32_t report(void *user_data, int32_t stage, uint64_t waited_ms, uint64_t next_in_ms)
{
    waiting *const w = user_data;
    w->stage = stage;
    w->waited_ms = waited_ms;
    w->reports++;
    if (w->cancels)
        CHECK(polar_license_cancel(w->cancels) == OK);
    if (w->pays_at == w->reports)
        ask("pay %s", polar_license_checkout_address(w->checkout));
    if (w->grants_after_ms && waited_ms >= w->grants_after_ms) {
        ask("grant");
        w->grants_after_ms = 0;
    }
    pass(next_in_ms);
    return w->ends_at == w->reports;
}

static const char *directory;

/* A machine of the customer's, with another one's license or none. */
static polar_license *machine(const char *url, const char *name)
{
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    polar_license *license = NULL;
    char folder[500];
    CHECK(snprintf(folder, sizeof folder, "%s/%s", directory, name) < (int)sizeof folder);
    CHECK(polar_license_options_set_environment(options, url) == OK);
    CHECK(polar_license_options_set_directory(options, folder) == OK);
    CHECK(polar_license_options_set_device_id(options, name) == OK);
    CHECK(polar_license_options_set_label(options, name) == OK);
    CHECK(polar_license_options_add_feature(options, "export", PRO) == OK);
    CHECK(polar_license_options_set_clock(options, tell_time, NULL, NULL) == OK);
    CHECK(polar_license_open(options, &license, NULL) == OK);
    polar_license_options_free(options);
    return license;
}

/* Everything about an error goes to where developers look. Frees it. */
static void show(polar_license_error *error)
{
    CHECK(error != NULL);
    fprintf(stderr, "%s\n%s\n%s\n", polar_license_error_message(error), polar_license_error_detail(error),
            polar_license_error_json(error));
    polar_license_error_free(error);
}

static polar_license_session *session_of(polar_license *license, const char *email)
{
    polar_license_code_request *request = NULL;
    polar_license_session *session = NULL;
    polar_license_error *error = NULL;
    CHECK(polar_license_portal_request_code(license, email, &request, &error) == OK);
    CHECK(error == NULL && polar_license_code_request_outcome(request) == POLAR_LICENSE_CODE_SENT);
    polar_license_code_request_free(request);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, &error) == OK);
    CHECK(error == NULL && session != NULL);
    return session;
}

/* The license is here. Frees the result. */
static void licensed(polar_license_restored *restored)
{
    CHECK(polar_license_restored_outcome(restored) == POLAR_LICENSE_RESTORED_LICENSED);
    CHECK(polar_license_decision_allows(polar_license_restored_decision(restored), "export") == 1);
    CHECK(polar_license_restored_keys(restored) == NULL && polar_license_restored_key(restored) == NULL);
    CHECK(polar_license_restored_devices(restored) == NULL && polar_license_restored_error(restored) == NULL);
    polar_license_restored_free(restored);
}

static void a_lost_key(const char *url)
{
    polar_license *license = machine(url, "lost");
    polar_license_code_request *request = NULL;
    polar_license_session *session = NULL;
    polar_license_restored *restored = NULL;
    char code[20];
    ask("key 2");
    CHECK(polar_license_portal_request_code(license, " " EMAIL "\n", &request, NULL) == OK);
    CHECK_TEXT(polar_license_code_request_email(request), EMAIL);
    CHECK_TEXT(polar_license_code_request_message(request),
               "If " EMAIL " bought it, a code is on its way to that address. Check the address for typos.");
    CHECK(polar_license_code_request_customer_count(request) == 0);
    CHECK(polar_license_code_request_customer_name(request, 0) == NULL);
    polar_license_code_request_free(request);
    snprintf(code, sizeof code, " %s ", ask("code")); /* as people paste it */
    CHECK(polar_license_portal_authenticate(license, code, &session, NULL) == OK);
    CHECK(polar_license_session_restore(session, &restored, NULL) == OK);
    licensed(restored);
    polar_license_session_free(session);
    CHECK(atoi(ask("requests")) <= 5);
    polar_license_free(license);
    license = machine(url, "lost"); /* the next start */
    CHECK(polar_license_allows(license, "export") == 1);
    polar_license_free(license);
}

static void a_dead_machine_with_the_only_seat(const char *url)
{
    polar_license *dead = machine(url, "dead"), *license = machine(url, "alive");
    polar_license_session *session;
    polar_license_restored *full = NULL, *restored = NULL;
    polar_license_devices *devices = NULL;
    polar_license_keys *keys = NULL;
    const polar_license_devices *listed;
    const polar_license_device *device;
    const polar_license_key *key;
    int32_t deactivated = -1;
    CHECK(polar_license_activate(dead, ask("key 1"), NULL) == OK);
    polar_license_free(dead);
    session = session_of(license, EMAIL);

    CHECK(polar_license_session_restore(session, &full, NULL) == OK);
    CHECK(polar_license_restored_outcome(full) == POLAR_LICENSE_RESTORED_NO_SEAT);
    CHECK(polar_license_restored_decision(full) == NULL && polar_license_restored_keys(full) == NULL);
    CHECK(polar_license_error_reason(polar_license_restored_error(full)) == POLAR_LICENSE_REASON_ACTIVATION_LIMIT);
    key = polar_license_restored_key(full);
    CHECK(strncmp(polar_license_key_masked(key), "****-", 5) == 0);
    listed = polar_license_restored_devices(full);
    CHECK(polar_license_devices_hidden(listed) == 0 && polar_license_devices_count(listed) == 1);
    CHECK(polar_license_devices_hidden_certain(listed) == 0 && polar_license_devices_page(listed) == NULL);
    CHECK_TEXT(polar_license_devices_message(listed), "");
    device = polar_license_devices_at(listed, 0);
    CHECK_TEXT(polar_license_device_label(device), "dead");
    CHECK(polar_license_device_is_this(device) == 0);
    CHECK(polar_license_device_since_ms(device) >= began_ms - 1000);
    CHECK(polar_license_devices_at(listed, 1) == NULL);

    CHECK(polar_license_session_release(session, key, device, &deactivated, NULL) == OK);
    CHECK(deactivated == POLAR_LICENSE_DEACTIVATED_RELEASED);
    CHECK(polar_license_session_release(session, key, device, &deactivated, NULL) == OK); /* it is free already */
    CHECK(deactivated == POLAR_LICENSE_DEACTIVATED_UNKNOWN);
    CHECK(polar_license_session_activate(session, key, &restored, NULL) == OK);
    licensed(restored);
    polar_license_restored_free(full);

    /* this one is released as by a deactivation */
    CHECK(polar_license_session_license_keys(session, &keys, NULL) == OK && polar_license_keys_count(keys) == 1);
    key = polar_license_keys_at(keys, 0);
    CHECK(polar_license_key_is_here(key) == 1);
    CHECK(polar_license_session_devices(session, key, &devices, NULL) == OK);
    CHECK(polar_license_devices_count(devices) == 1);
    CHECK(polar_license_device_is_this(polar_license_devices_at(devices, 0)) == 1);
    CHECK(polar_license_session_release(session, key, polar_license_devices_at(devices, 0), NULL, NULL) == OK);
    CHECK(polar_license_allowed(license) == 0);
    polar_license_devices_free(devices);
    polar_license_keys_free(keys);
    polar_license_free(license);
    polar_license_session_free(session); /* after the license, too */
}

static polar_license_checkout *opened(const polar_license *license)
{
    polar_license_checkout *checkout = NULL;
    CHECK(polar_license_portal_checkout(license, LINK, &checkout, NULL) == OK);
    CHECK(strstr(polar_license_checkout_address(checkout), "/checkout/") != NULL);
    return checkout;
}

static void hidden_devices(const char *url)
{
    polar_license *dead = machine(url, "hidden-dead"), *license = machine(url, "hidden");
    polar_license_checkout *checkout = opened(license);
    polar_license_session *session;
    polar_license_restored *full = NULL;
    const polar_license_devices *devices;
    char page[100];
    ask("pay %s", polar_license_checkout_address(checkout));
    polar_license_checkout_free(checkout);
    CHECK(polar_license_activate(dead, ask("hide"), NULL) == OK);
    polar_license_free(dead);
    session = session_of(license, EMAIL);
    CHECK(polar_license_session_restore(session, &full, NULL) == OK);
    CHECK(polar_license_restored_outcome(full) == POLAR_LICENSE_RESTORED_NO_SEAT);
    devices = polar_license_restored_devices(full);
    CHECK(polar_license_devices_hidden(devices) == 1 && polar_license_devices_hidden_certain(devices) == 1);
    CHECK(polar_license_devices_count(devices) == 0 && polar_license_devices_at(devices, 0) == NULL);
    snprintf(page, sizeof page, "%s/demo/portal", url);
    CHECK_TEXT(polar_license_devices_page(devices), page);
    CHECK_TEXT(polar_license_devices_message(devices),
               "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.");
    polar_license_restored_free(full);
    polar_license_session_free(session);
    polar_license_free(license);
}

/* Bought, followed, licensed, with nothing pasted but the code; the key comes three minutes late. */
static void a_purchase_whose_key_is_late(const char *url)
{
    polar_license *license = machine(url, "bought");
    polar_license_checkout *checkout = opened(license), *again = NULL;
    polar_license_purchase *purchase = NULL;
    polar_license_session *session = NULL;
    polar_license_restored *restored = NULL;
    polar_license_error *error = NULL;
    const polar_license_code_request *request;
    waiting open = { 0 }, cancelled = { 0 }, granting = { 0 };

    /* the buyer closes the page */
    CHECK(polar_license_checkout_follow(checkout, 60000, report, &open, &purchase, &error) == POLAR_LICENSE_ERR_TIMEOUT);
    CHECK(open.stage == POLAR_LICENSE_STAGE_OPEN && open.reports > 5 && purchase == NULL);
    show(error);
    cancelled.ends_at = 1;
    CHECK(polar_license_checkout_follow(checkout, HALF_AN_HOUR, report, &cancelled, &purchase, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    cancelled.ends_at = 0;
    cancelled.cancels = license;
    CHECK(polar_license_checkout_follow(checkout, HALF_AN_HOUR, report, &cancelled, &purchase, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    CHECK(cancelled.reports == 2);

    /* and comes back to it */
    CHECK(polar_license_portal_checkout_from_secret(
              license, strrchr(polar_license_checkout_address(checkout), '/') + 1, &again, NULL) == OK);
    CHECK_TEXT(polar_license_checkout_address(again), polar_license_checkout_address(checkout));
    memset(&open, 0, sizeof open);
    open.pays_at = 2;
    open.checkout = checkout;
    CHECK(polar_license_checkout_follow(again, HALF_AN_HOUR, report, &open, &purchase, NULL) == OK);
    polar_license_checkout_free(again);
    polar_license_checkout_free(checkout);
    request = polar_license_purchase_code_request(purchase);
    CHECK(polar_license_code_request_outcome(request) == POLAR_LICENSE_CODE_SENT);
    CHECK_TEXT(polar_license_code_request_email(request), EMAIL);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, NULL) == OK);
    ask("withhold");
    granting.grants_after_ms = 175000;
    CHECK(polar_license_session_restore_purchase(session, purchase, report, &granting, &restored, NULL) == OK);
    licensed(restored);
    CHECK(granting.stage == POLAR_LICENSE_STAGE_GRANTING && granting.reports > 30);
    CHECK(granting.waited_ms >= 175000 && granting.waited_ms < 240000);
    polar_license_purchase_free(purchase);
    polar_license_session_free(session);
    polar_license_free(license);
}

static void an_invitation(const char *url)
{
    polar_license *license = machine(url, "invited");
    polar_license_session *session = NULL, *none = (polar_license_session *)&none;
    polar_license_restored *restored = NULL;
    polar_license_error *error = NULL;
    waiting granting = { 0 };
    char invitation[300];
    ask("delay 180000");
    snprintf(invitation, sizeof invitation, "%s/demo/portal/claim?token=DEMO-INVITATION", url);
    CHECK(polar_license_portal_claim_seat(license, invitation, &session, NULL) == OK);
    CHECK(polar_license_session_restore_when_granted(session, report, &granting, &restored, NULL) == OK);
    licensed(restored);
    CHECK(granting.stage == POLAR_LICENSE_STAGE_GRANTING && granting.waited_ms >= 150000);
    CHECK(polar_license_portal_claim_seat(license, invitation, &none, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(none == NULL && polar_license_error_maybe_applied(error) == 0);
    show(error);
    polar_license_session_free(session);
    polar_license_free(license);
}

static void several_keys_and_another_one_for_one_of_them(const char *url)
{
    polar_license *license = machine(url, "several");
    polar_license_session *session;
    polar_license_restored *restored = NULL, *chosen = NULL;
    polar_license_keys *keys = NULL;
    polar_license_key *replacement = NULL;
    polar_license_error *error = NULL;
    const polar_license_keys *offered;
    const polar_license_key *key;
    ask("keys");
    session = session_of(license, EMAIL);
    CHECK(polar_license_session_restore(session, &restored, NULL) == OK);
    CHECK(polar_license_restored_outcome(restored) == POLAR_LICENSE_RESTORED_CHOOSE);
    CHECK(polar_license_restored_key(restored) == NULL);
    offered = polar_license_restored_keys(restored);
    CHECK(polar_license_keys_count(offered) == 2 && polar_license_keys_at(offered, 2) == NULL);
    CHECK_TEXT(polar_license_key_masked(polar_license_keys_at(offered, 0)), "****-EVER");
    key = polar_license_keys_at(offered, 1);
    CHECK_TEXT(polar_license_key_masked(key), "****-SOON");
    CHECK_TEXT(polar_license_key_benefit_id(key), PRO);
    CHECK(polar_license_key_status(key) == POLAR_LICENSE_KEY_STATUS_GRANTED);
    CHECK(polar_license_key_limit_activations(key) == POLAR_LICENSE_ABSENT && polar_license_key_usage(key) == 0);
    CHECK(polar_license_key_limit_usage(key) == 10);
    CHECK(polar_license_key_is_here(key) == 0);
    CHECK(polar_license_key_expires_at_ms(key) > polar_license_key_created_at_ms(key));
    CHECK(polar_license_session_activate(session, key, &chosen, NULL) == OK);
    polar_license_restored_free(restored);
    licensed(chosen);
    CHECK(polar_license_session_restore(session, &restored, NULL) == OK); /* the one that is active here */
    licensed(restored);

    CHECK(polar_license_session_usable_keys(session, &keys, NULL) == OK && polar_license_keys_count(keys) == 2);
    CHECK_TEXT(polar_license_key_masked(polar_license_keys_at(keys, 0)), "****-EVER");
    polar_license_keys_free(keys);
    CHECK(polar_license_session_license_keys(session, &keys, NULL) == OK && polar_license_keys_count(keys) == 3);
    CHECK(polar_license_key_status(polar_license_keys_at(keys, 2)) == POLAR_LICENSE_KEY_STATUS_REVOKED);
    CHECK_TEXT(polar_license_key_status_name(polar_license_key_status(polar_license_keys_at(keys, 2))), "revoked");
    key = polar_license_keys_at(keys, 1);
    ask("count");
    CHECK(polar_license_session_rotate(session, key, 0, &replacement, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(replacement == NULL && atoi(ask("requests")) == 0);
    show(error);
    CHECK(polar_license_session_rotate(session, key, POLAR_LICENSE_CONFIRMED_BY_USER, &replacement, &error) == OK);
    CHECK(strcmp(polar_license_key_masked(replacement), polar_license_key_masked(key)) != 0);
    polar_license_free(license);
    license = machine(url, "several"); /* the next start has it */
    CHECK(polar_license_validate(license, NULL) == OK && polar_license_allows(license, "export") == 1);
    polar_license_key_free(replacement);
    polar_license_keys_free(keys);
    polar_license_session_free(session);
    polar_license_free(license);
}

static void several_customers_with_one_address(const char *url)
{
    polar_license *license = machine(url, "customers");
    polar_license_code_request *request = NULL, *chosen = NULL;
    polar_license_session *session = NULL;
    polar_license_keys *keys = NULL;
    CHECK(polar_license_portal_request_code(license, "iona.larkspur@example.com", &request, NULL) == OK);
    CHECK(polar_license_code_request_outcome(request) == POLAR_LICENSE_CODE_CHOOSE);
    CHECK_TEXT(polar_license_code_request_message(request), "");
    CHECK(polar_license_code_request_customer_count(request) == 2);
    CHECK_TEXT(polar_license_code_request_customer_name(request, 0), "Studio Nord");
    CHECK(polar_license_code_request_customer_name(request, 1) == NULL);
    CHECK(polar_license_portal_request_code_for(license, request, 2, &chosen, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(polar_license_portal_request_code_for(license, request, 1, &chosen, NULL) == OK);
    CHECK(polar_license_code_request_outcome(chosen) == POLAR_LICENSE_CODE_SENT);
    polar_license_code_request_free(request);
    CHECK(polar_license_portal_request_code_for(license, chosen, 0, &request, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_code_request_free(chosen);
    CHECK(polar_license_portal_authenticate(license, ask("code of the other"), &session, NULL) == OK);
    CHECK(polar_license_session_license_keys(session, &keys, NULL) == OK && polar_license_keys_count(keys) == 0);
    polar_license_keys_free(keys);
    polar_license_session_free(session);
    polar_license_free(license);
}

typedef struct page_waiting {
    polar_license *license;
    polar_license_success_page *page;
    atomic_int is_over;
} page_waiting;

static void *wait_for_page(void *argument)
{
    page_waiting *const w = argument;
    polar_license_session *session = NULL;
    CHECK(polar_license_success_page_wait(w->page, w->license, HALF_AN_HOUR, &session, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    w->is_over = 1;
    return NULL;
}

static void a_success_page(const char *url)
{
    page_waiting w = { 0 };
    polar_license_session *session = NULL;
    polar_license_restored *restored = NULL;
    polar_license_error *error = NULL;
    pthread_t thread;
    w.license = machine(url, "page");
    CHECK(polar_license_success_page_listen(0, &w.page, NULL) == OK);
    ask("buy %s", polar_license_success_page_address(w.page));
    CHECK(polar_license_success_page_wait(w.page, w.license, HALF_AN_HOUR, &session, &error) == OK);
    CHECK(polar_license_session_restore_when_granted(session, NULL, NULL, &restored, NULL) == OK);
    licensed(restored);
    polar_license_session_free(session);
    CHECK(polar_license_success_page_wait(w.page, w.license, 0, &session, &error) == POLAR_LICENSE_ERR_TIMEOUT);
    CHECK(session == NULL);
    show(error);
    CHECK(pthread_create(&thread, NULL, wait_for_page, &w) == 0);
    while (!w.is_over) /* a cancel that comes too early ends nothing */
        CHECK(polar_license_cancel(w.license) == OK);
    CHECK(pthread_join(thread, NULL) == 0);
    polar_license_success_page_free(w.page);
    polar_license_free(w.license);
}

static void what_cannot_be_is_refused_and_not_repeated(const char *url)
{
    polar_license *license = machine(url, "refused");
    polar_license_code_request *request = NULL;
    polar_license_session *session = NULL;
    polar_license_checkout *checkout = NULL;
    polar_license_restored *restored = NULL;
    polar_license_error *error = NULL;
    const int32_t wrong = POLAR_LICENSE_ERR_INVALID_ARGUMENT;
    int i;
    ask("count");
    CHECK(polar_license_portal_request_code(license, "SECRET@nowhere", &request, &error) == wrong && request == NULL);
    show(error);
    CHECK(polar_license_portal_authenticate(license, "SECRET-CODE", &session, &error) == wrong && session == NULL);
    show(error);
    CHECK(polar_license_portal_session_from_token(license, "SECRET", &session, &error) == wrong);
    show(error);
    CHECK(polar_license_portal_claim_seat(license, "SECRET TOKEN", &session, &error) == wrong);
    show(error);
    CHECK(polar_license_portal_checkout_from_secret(license, "SECRET/%", &checkout, &error) == wrong);
    show(error);
    CHECK(polar_license_portal_checkout(license, "https://buy.polar.sh/SECRET%2Fb", &checkout, &error) == wrong);
    show(error);
    CHECK(atoi(ask("requests")) == 0);
    CHECK(polar_license_portal_checkout(license, "polar_cl_UNKNOWN", &checkout, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(checkout == NULL);
    show(error);

    /* of a customer whose only key was revoked */
    CHECK(polar_license_portal_session_from_token(license, ask("token"), &session, NULL) == OK);
    CHECK(polar_license_session_restore(session, &restored, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(polar_license_error_reason(error) == POLAR_LICENSE_REASON_INACTIVE);
    show(error);
    pass(7200000); /* the session's hour is over */
    CHECK(polar_license_session_restore(session, &restored, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(polar_license_error_reason(error) == POLAR_LICENSE_REASON_UNSET && restored == NULL);
    show(error);
    polar_license_session_free(session);

    CHECK(polar_license_portal_authenticate(license, "AAAAAA", &session, &error) == wrong);
    show(error);
    for (i = 0; i < 2; i++) {
        CHECK(polar_license_portal_request_code(license, EMAIL, &request, NULL) == OK);
        polar_license_code_request_free(request);
    }
    CHECK(polar_license_portal_request_code(license, EMAIL, &request, &error) == POLAR_LICENSE_ERR_RATE_LIMITED);
    CHECK(polar_license_error_retry_after_ms(error) > 30000);
    show(error);
    polar_license_free(license);
}

int main(int count, char **arguments)
{
    static void (*const stories[])(const char *) = {
        a_lost_key, a_dead_machine_with_the_only_seat, hidden_devices, a_purchase_whose_key_is_late, an_invitation,
        several_keys_and_another_one_for_one_of_them, a_success_page, what_cannot_be_is_refused_and_not_repeated,
    };
    size_t i;
    CHECK(count == 4);
    directory = arguments[3];
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, log_line, NULL, NULL) == OK);
    for (i = 0; i < sizeof stories / sizeof *stories; i++) {
        began_ms = atoll(ask("begin"));
        passed_ms = 0;
        stories[i](arguments[1]);
    }
    began_ms = atoll(ask("begin"));
    passed_ms = 0;
    several_customers_with_one_address(arguments[2]);
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_INFO, NULL, NULL, NULL) == OK);
    puts("ok");
    return 0;
}
