/* The life of a license, as an app in C sees it: it is opened, activated, offline, denied and deactivated. Polar,
 * the store and the clock are inside the program. */
#include "fake_polar.h"

#define DAY_MS INT64_C(86400000)
#define OK POLAR_LICENSE_OK

/* The parts of the license that the app's window shows. */
typedef struct window {
    int changes;
    int32_t state;
    char message[300];
} window;

static void show(void *user_data, const polar_license_decision *decision, const polar_license_decision *before)
{
    window *const shown = user_data;
    CHECK(polar_license_decision_state(before) == shown->state);
    shown->changes++;
    shown->state = polar_license_decision_state(decision);
    snprintf(shown->message, sizeof shown->message, "%s", polar_license_decision_message(decision));
}

static void pass(fake_polar *polar, int64_t ms)
{
    atomic_fetch_add(&polar->wall_ms, ms);
    atomic_fetch_add(&polar->mono_ms, (uint64_t)ms);
}

/* Opens the license and shows it. An app does this at every start. */
static polar_license *start(fake_polar *polar, window *shown)
{
    polar_license *const license = fake_polar_open(polar);
    polar_license_decision *decision = NULL;
    CHECK(polar_license_current(license, &decision) == OK);
    shown->changes = 0;
    shown->state = polar_license_decision_state(decision);
    polar_license_decision_free(decision);
    CHECK(polar_license_on_change(license, show, shown, NULL, NULL) == OK);
    return license;
}

