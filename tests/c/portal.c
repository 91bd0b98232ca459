/* Tests the customer portal over HTTP: lost keys, devices that no longer work, and purchases. This program controls
 * the clock. The test that started it (`bindings/c/tests/portal`) controls Polar: it carries out the commands that
 * this program writes, one in each line. The log and the errors go to the standard error, where a developer could
 * see them, so they must not contain a secret. Arguments: the address of Polar, the address of another Polar that
 * has several customers with one e-mail address, and a directory. */
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

/* Writes a command for the test, and returns the test's answer. */
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

/* Every reading of the clock advances it a little, so that no operation has to wait. */
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

/* The progress that was reported, and the events that happen during the wait. Time passes only on the clock above. */
typedef struct waiting {
    int32_t stage;
    int reports;
    uint64_t waited_ms;
    /* The number of the progress report at which the buyer pays, and the number of the report at which the operation
     * is ended. */
    int pays_at, ends_at;
    uint64_t grants_after_ms; /* the time after which Polar grants the key */
    const polar_license_reply *checkout;
    const polar_license *cancels; /* the license whose operations are cancelled */
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
        ask("pay %s", polar_license_reply_address(w->checkout));
    if (w->grants_after_ms && waited_ms >= w->grants_after_ms) {
        ask("grant");
        w->grants_after_ms = 0;
    }
    pass(next_in_ms);
    return w->ends_at == w->reports;
}

static const char *directory;

/* Opens the license on the machine `name` of the customer. */
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
    fprintf(stderr, "%s\n%s\n%s\n", polar_license_error_message(error), polar_license_error_detail(error),
            polar_license_error_json(error));
    polar_license_error_free(error);
}

/* Runs an operation whose request contains one handle. */
static int32_t call(const polar_license *license, const char *format, uint32_t handle, polar_license_reply **reply,
                    polar_license_error **error)
{
    char request[200];
    CHECK(snprintf(request, sizeof request, format, (unsigned)handle) < (int)sizeof request);
    return polar_license_portal_call(license, request, NULL, NULL, reply, error);
}

#define TEXT polar_license_reply_text
#define NUMBER polar_license_reply_number
#define HANDLE polar_license_reply_handle

static polar_license_reply *session_of(polar_license *license, const char *email)
{
    polar_license_reply *request = NULL, *session = NULL;
    polar_license_error *error = NULL;
    CHECK(polar_license_portal_request_code(license, email, &request, &error) == OK);
    CHECK_TEXT(TEXT(request, "/kind"), "sent");
    polar_license_reply_free(request);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, &error) == OK);
    CHECK(error == NULL && HANDLE(session, "") != 0);
    return session;
}

/* Checks that the license is on this device, and frees the reply. */
static void licensed(const polar_license *license, polar_license_reply *restored)
{
    CHECK_TEXT(polar_license_reply_json(restored, ""), "{\"kind\":\"licensed\"}");
    CHECK(polar_license_allows(license, "export") == 1);
    polar_license_reply_free(restored);
}

static void a_lost_key(const char *url)
{
    polar_license *license = machine(url, "lost");
    polar_license_reply *request = NULL, *session = NULL, *restored = NULL;
    char code[20];
    ask("key 2");
    CHECK(polar_license_portal_request_code(license, " " EMAIL "\n", &request, NULL) == OK);
    CHECK_TEXT(TEXT(request, "/email"), EMAIL);
    CHECK_TEXT(TEXT(request, "/message"),
               "If " EMAIL " bought it, a code is on its way to that address. Check the address for typos.");
    CHECK(polar_license_reply_count(request, "/customers") == 0 && TEXT(request, "/customers/0/name") == NULL);
    polar_license_reply_free(request);
    snprintf(code, sizeof code, " %s ", ask("code")); /* with spaces, as people paste a code */
    CHECK(polar_license_portal_authenticate(license, code, &session, NULL) == OK);
    CHECK(polar_license_portal_restore(license, HANDLE(session, ""), &restored, NULL) == OK);
    licensed(license, restored);
    polar_license_reply_free(session);
    CHECK(atoi(ask("requests")) <= 5);
    polar_license_free(license);
    license = machine(url, "lost"); /* as at the next start of the app */
    CHECK(polar_license_allows(license, "export") == 1);
    polar_license_free(license);
}

