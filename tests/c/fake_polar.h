/* A Polar inside the test program. Its transport confirms every validation of a key without an activation limit, and
 * its store is in memory. A test chooses the calls that fail. */
#ifndef FAKE_POLAR_H
#define FAKE_POLAR_H

#include "check.h"

#include <stdatomic.h>
#include <time.h>

typedef struct fake_polar {
    atomic_int requests;
    atomic_int destroyed;
    /* The action of the transport: 0 confirms, 1 denies, 2 sets no response, 3 acts as a captive portal, 4 fails
     * before sending. */
    atomic_int behaviour;
    /* If this is not NULL, the transport calls it before it answers. */
    void (*before)(void *context);
    void *context;
    /* The store. A call that fails advances the clock by a minute, so that no operation has time to try again. */
    unsigned char bytes[4096];
    size_t length;
    int store_fails;
    atomic_int loads, saves, removes, locks;
    /* The time on the two clocks, in milliseconds. */
    _Atomic int64_t wall_ms;
    _Atomic uint64_t mono_ms;
} fake_polar;

/* Formats the time `ms`, in milliseconds since 1970, as Polar does. The algorithm is from Howard Hinnant,
 * "chrono-compatible low-level date algorithms". */
static inline void fake_polar_time(int64_t ms, char text[static 40])
{
    const int64_t seconds = ms / 1000, z = seconds / 86400 + 719468, era = z / 146097, doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const int month = (int)(mp < 10 ? mp + 3 : mp - 9), year = (int)(yoe + era * 400 + (month <= 2));
    const int day = (int)(doy - (153 * mp + 2) / 5 + 1), second = (int)(seconds % 86400);
    snprintf(text, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month % 100, day % 100, second / 3600,
             second / 60 % 60, second % 60, (int)(ms % 1000));
}

static inline void fake_polar_post(void *user_data, const polar_license_request *request,
                                   polar_license_response *response)
{
    fake_polar *polar = user_data;
    char key[64] = "", at_time[40], reply[1024];
    const char *body = polar_license_request_body(request);
    const char *at = strstr(body, "\"key\":\"");
    atomic_fetch_add(&polar->requests, 1);
    atomic_fetch_add(&polar->mono_ms, 2000); /* so that the library does not wait between requests */
    CHECK(polar_license_request_timeout_ms(request) > 0);
    CHECK(strncmp(polar_license_request_url(request), "https://", 8) == 0);
    CHECK_TEXT(polar_license_request_header_name(request, 0), "Content-Type");
    CHECK_TEXT(polar_license_request_header_value(request, 0), "application/json");
    CHECK(polar_license_request_header_name(request, 1) == NULL); /* in particular, no header Polar-Version */
    CHECK(polar_license_request_header_name(request, 99) == NULL);
    CHECK(at != NULL);
    sscanf(at + 7, "%63[^\"]", key);
    if (polar->before)
        polar->before(polar->context);
    switch ((int)polar->behaviour) {
    case 0:
        fake_polar_time(polar->wall_ms, at_time);
        snprintf(reply, sizeof reply,
                 "{\"id\":\"de300000-0000-4000-8000-0000000000c1\",\"organization_id\":\"" ORGANIZATION "\","
                 "\"key\":\"%s\",\"status\":\"granted\",\"limit_activations\":null,\"limit_usage\":null,\"usage\":3,"
                 "\"expires_at\":null,\"benefit_id\":\"" PRO "\",\"last_validated_at\":\"%s\","
                 "\"activation\":null}",
                 key, at_time);
        CHECK(polar_license_response_set(response, 200, -1, (const uint8_t *)reply, strlen(reply)) == 0);
        break;
    case 1:
        strcpy(reply, "{\"error\":\"ResourceNotFound\",\"detail\":\"Not found\"}");
        CHECK(polar_license_response_set(response, 404, -1, (const uint8_t *)reply, strlen(reply)) == 0);
        break;
    case 3:
        CHECK(polar_license_response_set(response, 200, 7, (const uint8_t *)"<html>", 6) == 0);
        break;
    case 4:
        CHECK(polar_license_response_fail(response, POLAR_LICENSE_FAILED_NETWORK, 0, "no cable") == 0);
        break;
    default: /* the transport sets no response; the library must handle this */
        break;
    }
}