static void the_user_enters_a_key(fake_polar *polar, polar_license *license, window *shown)
{
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    CHECK(shown->state == POLAR_LICENSE_STATE_UNLICENSED && polar_license_allows(license, "export") == 0);

    polar->behaviour = 1;
    CHECK(polar_license_activate(license, "MISTYPED-111111", &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK(polar_license_error_reason(error) == POLAR_LICENSE_REASON_NOT_FOUND);
    CHECK(polar_license_error_maybe_applied(error) == 0);
    CHECK(polar_license_error_retry_after_ms(error) == POLAR_LICENSE_ABSENT);
    CHECK(strstr(polar_license_error_message(error), "typos") != NULL);
    CHECK(strstr(polar_license_error_json(error), "\"not_found\"") != NULL);
    CHECK(polar_license_decision_allowed(polar_license_error_decision(error)) == 0);
    polar_license_error_free(error);

    polar->behaviour = 0;
    error = NULL;
    CHECK(polar_license_activate_with(license, " MY-KEY-123456\n", 0, &decision, &error) == OK && error == NULL);
    CHECK(polar_license_decision_allowed(decision) == 1 && polar_license_decision_allows(decision, "export") == 1);
    CHECK(polar_license_decision_state(decision) == POLAR_LICENSE_STATE_ACTIVE);
    CHECK_TEXT(polar_license_decision_display_key(decision), "****-123456");
    CHECK_TEXT(polar_license_decision_benefit_id(decision), PRO);
    CHECK(polar_license_decision_activation_id(decision) == NULL);
    CHECK(polar_license_decision_usage(decision) == 3);
    CHECK(polar_license_decision_limit_usage(decision) == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_decision_limit_activations(decision) == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_decision_expires_at_ms(decision) == POLAR_LICENSE_ABSENT);
    CHECK(polar_license_decision_confirmed_at_ms(decision) == polar->wall_ms);
    CHECK(polar_license_decision_grace_ends_at_ms(decision) == polar->wall_ms + 14 * DAY_MS);
    CHECK(polar_license_decision_notice_at_ms(decision) == polar->wall_ms + 11 * DAY_MS);
    CHECK(polar_license_decision_refresh_at_ms(decision) > polar->wall_ms);
    CHECK(polar_license_decision_problem_kind(decision) == OK);
    CHECK(strstr(polar_license_decision_json(decision), "\"displayKey\":\"****-123456\"") != NULL);
    CHECK(strstr(polar_license_decision_json(decision), "MY-KEY") == NULL);
    polar_license_decision_free(decision);
    CHECK(polar->saves > 0 && polar->loads > 0 && polar->locks == 0);
    CHECK(shown->changes == 1 && shown->state == POLAR_LICENSE_STATE_ACTIVE);
    CHECK(polar_license_allowed(license) == 1 && polar_license_allows(license, "export") == 1);
    CHECK(polar_license_allows(license, "print") == 0);
}

static void the_computer_is_offline(fake_polar *polar, polar_license *license, window *shown)
{
    polar_license_decision *decision = NULL;
    polar->behaviour = 4;
    pass(polar, 2 * DAY_MS);
    CHECK(polar_license_refresh(license, &decision) == OK);
    CHECK(polar_license_decision_state(decision) == POLAR_LICENSE_STATE_GRACE);
    CHECK(polar_license_decision_allowed(decision) == 1);
    CHECK(polar_license_decision_problem_kind(decision) == POLAR_LICENSE_ERR_NETWORK);
    CHECK_TEXT(polar_license_decision_problem_detail(decision), "no cable");
    CHECK(polar_license_decision_problem_maybe_applied(decision) == 0);
    polar_license_decision_free(decision);
    CHECK(shown->state == POLAR_LICENSE_STATE_GRACE);

    pass(polar, 20 * DAY_MS);
    CHECK(polar_license_allowed(license) == 0 && polar_license_allows(license, "export") == 0);
    CHECK(polar_license_refresh(license, NULL) == OK);
    CHECK(shown->state == POLAR_LICENSE_STATE_LAPSED && shown->message[0] != 0);
}

/* A denial takes access away, and the next confirmation restores access. */
static void the_key_is_denied_for_a_while(fake_polar *polar, polar_license *license, window *shown)
{
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    CHECK(shown->state == POLAR_LICENSE_STATE_LAPSED);
    polar->behaviour = 1;
    CHECK(polar_license_validate(license, &decision) == OK);
    CHECK(polar_license_decision_state(decision) == POLAR_LICENSE_STATE_DENIED);
    CHECK(polar_license_decision_reason(decision) == POLAR_LICENSE_REASON_NOT_FOUND);
    CHECK(polar_license_decision_next_step(decision) == POLAR_LICENSE_NEXT_ACTIVATE);
    CHECK_TEXT(shown->message, polar_license_decision_message(decision));
    polar_license_decision_free(decision);

    CHECK(polar_license_activate(license, "ANOTHER-KEY-654321", &error) == POLAR_LICENSE_ERR_REFUSED);
    CHECK_TEXT(polar_license_decision_display_key(polar_license_error_decision(error)), "****-123456");
    polar_license_error_free(error);

    polar->behaviour = 0;
    CHECK(polar_license_validate(license, NULL) == OK);
    CHECK(polar_license_allowed(license) == 1 && shown->state == POLAR_LICENSE_STATE_ACTIVE);
}

static void the_user_moves_to_another_computer(fake_polar *polar, polar_license *license, window *shown)
{
    polar_license_error *error = NULL;
    int32_t deactivated = -1;
    CHECK(polar_license_deactivate(license, &deactivated, &error) == OK && error == NULL);
    CHECK(deactivated == POLAR_LICENSE_DEACTIVATED_NOT_NEEDED);
    CHECK(polar->removes == 1 && polar->length == 0);
    CHECK(shown->state == POLAR_LICENSE_STATE_UNLICENSED && polar_license_allowed(license) == 0);
}

int main(void)
{
    fake_polar polar = { 0 };
    window shown = { 0 };
    polar_license *license = start(&polar, &shown);
    the_user_enters_a_key(&polar, license, &shown);
    the_computer_is_offline(&polar, license, &shown);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));

    license = start(&polar, &shown); /* a day later */
    the_key_is_denied_for_a_while(&polar, license, &shown);
    the_user_moves_to_another_computer(&polar, license, &shown);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 6));
    puts("ok");
    return 0;
}