static void a_dead_machine_with_the_only_seat(const char *url)
{
    polar_license *dead = machine(url, "dead"), *license = machine(url, "alive");
    polar_license_reply *session, *full = NULL, *restored = NULL, *released = NULL;
    uint32_t in, key, device;
    CHECK(polar_license_activate(dead, ask("key 1"), NULL) == OK);
    polar_license_free(dead);
    session = session_of(license, EMAIL);
    in = HANDLE(session, "");

    CHECK(polar_license_portal_restore(license, in, &full, NULL) == OK);
    CHECK_TEXT(TEXT(full, "/kind"), "no_seat");
    CHECK_TEXT(TEXT(full, "/error/reason"), "activation_limit");
    CHECK(polar_license_reply_json(full, "/keys") == NULL);
    CHECK(strncmp(TEXT(full, "/key/displayKey"), "****-", 5) == 0);
    CHECK_TEXT(TEXT(full, "/devices/kind"), "listed");
    CHECK(polar_license_reply_count(full, "/devices/devices") == 1 && TEXT(full, "/devices/message") == NULL);
    CHECK_TEXT(TEXT(full, "/devices/devices/0/label"), "dead");
    CHECK(NUMBER(full, "/devices/devices/0/isThis") == 0);
    CHECK(polar_license_reply_time_ms(full, "/devices/devices/0/since") >= began_ms - 1000);
    CHECK(HANDLE(full, "/devices/devices/1") == 0);

    key = HANDLE(full, "/key");
    device = HANDLE(full, "/devices/devices/0");
    CHECK(polar_license_portal_release(license, in, device, &released, NULL) == OK);
    CHECK_TEXT(TEXT(released, "/deactivated"), "released");
    polar_license_reply_free(released);
    CHECK(polar_license_portal_release(license, in, device, &released, NULL) == OK); /* the seat is free already */
    CHECK_TEXT(TEXT(released, "/deactivated"), "unknown");
    polar_license_reply_free(released);
    CHECK(polar_license_portal_activate(license, in, key, &restored, NULL) == OK);
    licensed(license, restored);
    polar_license_reply_free(full);
    CHECK(polar_license_portal_activate(license, in, key, &restored, NULL) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    polar_license_free(license);
    polar_license_reply_free(session); /* a reply may be freed after the license */
}

/* Releasing the seat of this device does what a deactivation does. */
static void the_own_seat(const char *url)
{
    polar_license *license = machine(url, "own");
    polar_license_reply *session, *restored = NULL, *keys = NULL, *devices = NULL, *released = NULL;
    uint32_t in;
    ask("key 1");
    session = session_of(license, EMAIL);
    in = HANDLE(session, "");
    CHECK(polar_license_portal_restore(license, in, &restored, NULL) == OK);
    licensed(license, restored);
    CHECK(polar_license_portal_license_keys(license, in, &keys, NULL) == OK);
    CHECK(polar_license_reply_count(keys, "/keys") == 1 && NUMBER(keys, "/keys/0/isHere") == 1);
    CHECK(polar_license_portal_devices(license, in, HANDLE(keys, "/keys/0"), &devices, NULL) == OK);
    CHECK(polar_license_reply_count(devices, "/devices") == 1 && NUMBER(devices, "/devices/0/isThis") == 1);
    CHECK(polar_license_portal_release(license, in, HANDLE(devices, "/devices/0"), &released, NULL) == OK);
    CHECK(polar_license_allowed(license) == 0);
    polar_license_reply_free(released);
    polar_license_reply_free(devices);
    polar_license_reply_free(keys);
    polar_license_reply_free(session);
    polar_license_free(license);
}

static polar_license_reply *opened(const polar_license *license)
{
    polar_license_reply *checkout = NULL;
    CHECK(polar_license_portal_checkout(license, LINK, &checkout, NULL) == OK);
    CHECK(strstr(polar_license_reply_address(checkout), "/checkout/") != NULL);
    CHECK(strstr(polar_license_reply_json(checkout, ""), "polar_c_") == NULL);
    return checkout;
}

static void hidden_devices(const char *url)
{
    polar_license *dead = machine(url, "hidden-dead"), *license = machine(url, "hidden");
    polar_license_reply *checkout = opened(license), *session, *full = NULL;
    char page[100];
    ask("pay %s", polar_license_reply_address(checkout));
    polar_license_reply_free(checkout);
    CHECK(polar_license_activate(dead, ask("hide"), NULL) == OK);
    polar_license_free(dead);
    session = session_of(license, EMAIL);
    CHECK(polar_license_portal_restore(license, HANDLE(session, ""), &full, NULL) == OK);
    CHECK_TEXT(TEXT(full, "/kind"), "no_seat");
    CHECK_TEXT(TEXT(full, "/devices/kind"), "hidden");
    CHECK(NUMBER(full, "/devices/isCertain") == 1 && polar_license_reply_count(full, "/devices/devices") == 0);
    snprintf(page, sizeof page, "%s/demo/portal", url);
    CHECK_TEXT(TEXT(full, "/devices/page"), page);
    CHECK_TEXT(TEXT(full, "/devices/message"),
               "The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one.");
    polar_license_reply_free(full);
    polar_license_reply_free(session);
    polar_license_free(license);
}

/* Either the buyer closes the page, or the app ends the wait. */
static void a_purchase_that_is_not_completed(const char *url)
{
    polar_license *license = machine(url, "closed");
    polar_license_reply *checkout = opened(license), *purchase = NULL;
    const uint32_t of = HANDLE(checkout, "");
    polar_license_error *error = NULL;
    waiting open = { 0 }, cancelled = { 0 };
    CHECK(polar_license_portal_follow(license, of, 60000, report, &open, &purchase, &error)
          == POLAR_LICENSE_ERR_TIMEOUT);
    CHECK(open.stage == POLAR_LICENSE_STAGE_OPEN && open.reports > 5 && purchase == NULL);
    CHECK_TEXT(polar_license_stage_name(open.stage), "open");
    show(error);
    cancelled.ends_at = 1;
    CHECK(polar_license_portal_follow(license, of, HALF_AN_HOUR, report, &cancelled, &purchase, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    cancelled.ends_at = 0;
    cancelled.cancels = license;
    CHECK(polar_license_portal_follow(license, of, HALF_AN_HOUR, report, &cancelled, &purchase, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    CHECK(cancelled.reports == 2);
    polar_license_reply_free(checkout);
    polar_license_free(license);
}

/* A license is bought, the app follows the purchase, and the license is activated. The buyer pastes only the code.
 * Polar grants the key three minutes late. */
static void a_purchase_whose_key_is_late(const char *url)
{
    polar_license *license = machine(url, "bought");
    polar_license_reply *checkout = opened(license), *again = NULL, *purchase = NULL, *session = NULL, *restored = NULL;
    waiting open = { 0 }, granting = { 0 };
    char request[300];
    snprintf(request, sizeof request, "{\"call\":\"checkoutFromSecret\",\"clientSecret\":\"%s\"}",
             strrchr(polar_license_reply_address(checkout), '/') + 1);
    CHECK(polar_license_portal_call(license, request, NULL, NULL, &again, NULL) == OK);
    CHECK_TEXT(polar_license_reply_address(again), polar_license_reply_address(checkout));
    open.pays_at = 2;
    open.checkout = checkout;
    CHECK(polar_license_portal_follow(license, HANDLE(again, ""), HALF_AN_HOUR, report, &open, &purchase, NULL) == OK);
    polar_license_reply_free(again);
    polar_license_reply_free(checkout);
    CHECK_TEXT(TEXT(purchase, "/code/kind"), "sent");
    CHECK_TEXT(TEXT(purchase, "/code/email"), EMAIL);
    CHECK(polar_license_portal_authenticate(license, ask("code"), &session, NULL) == OK);
    ask("withhold");
    granting.grants_after_ms = 175000;
    CHECK(polar_license_portal_restore_purchase(license, HANDLE(session, ""), HANDLE(purchase, ""), report, &granting,
                                                &restored, NULL) == OK);
    licensed(license, restored);
    CHECK(granting.stage == POLAR_LICENSE_STAGE_GRANTING && granting.reports > 30);
    CHECK(granting.waited_ms >= 175000 && granting.waited_ms < 240000);
    polar_license_reply_free(purchase);
    polar_license_reply_free(session);
    polar_license_free(license);
}

static void an_invitation(const char *url)
{
    polar_license *license = machine(url, "invited");
    polar_license_reply *session = NULL, *none = (polar_license_reply *)&none, *restored = NULL;
    polar_license_error *error = NULL;
    waiting granting = { 0 };
    char invitation[300], restore[100];
    ask("delay 180000");
    snprintf(invitation, sizeof invitation, "%s/demo/portal/claim?token=DEMO-INVITATION", url);
    CHECK(polar_license_portal_claim_seat(license, invitation, &session, NULL) == OK);
    snprintf(restore, sizeof restore, "{\"call\":\"restoreWhenGranted\",\"session\":%u}", (unsigned)HANDLE(session, ""));
    CHECK(polar_license_portal_call(license, restore, report, &granting, &restored, NULL) == OK);
    licensed(license, restored);
    CHECK(granting.stage == POLAR_LICENSE_STAGE_GRANTING && granting.waited_ms >= 150000);
    CHECK(polar_license_portal_claim_seat(license, invitation, &none, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(none == NULL && polar_license_error_maybe_applied(error) == 0);
    show(error);
    polar_license_reply_free(session);
    polar_license_free(license);
}

static void several_keys_and_another_one_for_one_of_them(const char *url)
{
    polar_license *license = machine(url, "several");
    polar_license_reply *session, *restored = NULL, *keys = NULL, *replacement = NULL;
    polar_license_error *error = NULL;
    uint32_t in;
    char rotate[200];
    ask("keys");
    session = session_of(license, EMAIL);
    in = HANDLE(session, "");
    CHECK(polar_license_portal_restore(license, in, &keys, NULL) == OK);
    CHECK_TEXT(TEXT(keys, "/kind"), "choose");
    CHECK(polar_license_reply_count(keys, "/keys") == 2 && polar_license_reply_json(keys, "/key") == NULL);
    CHECK_TEXT(TEXT(keys, "/keys/0/displayKey"), "****-EVER");
    CHECK_TEXT(TEXT(keys, "/keys/1/displayKey"), "****-SOON");
    CHECK_TEXT(TEXT(keys, "/keys/1/benefitId"), PRO);
    CHECK_TEXT(TEXT(keys, "/keys/1/status"), "granted");
    CHECK(NUMBER(keys, "/keys/1/limitActivations") == POLAR_LICENSE_ABSENT && NUMBER(keys, "/keys/1/usage") == 0);
    CHECK(NUMBER(keys, "/keys/1/limitUsage") == 10 && NUMBER(keys, "/keys/1/isHere") == 0);
    CHECK(polar_license_reply_time_ms(keys, "/keys/1/expiresAt") > polar_license_reply_time_ms(keys, "/keys/1/createdAt"));
    CHECK(polar_license_portal_activate(license, in, HANDLE(keys, "/keys/1"), &restored, NULL) == OK);
    polar_license_reply_free(keys);
    licensed(license, restored);
    CHECK(polar_license_portal_restore(license, in, &restored, NULL) == OK); /* restores the key that is active here */
    licensed(license, restored);

    CHECK(call(license, "{\"call\":\"usableKeys\",\"session\":%u}", in, &keys, NULL) == OK);
    CHECK(polar_license_reply_count(keys, "/keys") == 2);
    polar_license_reply_free(keys);
    CHECK(polar_license_portal_license_keys(license, in, &keys, NULL) == OK);
    CHECK_TEXT(TEXT(keys, "/keys/2/status"), "revoked");
    ask("count");
    snprintf(rotate, sizeof rotate, "{\"call\":\"rotate\",\"session\":%u,\"key\":%%u,\"confirmedByUser\":true}",
             (unsigned)in);
    CHECK(call(license, "{\"call\":\"rotate\",\"session\":%u}", in, &replacement, &error)
          == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(replacement == NULL && atoi(ask("requests")) == 0);
    show(error);
    CHECK(call(license, rotate, HANDLE(keys, "/keys/1"), &replacement, &error) == OK);
    CHECK(strcmp(TEXT(replacement, "/displayKey"), TEXT(keys, "/keys/1/displayKey")) != 0);
    polar_license_free(license);
    license = machine(url, "several"); /* as at the next start of the app */
    CHECK(polar_license_validate(license, NULL) == OK && polar_license_allows(license, "export") == 1);
    polar_license_reply_free(replacement);
    polar_license_reply_free(keys);
    polar_license_reply_free(session);
    polar_license_free(license);
}

static void several_customers_with_one_address(const char *url)
{
    polar_license *license = machine(url, "customers");
    polar_license_reply *request = NULL, *chosen = NULL, *session = NULL, *keys = NULL;
    const char *const one_of_them = "{\"call\":\"requestCodeFor\",\"customer\":%u}";
    CHECK(polar_license_portal_request_code(license, EMAIL, &request, NULL) == OK);
    CHECK_TEXT(TEXT(request, "/kind"), "choose");
    CHECK(TEXT(request, "/message") == NULL && polar_license_reply_count(request, "/customers") == 2);
    CHECK_TEXT(TEXT(request, "/customers/0/name"), "Studio Nord");
    CHECK(TEXT(request, "/customers/1/name") == NULL);
    CHECK(call(license, one_of_them, HANDLE(request, "/customers/2"), &chosen, NULL)
          == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    CHECK(call(license, one_of_them, HANDLE(request, "/customers/1"), &chosen, NULL) == OK);
    CHECK_TEXT(TEXT(chosen, "/kind"), "sent");
    polar_license_reply_free(request);
    polar_license_reply_free(chosen);
    CHECK(polar_license_portal_authenticate(license, ask("code of the other"), &session, NULL) == OK);
    CHECK(polar_license_portal_license_keys(license, HANDLE(session, ""), &keys, NULL) == OK);
    CHECK_TEXT(polar_license_reply_json(keys, ""), "{\"keys\":[]}");
    polar_license_reply_free(keys);
    polar_license_reply_free(session);
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
    polar_license_reply *session = NULL;
    CHECK(polar_license_success_page_wait(w->page, w->license, HALF_AN_HOUR, &session, NULL)
          == POLAR_LICENSE_ERR_CANCELLED);
    w->is_over = 1;
    return NULL;
}

static void a_success_page(const char *url)
{
    page_waiting w = { 0 };
    polar_license_reply *session = NULL, *restored = NULL;
    polar_license_error *error = NULL;
    pthread_t thread;
    w.license = machine(url, "page");
    CHECK(polar_license_success_page_listen(0, &w.page, NULL) == OK);
    ask("buy %s", polar_license_success_page_address(w.page));
    CHECK(polar_license_success_page_wait(w.page, w.license, HALF_AN_HOUR, &session, &error) == OK);
    CHECK(call(w.license, "{\"call\":\"restoreWhenGranted\",\"session\":%u}", HANDLE(session, ""), &restored, NULL) == OK);
    licensed(w.license, restored);
    polar_license_reply_free(session);
    CHECK(polar_license_success_page_wait(w.page, w.license, 0, &session, &error) == POLAR_LICENSE_ERR_TIMEOUT);
    CHECK(session == NULL);
    show(error);
    CHECK(pthread_create(&thread, NULL, wait_for_page, &w) == 0);
    while (!w.is_over) /* cancels repeatedly, because a cancel before the wait begins ends nothing */
        CHECK(polar_license_cancel(w.license) == OK);
    CHECK(pthread_join(thread, NULL) == 0);
    polar_license_success_page_free(w.page);
    polar_license_free(w.license);
}

static void what_cannot_be_is_refused_and_not_repeated(const char *url)
{
    polar_license *license = machine(url, "refused");
    polar_license_reply *reply = NULL;
    polar_license_error *error = NULL;
    const char *const requests[] = {
        "{\"call\":\"requestCode\",\"email\":\"SECRET@nowhere\"}",
        "{\"call\":\"authenticate\",\"code\":\"SECRET-CODE\"}",
        "{\"call\":\"sessionFromToken\",\"token\":\"SECRET\"}",
        "{\"call\":\"claimSeat\",\"invitation\":\"SECRET TOKEN\"}",
        "{\"call\":\"checkoutFromSecret\",\"clientSecret\":\"SECRET/%\"}",
        "{\"call\":\"checkout\",\"link\":\"https://buy.polar.sh/SECRET%2Fb\"}",
        "{\"call\":\"checkout\",\"link\":{\"SECRET\":1}}",
        "{\"call\":\"SECRET\"}",
        "SECRET",
    };
    size_t i;
    ask("count");
    for (i = 0; i < sizeof requests / sizeof *requests; i++) {
        CHECK(polar_license_portal_call(license, requests[i], NULL, NULL, &reply, &error)
              == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
        CHECK(reply == NULL);
        show(error);
    }
    CHECK(polar_license_portal_request_code(license, "SECRET\"\\\x01@nowhere", &reply, &error)
          == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    show(error);
    CHECK(atoi(ask("requests")) == 0);
    CHECK(polar_license_portal_checkout(license, "polar_cl_UNKNOWN", &reply, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(reply == NULL);
    show(error);
    polar_license_free(license);
}

/* Causes three refusals: a customer's only key was revoked, a session has ended, and too many codes were requested. */
static void what_polar_refuses_is_explained(const char *url)
{
    polar_license *license = machine(url, "ended");
    polar_license_reply *session = NULL, *reply = NULL;
    polar_license_error *error = NULL;
    char request[400];
    int i;
    snprintf(request, sizeof request, "{\"call\":\"sessionFromToken\",\"token\":\"%s\"}", ask("token"));
    CHECK(polar_license_portal_call(license, request, NULL, NULL, &session, NULL) == OK);
    CHECK(polar_license_portal_restore(license, HANDLE(session, ""), &reply, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(polar_license_error_reason(error) == POLAR_LICENSE_REASON_INACTIVE);
    show(error);
    pass(7200000); /* the session's hour is over */
    CHECK(polar_license_portal_restore(license, HANDLE(session, ""), &reply, &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(polar_license_error_reason(error) == POLAR_LICENSE_REASON_UNSET && reply == NULL);
    show(error);
    polar_license_reply_free(session);

    CHECK(polar_license_portal_authenticate(license, "AAAAAA", &reply, &error) == POLAR_LICENSE_ERR_INVALID_ARGUMENT);
    show(error);
    for (i = 0; i < 2; i++) {
        CHECK(polar_license_portal_request_code(license, EMAIL, &reply, NULL) == OK);
        polar_license_reply_free(reply);
    }
    CHECK(polar_license_portal_request_code(license, EMAIL, &reply, &error) == POLAR_LICENSE_ERR_RATE_LIMITED);
    CHECK(polar_license_error_retry_after_ms(error) > 30000);
    show(error);
    polar_license_free(license);
}

int main(int count, char **arguments)
{
    static void (*const stories[])(const char *) = {
        a_lost_key, a_dead_machine_with_the_only_seat, the_own_seat, hidden_devices, a_purchase_that_is_not_completed,
        a_purchase_whose_key_is_late, an_invitation, several_keys_and_another_one_for_one_of_them, a_success_page,
        what_cannot_be_is_refused_and_not_repeated, what_polar_refuses_is_explained,
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
