/* An app that talks to a hostile server: it carries out the cases of tests/hostile, one in each line of its input,
 * through the functions of the header and the library's own network stack, and writes what it received to a line of
 * its output. The store and the clock are inside the program. The test that starts the program judges the results. */
#include "json.h"

/* The limit for a case, longer than any. */
enum { LINE = 65536 };

typedef struct device {
    int is_stored;
    size_t length;
    unsigned char record[LINE / 2];
    int64_t wall_ms;
    uint64_t mono_ms;
    /* The time that the first load, the first save and each further save take on the clock. */
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

static uint64_t number(const json *object, const char *name)
{
    CHECK(json_get(object, name)->kind == JSON_NUMBER);
    return strtoull(json_get(object, name)->text, NULL, 10);
}

static void set_up(device *d, const json *given)
{
    const char *hex = json_text(given, "record");
    memset(d, 0, sizeof *d);
    d->wall_ms = (int64_t)number(given, "wallMs");
    d->is_stored = hex != NULL;
    for (; hex && *hex; hex += 2) {
        const char digits[] = { hex[0], hex[1], 0 };
        CHECK(d->length < sizeof d->record);
        d->record[d->length++] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

static polar_license *opened(device *d, const json *given)
{
    polar_license_options *options = polar_license_options_from_json(json_write(json_get(given, "settings")));
    polar_license *license = NULL;
    CHECK(polar_license_options_set_store(options, load, save, remove_stored, d, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_options_set_clock(options, tell_time, d, NULL) == POLAR_LICENSE_OK);
    CHECK(polar_license_open(options, &license, NULL) == POLAR_LICENSE_OK);
    polar_license_options_free(options);
    return license;
}

/* Returns what the app receives: the error if there is one, else the decision. Frees both. */
static json *seen(polar_license_decision *decision, polar_license_error *error)
{
    const char *const text = error ? polar_license_error_json(error) : polar_license_decision_json(decision);
    json *const copy = json_read("what is seen", json_format("%s", text), NULL);
    polar_license_decision_free(decision);
    polar_license_error_free(error);
    return copy;
}

static json *current(const polar_license *license)
{
    polar_license_decision *decision = NULL;
    CHECK(polar_license_current(license, &decision) == POLAR_LICENSE_OK);
    return seen(decision, NULL);
}

static json *ask(const polar_license *license, const json *given)
{
    const char *const question = json_text(given, "ask"), *const key = json_text(given, "key");
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    int32_t deactivated = 0;
    json *now;
    if (strcmp(question, "validate") == 0) {
        CHECK(polar_license_validate(license, &decision) == POLAR_LICENSE_OK);
        return seen(decision, NULL);
    }
    if (strcmp(question, "consume") == 0) {
        polar_license_consume(license, (uint32_t)number(given, "count"), &decision, &error);
        return seen(decision, error);
    }
    if (strcmp(question, "activate") == 0) {
        polar_license_activate_with(license, key, 0, &decision, &error);
        return seen(decision, error);
    }
    CHECK(strcmp(question, "deactivate") == 0);
    if (polar_license_deactivate(license, &deactivated, &error) != POLAR_LICENSE_OK)
        return seen(NULL, error);
    now = current(license);
    json_set_text(now, "deactivated", polar_license_deactivated_name(deactivated));
    return now;
}

int main(void)
{
    static char line[LINE];
    static device d;
    while (fgets(line, sizeof line, stdin)) {
        json_block *const mark = json_blocks;
        const json *const given = json_read("a case", line, NULL);
        json *const outcome = json_new(JSON_OBJECT, NULL);
        polar_license *license;
        set_up(&d, given);
        license = opened(&d, given);
        d.first_load_ms = number(given, "firstLoadMs");
        d.first_save_ms = number(given, "firstSaveMs");
        d.save_ms = number(given, "saveMs");
        json_set(outcome, "now", ask(license, given));
        polar_license_free(license);
        license = opened(&d, given);
        json_set(outcome, "next", current(license));
        polar_license_free(license);
        puts(json_write(outcome));
        CHECK(fflush(stdout) == 0);
        json_free_to(mark);
    }
    return 0;
}