/* Returns the result of a callback of the store when the store fails. */
static inline int32_t fake_polar_store_failure(fake_polar *polar)
{
    atomic_fetch_add(&polar->mono_ms, 60000);
    return 5;
}

static inline int32_t fake_polar_load(void *user_data, polar_license_record *record)
{
    fake_polar *polar = user_data;
    atomic_fetch_add(&polar->loads, 1);
    if (polar->store_fails)
        return fake_polar_store_failure(polar);
    if (polar->length > 0)
        CHECK(polar_license_record_set(record, polar->bytes, polar->length) == 0);
    return 0;
}

static inline int32_t fake_polar_save(void *user_data, const uint8_t *bytes, size_t length, int32_t durable)
{
    fake_polar *polar = user_data;
    atomic_fetch_add(&polar->saves, 1);
    CHECK(durable == 0 || durable == 1);
    CHECK(length <= sizeof polar->bytes);
    if (polar->store_fails)
        return fake_polar_store_failure(polar);
    memcpy(polar->bytes, bytes, length);
    polar->length = length;
    return 0;
}

static inline int32_t fake_polar_remove(void *user_data)
{
    fake_polar *polar = user_data;
    atomic_fetch_add(&polar->removes, 1);
    if (polar->store_fails)
        return fake_polar_store_failure(polar);
    polar->length = 0;
    return 0;
}

static inline int32_t fake_polar_lock(void *user_data)
{
    return atomic_fetch_add(&((fake_polar *)user_data)->locks, 1) != 0; /* fails if the store is locked already */
}

static inline void fake_polar_unlock(void *user_data)
{
    atomic_fetch_sub(&((fake_polar *)user_data)->locks, 1);
}

static inline void fake_polar_clock(void *user_data, int64_t *wall_ms, uint64_t *mono_ms)
{
    *wall_ms = ((fake_polar *)user_data)->wall_ms;
    *mono_ms = ((fake_polar *)user_data)->mono_ms;
}

static inline void fake_polar_destroy(void *user_data)
{
    atomic_fetch_add(&((fake_polar *)user_data)->destroyed, 1);
}

/* Waits until the library has destroyed `expected` parts, and returns whether it has destroyed exactly that many.
 * Waiting is necessary, because the thread of a request may still be about to destroy a part. */
static inline int fake_polar_destroyed(fake_polar *polar, int expected)
{
    const time_t end = time(NULL) + 30;
    while (polar->destroyed < expected && time(NULL) < end)
        ;
    return polar->destroyed == expected;
}

/* Returns options for a license whose store, transport and clock are those of `polar`, so that it uses neither the
 * network nor the disk. */
static inline polar_license_options *fake_polar_options(fake_polar *polar)
{
    polar_license_options *options = polar_license_options_new(ORGANIZATION, "com.acme.app");
    CHECK(polar_license_options_set_device_id(options, "a device") == 0);
    CHECK(polar_license_options_add_feature(options, "export", PRO) == 0);
    CHECK(polar_license_options_set_store(options, fake_polar_load, fake_polar_save, fake_polar_remove, polar,
                                          fake_polar_destroy) == 0);
    CHECK(polar_license_options_set_store_lock(options, fake_polar_lock, fake_polar_unlock) == 0);
    CHECK(polar_license_options_set_transport(options, fake_polar_post, polar, fake_polar_destroy) == 0);
    CHECK(polar_license_options_set_clock(options, fake_polar_clock, polar, fake_polar_destroy) == 0);
    if (polar->wall_ms == 0)
        polar->wall_ms = INT64_C(1795255200000); /* 2026-11-21T10:00:00Z */
    return options;
}

static inline polar_license *fake_polar_open(fake_polar *polar)
{
    polar_license_options *options = fake_polar_options(polar);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    polar_license_open(options, &license, &error);
    if (error)
        fprintf(stderr, "%s\n", polar_license_error_detail(error));
    CHECK(error == NULL && license != NULL);
    polar_license_options_free(options);
    return license;
}

#endif
