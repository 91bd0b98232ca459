/* Uses the customer portal over HTTP, as an app in C does: for a customer whose machine no longer works, for a
 * purchase, and with a success page. All other stories are in tests/scenarios/portal, which tests/c_functions.rs runs.
 * This program controls the clock. The test that started it (bindings/c/tests/portal) controls Polar: it carries out the
 * commands that this program writes, one in each line. The log and the errors go to the standard error, where a
 * developer could see them, so they must not contain a secret. Arguments: the address of Polar, and a directory. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <stdarg.h>
#include <stdatomic.h>

#define OK POLAR_LICENSE_OK
#define EMAIL "iona.larkspur@example.com"
#define HALF_AN_HOUR UINT64_C(1800000)

#define TEXT polar_license_reply_text
#define HANDLE polar_license_reply_handle

static const char *directory;

/* Writes a command for the test, and returns the test's answer. */
static const char *ask(const char *format, ...)
{
    static char answer[600];
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

/* The clock advances a little each time it is read, so that no operation has to wait. */
static atomic_llong began_ms, passed_ms;

static void tell_time(void *user_data, int64_t *wall_ms, uint64_t *mono_ms)
{
    const long long passed = atomic_fetch_add(&passed_ms, 200);
    (void)user_data;
    *wall_ms = began_ms + passed;
    *mono_ms = (uint64_t)passed;
}

/* The progress that was reported, and the events of the wait. Time passes only on the clock above. */
typedef struct waiting {
    int32_t stage;
    int reports;
    const polar_license_reply *checkout; /* the checkout that the buyer pays at the second report, or NULL */
    const polar_license *cancelled;      /* the license whose operations are cancelled at each report, or NULL */
} waiting;

static int32_t report(void *user_data, int32_t stage, uint64_t waited_ms, uint64_t next_in_ms)
{
    waiting *const w = user_data;
    (void)waited_ms;
    w->stage = stage;
    if (++w->reports == 2 && w->checkout)
        ask("pay %s", polar_license_reply_address(w->checkout));
    if (w->cancelled)
        CHECK(polar_license_cancel(w->cancelled) == OK);
    atomic_fetch_add(&passed_ms, (long long)next_in_ms);
    ask("pass %lld", (long long)next_in_ms);
    return 0;
}

/* Opens the license of one of the customer's machines. */
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

/* Writes an error to the standard error, and frees it. */
static void show(polar_license_error *error)
{
    CHECK(error != NULL);
    fprintf(stderr, "%s\n%s\n", polar_license_error_message(error), polar_license_error_json(error));
    polar_license_error_free(error);
}

/* Checks that the license is on this device, and frees the reply. */
static void licensed(const polar_license *license, polar_license_reply *restored)
{
    CHECK_TEXT(TEXT(restored, "/kind"), "licensed");
    CHECK(polar_license_allows(license, "export") == 1);
    polar_license_reply_free(restored);
}

static void a_dead_machine_with_the_only_seat(const char *url)
{
    polar_license *dead = machine(url, "dead"), *license = machine(url, "alive");
    polar_license_reply *request = NULL, *session = NULL, *full = NULL, *reply = NULL;
    polar_license_error *error = NULL;
    uint32_t in;
    CHECK(polar_license_activate(dead, ask("key 1"), NULL) == OK);
    polar_license_free(dead);
    CHECK(polar_license_portal_request_code(license, EMAIL, &request, NULL) == OK);
    CHECK_TEXT(TEXT(request, "/email"), EMAIL);
    polar_license_reply_free(request);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, NULL) == OK);
    in = HANDLE(session, "");

    CHECK(polar_license_portal_restore(license, in, &full, NULL) == OK);
    CHECK_TEXT(TEXT(full, "/kind"), "no_seat");
    CHECK(polar_license_reply_count(full, "/devices/devices") == 1);
    CHECK_TEXT(TEXT(full, "/devices/devices/0/label"), "dead");
    CHECK(polar_license_reply_time_ms(full, "/devices/devices/0/since") >= began_ms - 1000);
    CHECK(polar_license_portal_release(license, in, HANDLE(full, "/devices/devices/0"), &reply, NULL) == OK);
    CHECK_TEXT(TEXT(reply, "/deactivated"), "released");
    polar_license_reply_free(reply);
    CHECK(polar_license_portal_activate(license, in, HANDLE(full, "/key"), &reply, NULL) == OK);
    licensed(license, reply);
    polar_license_reply_free(full);

    CHECK(polar_license_portal_authenticate(license, "SECRET-CODE", &reply, &error)
          == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(reply == NULL);
    show(error);
    polar_license_free(license);
    polar_license_reply_free(session); /* a reply may be freed after the license */
}

