/* Checks that `current` and `allows` return at once while another thread is inside a validation that stalls. The
 * optional argument is a limit in nanoseconds for the median duration of many calls to each of them. */
#define _POSIX_C_SOURCE 200809L
#include "fake_polar.h"

#include <pthread.h>

enum { CALLS = 20000 };

static atomic_int waiting, go_on;

static void stall(void *context)
{
    (void)context;
    if (!go_on) {
        struct timespec pause = { 0, 1000000 };
        waiting = 1;
        while (!go_on)
            nanosleep(&pause, NULL);
    }
}

static void *validate(void *license)
{
    CHECK(polar_license_validate(license, NULL) == POLAR_LICENSE_OK);
    return NULL;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int by_size(const void *left, const void *right)
{
    const int64_t l = *(const int64_t *)left, r = *(const int64_t *)right;
    return (l > r) - (l < r);
}

static int64_t took[CALLS];

static int64_t median(const char *name)
{
    qsort(took, CALLS, sizeof *took, by_size);
    printf("%s: median %d ns, 99 %% below %d ns, longest %d ns\n", name, (int)took[CALLS / 2],
           (int)took[CALLS / 100 * 99], (int)took[CALLS - 1]);
    return took[CALLS / 2];
}

int main(int count, char **arguments)
{
    const int64_t limit = count > 1 ? atoll(arguments[1]) : INT64_MAX;
    fake_polar polar = { 0 };
    polar_license *license;
    pthread_t thread;
    int i;
    go_on = 1;
    polar.before = stall;
    license = fake_polar_open(&polar);
    CHECK(polar_license_activate(license, "MY-KEY-123456", NULL) == POLAR_LICENSE_OK);
    go_on = 0;
    CHECK(pthread_create(&thread, NULL, validate, license) == 0);
    while (!waiting)
        ;
    for (i = 0; i < CALLS; i++) {
        const int64_t start = now_ns();
        const int32_t allows = polar_license_allows(license, "export");
        took[i] = now_ns() - start;
        CHECK(allows == 1);
    }
    CHECK(median("allows ") < limit);
    for (i = 0; i < CALLS; i++) {
        polar_license_decision *decision = NULL;
        const int64_t start = now_ns();
        const int32_t status = polar_license_current(license, &decision);
        took[i] = now_ns() - start;
        CHECK(status == POLAR_LICENSE_OK && polar_license_decision_allowed(decision) == 1);
        polar_license_decision_free(decision);
    }
    CHECK(median("current") < limit);
    go_on = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    polar_license_free(license);
    CHECK(fake_polar_destroyed(&polar, 3));
    puts("ok");
    return 0;
}
