/* An app that talks to a hostile server. It runs the cases of tests/hostile with the functions of the header and the
 * network stack of the library. The test that starts this program judges the results. The standard input has one case
 * in each line:
 *
 *     ask TAB key TAB count TAB wallMs TAB firstLoadMs TAB firstSaveMs TAB saveMs TAB record TAB settings
 *
 * The record is in hexadecimal, or empty. For each case the program prints a line with the JSON that the library
 * returns: the decision or the error after the operation, the decision at the next start, and the outcome for the
 * seat. The store and the clock are inside the program. */
#include "check.h"

/* The size of the buffer for the line of a case. Every line is shorter. */
enum { LINE = 65536 };

typedef struct device {
    int is_stored;
    size_t length;
    unsigned char record[LINE / 2];
    int64_t wall_ms;
    uint64_t mono_ms;
    /* By how much the clock advances during the first load, during the first save, and during each further save. */
    uint64_t first_load_ms, first_save_ms, save_ms;
} device;

static int32_t load(void *user_data, polar_license_record *record)
{
    device *const d = user_data;
    d->mono_ms += d->first_load_ms;
    d->first_load_ms = 0;
    return d->is_stored ? polar_license_record_set(record, d->record, d->length) : 0;
}

static int32_t save(void *user_data, const uint8_t *record, size_t length, int32_t durable)
{
    device *const d = user_data;
    (void)durable;
    CHECK(length <= sizeof d->record);
    d->mono_ms += d->first_save_ms;
    d->first_save_ms = d->save_ms;
    memcpy(d->record, record, length);
    d->length = length;
    d->is_stored = 1;
    return 0;
}

static int32_t remove_stored(void *user_data)
{
    device *const d = user_data;
    d->is_stored = 0;
    return 0;
}

static void tell_time(void *user_data, int64_t *wall_ms, uint64_t *mono_ms)
{
    const device *const d = user_data;
    *wall_ms = d->wall_ms;
    *mono_ms = d->mono_ms;
}

/* Returns the next field of a line. Replaces the TAB after the field by NUL. */
static const char *next_field(char **line)
{
    char *const field = *line, *const end = field + strcspn(field, "\t\r\n");
    *line = end + (*end != 0);
    *end = 0;
    return field;
}

static uint64_t next_number(char **line)
{
    return strtoull(next_field(line), NULL, 10);
}

static void store(device *d, const char *hex)
{
    d->is_stored = *hex != 0;
    for (; *hex; hex += 2) {
        const char digits[] = { hex[0], hex[1], 0 };
        CHECK(d->length < sizeof d->record);
        d->record[d->length++] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

static polar_license *opened(device *d, const char *settings)
{
    polar_license_options *options = polar_license_options_from_json(settings);
    polar_license *license = NULL;
    CHECK(polar_license_options_set_store(options, load, save, remove_stored, d, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_options_set_clock(options, tell_time, d, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);
    return license;
}

/* Prints a member of the JSON: the error if there is one, otherwise the decision. Frees both. */
static void print(const char *name, polar_license_decision *decision, polar_license_error *error)
{
    const char *const json = error ? polar_license_error_json(error) : polar_license_decision_json(decision);
    CHECK(json != NULL);
    printf("\"%s\":%s,", name, json);
    polar_license_decision_free(decision);
    polar_license_error_free(error);
}

/* Runs the operation and prints its result. Returns the outcome for the seat, or an empty string. */
static const char *carry_out(const polar_license *license, const char *ask, const char *key, uint32_t count)
{
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    int32_t deactivated = -1;
    if (strcmp(ask, "validate") == 0)
        polar_license_validate(license, &decision);
    else if (strcmp(ask, "consume") == 0)
        polar_license_consume(license, count, &decision, &error);
    else if (strcmp(ask, "activate") == 0)
        polar_license_activate_with(license, key, 0, &decision, &error);
    else if (strcmp(ask, "deactivate") == 0)
        polar_license_deactivate(license, &deactivated, &error);
    else
        CHECK(!"an operation");
    if (!decision && !error)
        CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    print("now", decision, error);
    return deactivated < 0 ? "" : polar_license_deactivated_name(deactivated);
}

int main(void)
{
    static char line[LINE];
    static device d;
    while (fgets(line, sizeof line, stdin)) {
        char *rest = line;
        const char *const ask = next_field(&rest), *const key = next_field(&rest), *settings, *deactivated;
        const uint32_t count = (uint32_t)next_number(&rest);
        uint64_t first_load_ms, first_save_ms, save_ms;
        polar_license_decision *decision = NULL;
        polar_license *license;
        memset(&d, 0, sizeof d);
        d.wall_ms = (int64_t)next_number(&rest);
        first_load_ms = next_number(&rest);
        first_save_ms = next_number(&rest);
        save_ms = next_number(&rest);
        store(&d, next_field(&rest));
        settings = next_field(&rest);
        license = opened(&d, settings);
        d.first_load_ms = first_load_ms;
        d.first_save_ms = first_save_ms;
        d.save_ms = save_ms;
        putchar('{');
        deactivated = carry_out(license, ask, key, count);
        polar_license_free(license);
        license = opened(&d, settings);
        CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
        print("next", decision, NULL);
        polar_license_free(license);
        printf("\"deactivated\":\"%s\"}\n", deactivated);
        CHECK(fflush(stdout) == 0);
    }
    return 0;
}