static void a_purchase(const char *url)
{
    polar_license *license = machine(url, "bought");
    polar_license_reply *checkout = NULL, *purchase = NULL, *session = NULL, *restored = NULL;
    polar_license_error *error = NULL;
    waiting cancelled = { 0 }, open = { 0 }, granting = { 0 };
    CHECK(polar_license_portal_checkout(license, "https://buy.polar.sh/polar_cl_DEMO", &checkout, NULL) == OK);
    cancelled.cancelled = license;
    CHECK(polar_license_portal_follow(license, HANDLE(checkout, ""), HALF_AN_HOUR, report, &cancelled, &purchase, &error)
          == POLAR_LICENSE_ERR_CANCELLED);
    show(error);
    open.checkout = checkout;
    CHECK(polar_license_portal_follow(license, HANDLE(checkout, ""), HALF_AN_HOUR, report, &open, &purchase, NULL) == OK);
    CHECK(open.stage == POLAR_LICENSE_STAGE_OPEN && open.reports >= 2);
    CHECK_TEXT(TEXT(purchase, "/code/email"), EMAIL);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, NULL) == OK);
    CHECK(polar_license_portal_restore_purchase(license, HANDLE(session, ""), HANDLE(purchase, ""), report, &granting,
                                                &restored, NULL) == OK);
    licensed(license, restored);
    polar_license_reply_free(purchase);
    polar_license_reply_free(checkout);
    polar_license_reply_free(session);
    polar_license_free(license);
}

static void a_success_page(const char *url)
{
    polar_license *license = machine(url, "page");
    polar_license_success_page *page = NULL;
    polar_license_reply *session = NULL, *restored = NULL;
    polar_license_error *error = NULL;
    waiting granting = { 0 };
    char request[100];
    CHECK(polar_license_success_page_listen(0, &page, NULL) == OK);
    ask("buy %s", polar_license_success_page_address(page));
    CHECK(polar_license_success_page_wait(page, license, HALF_AN_HOUR, &session, NULL) == OK);
    /* an operation without a function of its own */
    snprintf(request, sizeof request, "{\"call\":\"restoreWhenGranted\",\"session\":%u}", (unsigned)HANDLE(session, ""));
    CHECK(polar_license_portal_call(license, request, report, &granting, &restored, NULL) == OK);
    licensed(license, restored);
    polar_license_reply_free(session);
    CHECK(polar_license_success_page_wait(page, license, 0, &session, &error) == POLAR_LICENSE_ERR_TIMEOUT);
    show(error);
    polar_license_success_page_free(page);
    polar_license_free(license);
}

int main(int count, char **arguments)
{
    static void (*const stories[])(const char *) = {
        a_dead_machine_with_the_only_seat, a_purchase, a_success_page,
    };
    size_t i;
    CHECK(count == 3);
    directory = arguments[2];
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, log_line, NULL, NULL) == OK);
    for (i = 0; i < sizeof stories / sizeof *stories; i++) {
        began_ms = atoll(ask("begin"));
        passed_ms = 0;
        stories[i](arguments[1]);
    }
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_INFO, NULL, NULL, NULL) == OK);
    puts("ok");
    return 0;
}
