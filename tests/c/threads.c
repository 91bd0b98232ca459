/* Calls all functions at the same time on eight threads with one license, which is freed while some threads are
 * still inside a call. Also reads a license on two threads while a third one validates and saves it. */
#include "fake_polar.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 40 };

static polar_license *license;
static atomic_int changes, listeners_ended, go_on;

static void on_change(void *user_data, const polar_license_decision *decision, const polar_license_decision *before)
{
    (void)user_data;
    CHECK(polar_license_decision_message(decision)[0] != 0);
    CHECK(strcmp(polar_license_decision_json(decision), polar_license_decision_json(before)) != 0);
    atomic_fetch_add(&changes, 1);
}

static void end_listener(void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&listeners_ended, 1);
}

static void look(void)
{
    polar_license_decision *decision = NULL;
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    CHECK(polar_license_decision_json(decision) != NULL);
    CHECK(polar_license_decision_message(decision) != NULL);
    polar_license_decision_free(decision);
}

static void *work(void *number)
{
    const int me = *(const int *)number;
    int round;
    for (round = 0; round < ROUNDS; round++) {
        polar_license_error *error = NULL;
        uint64_t subscription = 0;
        switch ((me + round) % 8) {
        case 0:
            polar_license_activate(license, round % 2 ? "MY-KEY-123456" : "MY-KEY-654321", &error);
            break;
        case 1:
            CHECK(polar_license_validate(license, NULL) == POLAR_LICENSE_OK);
            break;
        case 2:
            CHECK(polar_license_refresh(license, NULL) == POLAR_LICENSE_OK);
            break;
        case 3:
            CHECK(polar_license_on_change(license, on_change, NULL, end_listener, &subscription) == POLAR_LICENSE_OK);
            polar_license_consume(license, 1, NULL, &error);
            CHECK(polar_license_off_change(license, subscription) == POLAR_LICENSE_OK);
            break;
        case 4:
            polar_license_deactivate(license, NULL, &error);
            break;
        case 5:
            CHECK(polar_license_start_auto_refresh(license, NULL) == POLAR_LICENSE_OK);
            CHECK(polar_license_stop_auto_refresh(license) == POLAR_LICENSE_OK);
            break;
        case 6:
            CHECK(polar_license_cancel(license) == POLAR_LICENSE_OK);
            break;
        default:
            polar_license_allows(license, round % 3 ? "export" : "no such feature");
            polar_license_allowed(license);
        }
        if (error)
            CHECK(polar_license_error_message(error)[0] != 0);
        polar_license_error_free(error);
        look();
    }
    return NULL;
}

static void everything_at_once(void)
{
    fake_polar polar = { 0 };
    pthread_t threads[THREADS];
    int numbers[THREADS], i;
    license = fake_polar_open(&polar);
    CHECK(polar_license_on_change(license, on_change, NULL, end_listener, NULL) == POLAR_LICENSE_OK);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(polar.requests > 0 && changes > 0);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
    CHECK(listeners_ended == 1 + THREADS * ROUNDS / 8);
}

static void pass_a_second(void *context)
{
    atomic_fetch_add(&((fake_polar *)context)->wall_ms, 1000);
}

static void *read_on(void *over)
{
    do {
        CHECK(polar_license_allows(license, "export") == 1);
        CHECK(polar_license_allowed(license) == 1);
        look();
    } while (!*(atomic_int *)over);
    return NULL;
}

static void it_may_be_read_while_it_is_validated_and_saved(void)
{
    fake_polar polar = { 0 };
    pthread_t readers[2];
    atomic_int over = 0;
    int i;
    polar.before = pass_a_second; /* each confirmation has a new time, and so is saved */
    polar.context = &polar;
    license = fake_polar_open(&polar);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    for (i = 0; i < 2; i++)
        CHECK(pthread_create(&readers[i], NULL, read_on, &over) == 0);
    for (i = 0; i < ROUNDS; i++)
        CHECK(polar_license_validate(license, NULL) == POLAR_LICENSE_OK);
    over = 1;
    for (i = 0; i < 2; i++)
        CHECK(pthread_join(readers[i], NULL) == 0);
    CHECK(polar.saves > ROUNDS);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
}

static void hold(void *context)
{
    atomic_int *waiting = context;
    atomic_fetch_add(waiting, 1);
    while (!go_on)
        ;
}

static void *validate(void *unused)
{
    (void)unused;
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_ERR_CANCELLED);
    return NULL;
}

static void it_may_be_freed_while_another_thread_is_inside(void)
{
    fake_polar polar = { 0 };
    pthread_t thread;
    atomic_int waiting = 0;
    polar.before = hold;
    polar.context = &waiting;
    license = fake_polar_open(&polar);
    CHECK(pthread_create(&thread, NULL, validate, NULL) == 0);
    while (!waiting)
        ;
    polar_license_free(license);
    CHECK(pthread_join(thread, NULL) == 0);
    go_on = 1;
    CHECK(fake_polar_destroyed(&polar, 3));
}

int main(void)
{
    everything_at_once();
    it_may_be_read_while_it_is_validated_and_saved();
    it_may_be_freed_while_another_thread_is_inside();
    puts("ok");
    return 0;
}
