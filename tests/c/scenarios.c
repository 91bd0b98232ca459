/* Runs the scenarios of tests/scenarios through the functions of the header, as their README says: a store and a Polar
 * inside the program, a clock that it sets, and several licenses on one store for several processes. Beyond what the
 * README demands, each function that reads a decision or an error must agree with its JSON, and no log line may contain
 * a key or personal data.
 *
 *     scenarios STRIDE members.json common.json FILE...
 *
 * `members.json` has the members of a decision and of an error, as the core describes them; those within an object
 * after a dot.
 *
 * Then, to test itself, it spoils every STRIDE-th expectation and wants each to be noticed; 0 for none. Never opens a
 * connection and never reads the system's clock. */
#include "json.h"

#include <stdatomic.h>
#include <time.h>

enum { REQUEST_MS = 600, SLACK_MS = 60000, PARTS_OF_A_PROCESS = 3 };

static const int64_t MINUTE = 60000, HOUR = 3600000, DAY = 86400000;

/* What is stored, or a copy of it. */
typedef struct bytes {
    int present;
    size_t length;
    unsigned char *at;
} bytes;

typedef struct kept {
    const char *name;
    bytes bytes;
    struct kept *next;
} kept;

typedef struct world world;

/* A process that runs, or that ran: the last one of its name counts. */
typedef struct process {
    world *world;
    const char *name;
    polar_license *license;
    json *config;
    const char *device;
    /* The exchanges that are to come, and where in the scenario it is. */
    const json *script[16];
    size_t scripted, answered;
    const char *place;
    const json *always;
    /* It was killed: what was stored then, and that it was not started again. */
    int killed, dead;
    bytes stored_when_killed;
    /* Its clocks. The library may read them on any thread. */
    _Atomic int64_t wall;
    _Atomic uint64_t mono;
    atomic_int destroyed;
    struct process *next;
} process;

struct world {
    const json *common, *scenario;
    const char *place;
    int64_t wall, polar;
    bytes stored;
    kept *kept;
    const char *fails;
    process *processes;
    /* What is not as expected, in lines, and whether anybody wants to read them. */
    int failures, quiet;
};

typedef struct outcome {
    json *decision;
    const json *error;
    const char *deactivated;
} outcome;

/* `common.json`, of which log lines may contain neither keys nor personal data. */
static const json *common;
static atomic_int log_lines, leaks;

/* The members of a decision and of an error. */
static const json *decision_members, *error_members;

/* Steps that this interface cannot take. */
static int skipped;

static int step(world *w, const json *step, const char *place);

/* ── failures ── */

static void fail(world *w, const char *place, const char *what)
{
    w->failures++;
    if (!w->quiet)
        fprintf(stderr, "%s: %s: %s\n", w->place, place, what);
}

static _Noreturn void give_up(const char *what, const char *about)
{
    fprintf(stderr, "%s: %s\n", what, about ? about : "(none)");
    exit(1);
}

/* A member that the format does not know is an error. */
static void only(const char *what, const json *object, const char *known)
{
    const json *member;
    for (member = object->first; member; member = member->next)
        if (!strstr(known, json_format(" %s ", member->name)))
            give_up(json_format("unknown member of %s", what), member->name);
}

/* ── time ── */

/* `3d`, `-15d`, `+1h30m` in milliseconds. */
static int64_t duration(const char *text)
{
    static const struct { const char *name; int64_t ms; } units[] = { { "ms", 1 },  { "s", 1000 }, { "m", 60000 },
                                                                      { "h", 3600000 }, { "d", 86400000 },
                                                                      { "y", 365 * INT64_C(86400000) } };
    const int64_t sign = *text == '-' ? -1 : 1;
    const char *at = text + (*text == '-' || *text == '+');
    int64_t total = 0;
    while (*at) {
        char *unit;
        const int64_t number = strtoll(at, &unit, 10);
        const size_t length = strcspn(unit, "0123456789");
        size_t known = 0;
        while (known < 6 && (strlen(units[known].name) != length || strncmp(units[known].name, unit, length) != 0))
            known++;
        if (known == 6 || unit == at)
            give_up("this is no duration", text);
        total += number * units[known].ms;
        at = unit + length;
    }
    return sign * total;
}

/* Milliseconds since 1970 of a date and time in UTC; 0 if it is none (the days as in fake_polar.h, backwards). */
static int timestamp(const char *text, int64_t *ms)
{
    int year, month, day, hour, minute, second, length = 0;
    int64_t y, era, doy, fraction = 0, scale = 100;
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &length) != 6)
        return 0;
    text += length;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
            fraction += (*text - '0') * scale;
    if (strcmp(text, "Z") != 0)
        return 0;
    y = year - (month <= 2);
    era = y / 400;
    doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    *ms = (era * 146097 + (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 + doy - 719468) * DAY
          + hour * HOUR + minute * MINUTE + second * 1000 + fraction;
    return 1;
}

static int64_t start_of_all(void)
{
    int64_t ms = 0;
    CHECK(timestamp("2026-11-21T12:00:00Z", &ms));
    return ms;
}

/* A date and time, or a duration since the start. */
static int64_t moment(const char *text)
{
    int64_t ms;
    return timestamp(text, &ms) ? ms : start_of_all() + duration(text);
}

/* As Polar writes it: microseconds, or no fraction at all. */
static const char *written(int64_t ms)
{
    const int64_t seconds = ms / 1000, z = seconds / 86400 + 719468, era = z / 146097, doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const int month = (int)(mp < 10 ? mp + 3 : mp - 9), year = (int)(yoe + era * 400 + (month <= 2));
    const char *fraction = ms % 1000 ? json_format(".%03d000", (int)(ms % 1000)) : "";
    return json_format("%04d-%02d-%02dT%02d:%02d:%02d%sZ", year, month, (int)(doy - (153 * mp + 2) / 5 + 1),
                       (int)(seconds % 86400 / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60), fraction);
}

/* ── comparing ── */

static int matches(const char *name, const json *expected, const json *actual, int closed)
{
    const size_t length = strlen(name);
    const int is_moment = length > 2 && strcmp(name + length - 2, "At") == 0;
    const json *entry;
    int64_t time;
    if (json_has(expected, "contains"))
        return actual->kind == JSON_TEXT && strstr(actual->text, json_text(expected, "contains")) != NULL;
    if (json_has(expected, "oneOf")) {
        for (entry = json_get(expected, "oneOf")->first; entry; entry = entry->next)
            if (matches(name, entry, actual, closed))
                return 1;
        return 0;
    }
    if (json_has(expected, "from"))
        return actual->kind == JSON_TEXT && timestamp(actual->text, &time)
               && moment(json_text(expected, "from")) <= time && time <= moment(json_text(expected, "to"));
    if (expected->kind == JSON_TEXT && is_moment)
        return actual->kind == JSON_TEXT && timestamp(actual->text, &time)
               && llabs(time - moment(expected->text)) <= SLACK_MS;
    if (expected->kind == JSON_OBJECT && actual->kind == JSON_OBJECT) {
        for (entry = expected->first; entry; entry = entry->next)
            if (!matches(entry->name, entry, json_get(actual, entry->name), closed))
                return 0;
        return !closed || json_length(expected) == json_length(actual);
    }
    return json_equal(expected, actual);
}

static void compare_one(world *w, const char *place, const char *prefix, const json *expected, const json *actual,
                        int closed)
{
    if (!matches(expected->name, expected, actual, closed))
        fail(w, place, json_format("%s%s: expected %s, got %s", prefix, expected->name, json_write(expected),
                                   json_write(actual)));
}

static void compare_members(world *w, const char *place, const char *prefix, const json *expected, const json *actual,
                            int closed)
{
    const json *member;
    for (member = expected->first; member; member = member->next)
        compare_one(w, place, prefix, member, json_get(actual, member->name), closed);
}

/* ── what the functions that read one member return, beside the JSON ── */

static void agree_text(world *w, const char *place, const char *name, const char *found, const json *member)
{
    const char *const expected = member->kind == JSON_TEXT ? member->text : NULL;
    if ((found == NULL) != (expected == NULL) || (found && strcmp(found, expected) != 0))
        fail(w, place, json_format("%s: the function returns %s, the JSON has %s", name, found ? found : "NULL",
                                   json_write(member)));
}

static void agree_number(world *w, const char *place, const char *name, int64_t found, const json *member)
{
    int64_t expected = POLAR_LICENSE_ABSENT;
    if (member->kind == JSON_NUMBER)
        expected = strtoll(member->text, NULL, 10);
    else if (member->kind == JSON_TEXT)
        CHECK(timestamp(member->text, &expected));
    if (found != expected)
        fail(w, place, json_format("%s: the function returns %lld, the JSON has %s", name, (long long)found,
                                   json_write(member)));
}

/* What is absent is not so. */
static void agree_flag(world *w, const char *place, const char *name, int32_t found, const json *member)
{
    if (found != (member->kind == JSON_BOOL && strcmp(member->text, "true") == 0))
        fail(w, place, json_format("%s: the function returns %d, the JSON has %s", name, (int)found,
                                   json_write(member)));
}

/* A number with a name; 0 stands for what is absent. */
static void agree_code(world *w, const char *place, const char *name, int32_t found, const char *(*name_of)(int32_t),
                       const json *member)
{
    if (member->kind != JSON_NULL)
        agree_text(w, place, name, name_of(found), member);
    else if (found != 0)
        fail(w, place, json_format("%s: the function returns %d, the JSON has null", name, (int)found));
}

/* The function that reads a member of a decision: one of `text`, `number`, `flag` or, with the names of its results,
 * `code`. */
typedef struct getter {
    const char *member;
    const char *(*text)(const polar_license_decision *decision);
    int64_t (*number)(const polar_license_decision *decision);
    int32_t (*flag)(const polar_license_decision *decision);
    int32_t (*code)(const polar_license_decision *decision);
    const char *(*name_of)(int32_t code);
} getter;

static const getter getters[] = {
    { .member = "allowed", .flag = polar_license_decision_allowed },
    { .member = "state", .code = polar_license_decision_state, .name_of = polar_license_state_name },
    { .member = "reason", .code = polar_license_decision_reason, .name_of = polar_license_reason_name },
    { .member = "displayKey", .text = polar_license_decision_display_key },
    { .member = "benefitId", .text = polar_license_decision_benefit_id },
    { .member = "activationId", .text = polar_license_decision_activation_id },
    { .member = "activationLabel", .text = polar_license_decision_activation_label },
    { .member = "expiresAt", .number = polar_license_decision_expires_at_ms },
    { .member = "updatesUntil", .text = polar_license_decision_updates_until },
    { .member = "confirmedAt", .number = polar_license_decision_confirmed_at_ms },
    { .member = "refreshAt", .number = polar_license_decision_refresh_at_ms },
    { .member = "graceEndsAt", .number = polar_license_decision_grace_ends_at_ms },
    { .member = "usage", .number = polar_license_decision_usage },
    { .member = "limitUsage", .number = polar_license_decision_limit_usage },
    { .member = "limitActivations", .number = polar_license_decision_limit_activations },
    { .member = "purchase.kind", .text = polar_license_decision_purchase_kind },
    { .member = "purchase.status", .text = polar_license_decision_purchase_status },
    { .member = "purchase.currentPeriodEnd", .number = polar_license_decision_purchase_current_period_end_ms },
    { .member = "purchase.endsAt", .number = polar_license_decision_purchase_ends_at_ms },
    { .member = "purchase.cancelsAtPeriodEnd", .flag = polar_license_decision_purchase_cancels_at_period_end },
    { .member = "purchase.paid", .flag = polar_license_decision_purchase_paid },
    { .member = "purchase.createdAt", .number = polar_license_decision_purchase_created_at_ms },
    { .member = "nextStep", .code = polar_license_decision_next_step, .name_of = polar_license_next_step_name },
    { .member = "nextUrl", .text = polar_license_decision_next_url },
    { .member = "notice", .flag = polar_license_decision_notice },
    { .member = "noticeAt", .number = polar_license_decision_notice_at_ms },
    { .member = "message", .text = polar_license_decision_message },
    { .member = "problem.kind", .code = polar_license_decision_problem_kind, .name_of = polar_license_kind_name },
    { .member = "problem.message", .text = polar_license_decision_problem_message },
    { .member = "problem.detail", .text = polar_license_decision_problem_detail },
    { .member = "problem.retryAfterMs", .number = polar_license_decision_problem_retry_after_ms },
    { .member = "problem.maybeApplied", .flag = polar_license_decision_problem_maybe_applied },
};

static const getter *getter_of(const char *member)
{
    size_t i;
    for (i = 0; i < sizeof getters / sizeof *getters; i++)
        if (strcmp(getters[i].member, member) == 0)
            return &getters[i];
    give_up("no function that reads this member is tested", member);
}

/* The value of a member that may be within another. */
static const json *value_of(const json *object, const char *member)
{
    const char *const dot = strchr(member, '.');
    if (!dot)
        return json_get(object, member);
    return json_get(json_get(object, json_format("%.*s", (int)(dot - member), member)), dot + 1);
}

static void agree(world *w, const char *place, const polar_license_decision *d, const json *decision)
{
    const json *const features = json_get(decision, "features"), *feature, *member;
    for (member = decision_members->first; member; member = member->next) {
        const char *const name = member->text;
        const json *const value = value_of(decision, name);
        const getter *get;
        if (strcmp(name, "features") == 0)
            continue;
        get = getter_of(name);
        if (get->text)
            agree_text(w, place, name, get->text(d), value);
        else if (get->number)
            agree_number(w, place, name, get->number(d), value);
        else if (get->flag)
            agree_flag(w, place, name, get->flag(d), value);
        else
            agree_code(w, place, name, get->code(d), get->name_of, value);
    }
    for (feature = features->first; feature; feature = feature->next)
        agree_flag(w, place, feature->name, polar_license_decision_allows(d, feature->name), feature);
}

static void agree_error(world *w, const char *place, const polar_license_error *e, int32_t kind, const json *error)
{
    const json *member;
    if (polar_license_error_kind(e) != kind)
        fail(w, place, json_format("kind: returned %d, of the error %d", kind, polar_license_error_kind(e)));
    for (member = error_members->first; member; member = member->next) {
        const char *const name = member->text;
        const json *const value = json_get(error, name);
        if (strcmp(name, "kind") == 0)
            agree_code(w, place, name, polar_license_error_kind(e), polar_license_kind_name, value);
        else if (strcmp(name, "reason") == 0)
            agree_code(w, place, name, polar_license_error_reason(e), polar_license_reason_name, value);
        else if (strcmp(name, "message") == 0)
            agree_text(w, place, name, polar_license_error_message(e), value);
        else if (strcmp(name, "detail") == 0)
            agree_text(w, place, name, polar_license_error_detail(e), value);
        else if (strcmp(name, "retryAfterMs") == 0)
            agree_number(w, place, name, polar_license_error_retry_after_ms(e), value);
        else if (strcmp(name, "maybeApplied") == 0)
            agree_flag(w, place, name, polar_license_error_maybe_applied(e), value);
        else if (strcmp(name, "nextStep") == 0)
            agree_code(w, place, name, polar_license_error_next_step(e), polar_license_next_step_name, value);
        else if (strcmp(name, "nextUrl") == 0)
            agree_text(w, place, name, polar_license_error_next_url(e), value);
        else
            give_up("no function that reads this member is tested", name);
    }
}

/* ── the store ── */

static bytes copy_of(const void *at, size_t length)
{
    bytes copy = { 1, length, json_memory(length + 1) };
    memcpy(copy.at, at, length);
    return copy;
}

static int same(bytes one, bytes other)
{
    return one.present == other.present && one.length == other.length
           && (one.length == 0 || memcmp(one.at, other.at, one.length) == 0);
}

static bytes *keep(world *w, const char *name, int make)
{
    kept *found = w->kept;
    while (found && strcmp(found->name, name) != 0)
        found = found->next;
    if (!found && !make)
        give_up("nothing was kept under this name", name);
    if (!found) {
        found = json_memory(sizeof *found);
        found->name = name;
        found->next = w->kept;
        w->kept = found;
    }
    return &found->bytes;
}

static void edit_store(world *w, const json *edit, const char *place)
{
    const bytes nothing = { 0, 0, NULL };
    const json *const set = json_get(edit, "set");
    only("`store`", edit, " flip set truncate text keep put remove fails ");
    if (json_has(edit, "fails"))
        w->fails = json_text(edit, "fails");
    if (json_has(edit, "keep"))
        *keep(w, json_text(edit, "keep"), 1) = w->stored;
    if (json_has(edit, "put"))
        w->stored = *keep(w, json_text(edit, "put"), 0);
    if (json_has(edit, "text"))
        w->stored = copy_of(json_text(edit, "text"), strlen(json_text(edit, "text")));
    if (json_is_true(edit, "remove"))
        w->stored = nothing;
    if (!json_has(edit, "flip") && !json_has(edit, "set") && !json_has(edit, "truncate"))
        return;
    if (!w->stored.present) {
        fail(w, place, "nothing is stored that could be edited");
        return;
    }
    w->stored = copy_of(w->stored.at, w->stored.length);
    if (json_has(edit, "flip")) {
        const long long at = strtoll(json_get(edit, "flip")->text, NULL, 10);
        const size_t byte = at < 0 ? w->stored.length - (size_t)-at : (size_t)at;
        CHECK(byte < w->stored.length);
        w->stored.at[byte] ^= 1;
    }
    if (json_has(edit, "set")) {
        const size_t byte = strtoul(set->first->text, NULL, 10);
        CHECK(byte < w->stored.length);
        w->stored.at[byte] = (unsigned char)strtoul(set->first->next->text, NULL, 10);
    }
    if (json_has(edit, "truncate")) {
        const size_t length = strtoul(json_get(edit, "truncate")->text, NULL, 10);
        w->stored.length = length < w->stored.length ? length : w->stored.length;
    }
}

static void check_always(process *p, const char *when)
{
    polar_license_decision *decision = NULL;
    if (!p->license || !p->always)
        return;
    CHECK(polar_license_current(p->license, &decision) == POLAR_LICENSE_OK);
    compare_members(p->world, p->place, json_format("%s: ", when), p->always,
                    json_read("current", json_format("%s", polar_license_decision_json(decision)), NULL), 0);
    polar_license_decision_free(decision);
}

static int32_t load(void *user_data, polar_license_record *record)
{
    process *const p = user_data;
    const bytes stored = p->world->stored;
    check_always(p, "before loading");
    if (strcmp(p->world->fails, "reading") == 0)
        return 1;
    return stored.present ? polar_license_record_set(record, stored.at, stored.length) : 0;
}

static int32_t save(void *user_data, const uint8_t *record, size_t length, int32_t durable)
{
    process *const p = user_data;
    (void)durable;
    check_always(p, "before saving");
    if (strcmp(p->world->fails, "nothing") != 0)
        return 1;
    p->world->stored = copy_of(record, length);
    return 0;
}

static int32_t remove_stored(void *user_data)
{
    process *const p = user_data;
    const bytes nothing = { 0, 0, NULL };
    check_always(p, "before removing");
    if (strcmp(p->world->fails, "nothing") != 0)
        return 1;
    p->world->stored = nothing;
    return 0;
}

/* ── clocks ── */

static void tell_time(void *user_data, int64_t *wall_ms, uint64_t *mono_ms)
{
    process *const p = user_data;
    *wall_ms = p->wall;
    *mono_ms = p->mono;
}

static void move_clocks(world *w, int64_t pass, int64_t hold, int64_t sleep, const char *wall)
{
    process *p;
    int64_t to;
    w->polar += pass + hold + sleep;
    w->wall += pass + sleep;
    if (wall)
        w->wall = timestamp(wall, &to) ? to : w->wall + duration(wall);
    for (p = w->processes; p; p = p->next) {
        p->mono += (uint64_t)(pass + hold);
        p->wall = w->wall;
    }
}

static void move_clocks_as(world *w, const json *clock)
{
    int64_t ms[3];
    static const char *const names[] = { "pass", "hold", "sleep" };
    int i;
    only("`clock`", clock, " pass hold sleep wall ");
    for (i = 0; i < 3; i++)
        ms[i] = json_has(clock, names[i]) ? duration(json_text(clock, names[i])) : 0;
    move_clocks(w, ms[0], ms[1], ms[2], json_text(clock, "wall"));
}

/* ── Polar ── */

static json *object_with(const char *name, const char *text)
{
    json *object = json_new(JSON_OBJECT, NULL);
    json_set_text(object, name, text);
    return object;
}

static json *activation(const json *license, const json *asked, const char *id, const char *created_at)
{
    json *seat = object_with("id", id);
    json_set(seat, "license_key_id", json_get(license, "id"));
    json_set_text(seat, "label", json_has(asked, "label") ? json_text(asked, "label") : "a label");
    json_set(seat, "meta", json_has(asked, "meta") ? json_get(asked, "meta") : json_new(JSON_OBJECT, NULL));
    json_set_text(seat, "created_at", created_at);
    json_set_text(seat, "modified_at", NULL);
    return seat;
}

/* The last six characters, as Polar shows them. */
static const char *shown(const char *key)
{
    const char *at = key + strlen(key);
    int left = 6;
    while (at > key && left > 0)
        left -= (*--at & 0xC0) != 0x80;
    return json_format("****-%s", at);
}

static json *yes(const world *w, const char *endpoint, const json *asked, const json *given)
{
    const char *const key = json_text(asked, "key"), *at, *seat;
    const json *sold = json_get(json_get(w->scenario, "sold"), key);
    json *license = json_new(JSON_OBJECT, NULL);
    json_set_all(license, json_get(w->common, "licenseKey"));
    json_set_text(license, "key", key);
    json_set_text(license, "display_key", shown(key));
    json_set(license, "organization_id", json_get(asked, "organization_id"));
    json_set_all(license, sold != &JSON_NOTHING ? sold : json_get(json_get(w->common, "sold"), key));
    json_set_all(license, given);
    if (json_text(license, "expires_at"))
        json_set_text(license, "expires_at", written(moment(json_text(license, "expires_at"))));
    at = json_text(license, "at");
    at = json_has(license, "at") ? (at ? written(moment(at)) : NULL) : written(w->polar);
    seat = json_text(license, "activation");
    if (!json_has(license, "activation"))
        seat = json_text(asked, "activation_id");
    json_remove(license, "at");
    json_remove(license, "activation");
    if (strcmp(endpoint, "activate") == 0) {
        json *reply = activation(license, asked, seat, at);
        if (!seat)
            give_up("a yes to `activate` needs `activation`", w->place);
        json_set_text(license, "last_validated_at", NULL);
        json_set(reply, "license_key", license);
        return reply;
    }
    json_set(license, "activation",
             seat ? activation(license, asked, seat, "2026-01-02T03:04:05.678901Z") : &JSON_NOTHING);
    json_set_text(license, "last_validated_at", at);
    return license;
}

static json *malformed(const json *asked, const json *location)
{
    json *complaint = object_with("type", "value_error"), *list = json_new(JSON_LIST, NULL);
    json *reply = object_with("error", "RequestValidationError");
    json_set(complaint, "loc", location);
    json_set_text(complaint, "msg", "Value error");
    json_set(complaint, "input", json_get(asked, "key"));
    list->first = complaint;
    json_set(reply, "detail", list);
    return reply;
}

static void answer(const world *w, const char *endpoint, const json *asked, const json *reply,
                   polar_license_response *to)
{
    const char *body = "", *const no = json_text(reply, "no");
    const json *const given = json_get(reply, "body");
    const int64_t retry_after = json_has(reply, "retryAfter") ? atoi(json_get(reply, "retryAfter")->text) : -1;
    int32_t status = 200;
    size_t length;
    if (json_has(reply, "fail")) {
        const int timeout = strcmp(json_text(reply, "fail"), "timeout") == 0;
        const int32_t failure = timeout ? POLAR_LICENSE_FAILED_TIMEOUT : POLAR_LICENSE_FAILED_NETWORK;
        const int maybe = strcmp(json_text(reply, "sent"), "maybe") == 0;
        const char *const message = timeout ? "no answer in time" : "the connection broke";
        CHECK(polar_license_response_fail(to, failure, maybe, message) == POLAR_LICENSE_OK);
        return;
    }
    if (json_has(reply, "yes") && strcmp(endpoint, "deactivate") == 0) {
        status = 204;
    } else if (json_has(reply, "yes")) {
        body = json_write(yes(w, endpoint, asked, json_get(reply, "yes")));
    } else if (no) {
        const int is_usage = strncmp(no, "License key only has", 20) == 0;
        const int is_permission = strcmp(endpoint, "activate") == 0 && strcmp(no, "Not found") != 0;
        const char *const error = is_usage ? "BadRequest" : is_permission ? "NotPermitted" : "ResourceNotFound";
        json *const said = object_with("error", error);
        json_set_text(said, "detail", no);
        status = is_usage ? 400 : is_permission ? 403 : 404;
        body = json_write(said);
    } else if (json_has(reply, "malformed")) {
        status = 422;
        body = json_write(malformed(asked, json_get(reply, "malformed")));
    } else {
        CHECK(json_has(reply, "status"));
        status = atoi(json_get(reply, "status")->text);
        body = given->kind == JSON_TEXT ? given->text : json_has(reply, "body") ? json_write(given) : "";
    }
    length = strlen(body) / (json_is_true(reply, "half") ? 2 : 1);
    CHECK(polar_license_response_set(to, status, retry_after, (const uint8_t *)body, length) == POLAR_LICENSE_OK);
}

/* What Polar demands of every body, and what is never sent. */
static void check_form(process *p, const char *place, const char *endpoint, const json *body)
{
    static const char validate[] = " key organization_id activation_id benefit_id customer_id increment_usage"
                                   " conditions ";
    static const char activate[] = " key organization_id label conditions meta ";
    const char *const known = strcmp(endpoint, "validate") == 0   ? validate
                              : strcmp(endpoint, "activate") == 0 ? activate
                                                                  : " key organization_id activation_id ";
    const json *member;
    if (!json_equal(json_get(body, "organization_id"), json_get(p->config, "organizationId")))
        fail(p->world, place, json_format("%s: organization_id is %s", endpoint, json_text(body, "organization_id")));
    if (!json_text(body, "key"))
        fail(p->world, place, json_format("%s: there is no key", endpoint));
    for (member = body->first; member; member = member->next) {
        if (!strstr(known, json_format(" %s ", member->name)))
            fail(p->world, place, json_format("%s: Polar knows no member `%s`", endpoint, member->name));
        if (member->kind == JSON_NULL)
            fail(p->world, place, json_format("%s: `%s` is null; leave it out", endpoint, member->name));
    }
}

/* The endpoint in the address, or NULL. */
static const char *endpoint_of(const char *url)
{
    static const char folder[] = "/v1/customer-portal/license-keys/";
    static const char *const names[] = { "validate", "activate", "deactivate" };
    const char *const at = strstr(url, folder);
    int i;
    for (i = 0; at && i < 3; i++)
        if (strcmp(at + sizeof folder - 1, names[i]) == 0)
            return names[i];
    return NULL;
}

static void post(void *user_data, const polar_license_request *request, polar_license_response *response)
{
    process *const p = user_data;
    world *const w = p->world;
    const char *const place = p->place, *const endpoint = endpoint_of(polar_license_request_url(request));
    const char *const sent = json_format("%s", polar_license_request_body(request));
    const json *const body = json_read("a request", sent, NULL), *exchange, *reply, *during;
    int number = 0;
    CHECK(polar_license_response_fail(response, POLAR_LICENSE_FAILED_NETWORK, 1, "no script") == POLAR_LICENSE_OK);
    move_clocks(w, REQUEST_MS, 0, 0, NULL);
    check_always(p, "while asking Polar");
    if (!endpoint) {
        fail(w, place, json_format("request: `%s` is no endpoint of Polar's", polar_license_request_url(request)));
        return;
    }
    if (p->answered == p->scripted) {
        fail(w, place, json_format("request: expected none, got %s %s", endpoint, sent));
        return;
    }
    exchange = p->script[p->answered++];
    only("an exchange", exchange, " request body reply during ");
    reply = json_get(exchange, "reply");
    only("a reply", reply, " yes half no malformed status retryAfter body fail sent killed cancelled ");
    if (strcmp(json_text(exchange, "request"), endpoint) != 0) {
        fail(w, place, json_format("request: expected %s, got %s %s", json_text(exchange, "request"), endpoint, sent));
        return;
    }
    check_form(p, place, endpoint, body);
    compare_members(w, place, json_format("%s: ", endpoint), json_get(exchange, "body"), body, 1);
    for (during = json_get(exchange, "during")->first; during; during = during->next)
        step(w, during, json_format("%s: during %s: step %d", place, endpoint, ++number));
    if (json_is_true(reply, "killed")) {
        p->killed = 1;
        p->stored_when_killed = w->stored;
    } else if (json_is_true(reply, "cancelled")) {
        /* the operation goes on without this thread: nothing of the world may be touched after it */
        polar_license_cancel(p->license);
    } else {
        answer(w, endpoint, body, reply, response);
    }
}

/* ── processes ── */

static void let_go(void *user_data)
{
    atomic_fetch_add(&((process *)user_data)->destroyed, 1);
}

static process *start(world *w, const char *name, json *config, const char *device)
{
    process *const p = calloc(1, sizeof *p);
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    json *const settings = json_new(JSON_OBJECT, NULL);
    polar_license_options *o;
    CHECK(p != NULL);
    p->world = w;
    p->name = name;
    p->config = config;
    p->device = device;
    p->place = "at the start";
    p->wall = w->wall;
    p->next = w->processes;
    w->processes = p;
    json_set_all(settings, config);
    json_set_text(settings, "deviceId", device);
    o = polar_license_options_from_json(json_write(settings));
    polar_license_options_set_store(o, load, save, remove_stored, p, let_go);
    polar_license_options_set_transport(o, post, p, let_go);
    polar_license_options_set_clock(o, tell_time, p, let_go);
    if (polar_license_open(o, &license, &error) != POLAR_LICENSE_OK)
        give_up(w->place, polar_license_error_detail(error));
    polar_license_options_free(o);
    p->license = license;
    return p;
}

static void stop(process *p)
{
    polar_license_free(p->license);
    p->license = NULL;
}

static process *last_of(world *w, const char *name)
{
    process *p = w->processes;
    while (p && strcmp(p->name, name) != 0)
        p = p->next;
    return p;
}

/* What a process is started with the first time. `null` removes a member. */
static json *configured(const json *given, const json *over)
{
    json *config = json_new(JSON_OBJECT, NULL);
    const json *member;
    json_set_all(config, given);
    for (member = over->first; member; member = member->next) {
        if (member->kind == JSON_NULL)
            json_remove(config, member->name);
        else
            json_set(config, member->name, member);
    }
    return config;
}

static process *start_again(world *w, const char *name, const json *restart)
{
    process *const last = last_of(w, name);
    const char *device = json_text(restart, "device");
    json *config;
    if (last) {
        stop(last);
        last->dead = 0;
        config = last->config;
        device = device ? device : last->device;
    } else {
        config = configured(json_get(w->common, "config"), json_get(w->scenario, "config"));
        device = device ? device : json_text(w->scenario, "device");
        device = device ? device : json_text(w->common, "device");
    }
    only("`restart`", restart, " config device ");
    return start(w, name, configured(config, json_get(restart, "config")), device);
}

/* ── steps ── */

static outcome carry_out(process *p, const json *step, const char *place)
{
    const char *const operation = json_has(step, "do") ? json_text(step, "do") : "current";
    const uint32_t flags = json_is_true(step, "replacePrevious") ? POLAR_LICENSE_REPLACE_PREVIOUS : 0;
    const uint32_t uses = json_has(step, "count") ? (uint32_t)atoi(json_get(step, "count")->text) : 0;
    outcome result = { NULL, NULL, NULL };
    polar_license_decision *decision = NULL;
    polar_license_error *error = NULL;
    int32_t kind = -1, deactivated = -1;
    if (strcmp(operation, "current") == 0)
        kind = polar_license_current(p->license, &decision);
    else if (strcmp(operation, "validate") == 0)
        kind = polar_license_validate(p->license, &decision);
    else if (strcmp(operation, "refresh") == 0)
        kind = polar_license_refresh(p->license, &decision);
    else if (strcmp(operation, "activate") == 0)
        kind = polar_license_activate_with(p->license, json_text(step, "key"), flags, &decision, &error);
    else if (strcmp(operation, "consume") == 0)
        kind = polar_license_consume(p->license, uses, &decision, &error);
    else if (strcmp(operation, "forget") == 0)
        kind = polar_license_forget(p->license, &error);
    else if (strcmp(operation, "deactivate") == 0)
        kind = polar_license_deactivate(p->license, &deactivated, &error);
    else
        give_up("unknown operation", operation);
    if ((kind == POLAR_LICENSE_OK) != (error == NULL) || (decision != NULL && error != NULL))
        fail(p->world, place, json_format("kind %d does not go with the objects returned", (int)kind));
    if (error) {
        const char *const text = json_format("%s", polar_license_error_json(error));
        result.decision = json_read("an error", text, NULL);
        result.error = json_get(result.decision, "error");
        agree_error(p->world, place, error, kind, result.error);
        agree(p->world, place, polar_license_error_decision(error), result.decision);
        json_remove(result.decision, "error");
        polar_license_error_free(error);
        return result;
    }
    if (deactivated >= 0)
        result.deactivated = polar_license_deactivated_name(deactivated);
    if (!decision)
        CHECK(polar_license_current(p->license, &decision) == POLAR_LICENSE_OK);
    result.decision = json_read("a decision", json_format("%s", polar_license_decision_json(decision)), NULL);
    agree(p->world, place, decision, result.decision);
    polar_license_decision_free(decision);
    return result;
}

static void check_secret(world *w, const char *place, const outcome *result, const char *secret)
{
    if (strstr(json_write(result->decision), secret)
        || (result->error && strstr(json_write(result->error), secret)))
        fail(w, place, json_format("`%s` is shown", secret));
}

/* What holds after every step, whether it is expected or not. */
static void check_at_rest(process *p, const outcome *result, const char *place)
{
    static const char *const names[] = { "allowed", "state", "features" };
    world *const w = p->world;
    const char *const state = json_text(result->decision, "state");
    const int is_good = state && (strcmp(state, "active") == 0 || strcmp(state, "grace") == 0);
    polar_license_decision *decision = NULL;
    const json *current, *secret;
    int i;
    CHECK(polar_license_current(p->license, &decision) == POLAR_LICENSE_OK);
    current = json_read("current", json_format("%s", polar_license_decision_json(decision)), NULL);
    polar_license_decision_free(decision);
    for (i = 0; i < 3; i++)
        if (!json_equal(json_get(current, names[i]), json_get(result->decision, names[i])))
            fail(w, place, json_format("`%s` of the outcome is %s, of current %s", names[i],
                                       json_write(json_get(result->decision, names[i])),
                                       json_write(json_get(current, names[i]))));
    if (json_is_true(current, "allowed") != polar_license_allowed(p->license))
        fail(w, place, "polar_license_allowed() does not agree");
    for (secret = json_get(w->common, "personal")->first; secret; secret = secret->next)
        check_secret(w, place, result, secret->text);
    for (secret = json_get(w->common, "sold")->first; secret; secret = secret->next)
        check_secret(w, place, result, secret->name);
    for (secret = json_get(w->scenario, "sold")->first; secret; secret = secret->next)
        check_secret(w, place, result, secret->name);
    if (json_is_true(result->decision, "allowed") != is_good)
        fail(w, place, json_format("allowed does not go with state %s", state));
    if (leaks)
        fail(w, place, "a log line contains a key or personal data");
}

static void compare_store(world *w, const json *expected, bytes before, const char *place)
{
    const char *const what = json_text(expected, "store");
    /* no more than the times of requests and of a pause */
    const int is_absent = !w->stored.present || w->stored.length <= 120;
    if (!what)
        return;
    if (strcmp(what, "present") == 0 ? is_absent
        : strcmp(what, "absent") == 0 ? !is_absent
        : strcmp(what, "changed") == 0 ? same(before, w->stored)
        : strcmp(what, "unchanged") == 0 ? !same(before, w->stored)
                                         : 1)
        fail(w, place, json_format("store: expected %s, got %d bytes where %d were", what, (int)w->stored.length,
                                   (int)before.length));
}

/* Whether a decision has it, as a value or as an object. */
static int is_member(const char *name)
{
    const size_t length = strlen(name);
    const json *member;
    for (member = decision_members->first; member; member = member->next)
        if (strncmp(member->text, name, length) == 0 && (member->text[length] == 0 || member->text[length] == '.'))
            return 1;
    return 0;
}

static void compare(process *p, const json *expected, const outcome *result, bytes before, const char *place)
{
    const json *member, *feature, *built;
    if (json_has(expected, "error") != (result->error != NULL))
        fail(p->world, place, json_format("error: expected %s, got %s", json_write(json_get(expected, "error")),
                                          result->error ? json_write(result->error) : "none"));
    else if (result->error)
        compare_members(p->world, place, "error.", json_get(expected, "error"), result->error, 0);
    for (member = expected->first; member; member = member->next) {
        if (strcmp(member->name, "deactivated") == 0) {
            if (!result->deactivated || strcmp(member->text, result->deactivated) != 0)
                fail(p->world, place, json_format("deactivated: expected %s, got %s", member->text,
                                                  result->deactivated ? result->deactivated : "nothing"));
        } else if (strcmp(member->name, "allows") == 0) {
            for (feature = member->first; feature; feature = feature->next)
                if (polar_license_allows(p->license, feature->name) != json_is_true(member, feature->name))
                    fail(p->world, place, json_format("allows `%s`: expected %s", feature->name, feature->text));
        } else if (strcmp(member->name, "covers") == 0) {
            for (built = member->first; built; built = built->next) {
                int32_t covered;
                if (polar_license_covers(p->license, built->name, &covered, NULL) != POLAR_LICENSE_OK ||
                    covered != json_is_true(member, built->name))
                    fail(p->world, place, json_format("covers `%s`: expected %s", built->name, built->text));
            }
        } else if (is_member(member->name)) {
            compare_one(p->world, place, "", member, json_get(result->decision, member->name), 0);
        } else if (strcmp(member->name, "error") != 0 && strcmp(member->name, "store") != 0) {
            fail(p->world, place, json_format("`%s` is no member of a decision", member->name));
        }
    }
    compare_store(p->world, expected, before, place);
}

static void after_death(process *p, const json *expected, bytes before, const char *place)
{
    world *const w = p->world;
    w->stored = p->stored_when_killed;
    p->dead = 1;
    stop(p);
    if (json_length(expected) > (size_t)json_has(expected, "store"))
        fail(w, place, "a killed process shows nothing; only `store` can be expected");
    compare_store(w, expected, before, place);
}

/* A text in C ends at NUL, so that a key with one inside cannot even be asked for. */
static int is_for_c(const json *step)
{
    const char *const key = json_text(step, "key");
    return !key || !strchr(key, JSON_NUL);
}

/* Carries one step out. Whether nothing has failed up to here. */
static int step(world *w, const json *step, const char *at)
{
    const char *const name = json_has(step, "as") ? json_text(step, "as") : "main";
    const char *const no_operation = json_has(step, "restart") ? "restart" : "no operation";
    const char *const what = json_has(step, "do") ? json_text(step, "do") : no_operation;
    const char *const place = json_format("%s (%s: %s)", at, name, what);
    const json *const expected = json_get(step, "expect"), *exchange;
    process *p;
    bytes before;
    outcome result;
    if (!is_for_c(step)) {
        skipped += !w->quiet;
        return w->failures == 0;
    }
    only("a step", step, " as do key replacePrevious count restart clock store polar always expect ");
    if (json_has(step, "clock"))
        move_clocks_as(w, json_get(step, "clock"));
    if (json_has(step, "store"))
        edit_store(w, json_get(step, "store"), place);
    if (json_has(step, "restart"))
        start_again(w, name, json_get(step, "restart"));
    if (!json_has(step, "do") && !json_has(step, "expect"))
        return w->failures == 0;
    p = last_of(w, name);
    if (p && p->dead) {
        fail(w, place, "it was killed and is not running; restart it first");
        return 0;
    }
    if (!p)
        p = start_again(w, name, &JSON_NOTHING);
    for (exchange = json_get(step, "polar")->first; exchange; exchange = exchange->next) {
        CHECK(p->scripted < sizeof p->script / sizeof *p->script);
        p->script[p->scripted++] = exchange;
    }
    p->place = place;
    p->always = json_has(step, "always") ? json_get(step, "always") : NULL;
    before = w->stored;
    result = carry_out(p, step, place);
    for (; p->answered < p->scripted; p->answered++)
        fail(w, place, json_format("request: expected %s, got none", json_text(p->script[p->answered], "request")));
    p->scripted = p->answered = 0;
    if (p->killed) {
        after_death(p, expected, before, place);
        return w->failures == 0;
    }
    check_at_rest(p, &result, place);
    compare(p, expected, &result, before, place);
    check_always(p, "at the end");
    p->always = NULL;
    return w->failures == 0;
}

/* ── scenarios ── */

/* Waits until the library has let go of all parts: a request's thread may be the last to do so. */
static void bury(world *w)
{
    while (w->processes) {
        process *const p = w->processes;
        const time_t end = time(NULL) + 60;
        stop(p);
        while (p->destroyed < PARTS_OF_A_PROCESS && time(NULL) < end)
            ;
        CHECK(p->destroyed == PARTS_OF_A_PROCESS);
        w->processes = p->next;
        free(p);
    }
}

/* How much was not as expected. What follows a failure would only hide it. */
static int run(const char *file, const json *scenario, int quiet)
{
    json_block *const mark = json_blocks;
    world w = { 0 };
    const json *const given = json_get(json_get(common, "given"),
                                       json_has(scenario, "given") ? json_text(scenario, "given") : "");
    const json *each;
    int number = 0;
    w.common = common;
    w.scenario = scenario;
    w.place = json_format("%s: `%s`", file, json_text(scenario, "name"));
    w.wall = w.polar = start_of_all();
    w.fails = "nothing";
    w.quiet = quiet;
    only("a scenario", scenario, " name why shows config device sold given steps broken ");
    CHECK(!json_has(scenario, "given") || given->kind == JSON_LIST);
    for (each = given->first; each && w.failures == 0; each = each->next)
        step(&w, each, json_format("step %d", ++number));
    for (each = json_get(scenario, "steps")->first; each && w.failures == 0; each = each->next)
        step(&w, each, json_format("step %d", ++number));
    bury(&w);
    json_free_to(mark);
    return w.failures;
}

static void listen(void *user_data, int32_t level, const char *target, const char *message)
{
    const json *secret;
    (void)user_data, (void)level, (void)target;
    atomic_fetch_add(&log_lines, 1);
    for (secret = json_get(common, "personal")->first; secret; secret = secret->next)
        if (strstr(message, secret->text))
            atomic_fetch_add(&leaks, 1);
    for (secret = json_get(common, "sold")->first; secret; secret = secret->next)
        if (strstr(message, secret->name))
            atomic_fetch_add(&leaks, 1);
}

/* ── the test of the runner ── */

typedef struct spoiler {
    const char *file;
    const json *scenario;
    int stride, seen, tried, unnoticed;
} spoiler;

static void try(spoiler *s, const char *what)
{
    if (s->seen++ % s->stride)
        return;
    s->tried++;
    if (run(s->file, s->scenario, 1) == 0) {
        fprintf(stderr, "%s: `%s`: not noticed: %s\n", s->file, json_text(s->scenario, "name"), what);
        s->unnoticed++;
    }
}

static void become(json *value, json_kind kind, const char *text, json *first)
{
    value->kind = kind;
    value->text = text;
    value->first = first;
}

static void spoil(spoiler *s, const char *name, json *value, const char *what);

/* With `inner` as the matcher's only text. */
static void spoil_matcher(spoiler *s, json *value, const char *matcher, json inner, const char *what)
{
    json member = inner, text = { JSON_TEXT, "none of these", NULL, NULL, NULL };
    member.name = matcher;
    member.next = NULL;
    if (member.kind == JSON_LIST)
        member.first = &text;
    value->first = &member;
    try(s, what);
}

/* Makes the value wrong for one run. */
static void spoil(spoiler *s, const char *name, json *value, const char *what)
{
    const json was = *value;
    const size_t length = strlen(name);
    const json nobody = { JSON_TEXT, "nobody says this", NULL, NULL, NULL };
    const json list = { JSON_LIST, NULL, NULL, NULL, NULL };
    json from = { JSON_TEXT, "2000-01-01T00:00:00Z", "from", NULL, NULL };
    json to = { JSON_TEXT, "2000-01-02T00:00:00Z", "to", NULL, NULL };
    json *last = value->first;
    if (strcmp(name, "store") == 0 && value->kind == JSON_TEXT) {
        value->text = strcmp(was.text, "present") == 0  ? "absent"
                      : strcmp(was.text, "absent") == 0  ? "present"
                      : strcmp(was.text, "changed") == 0 ? "unchanged"
                                                         : "changed";
        try(s, what);
    } else if (json_has(value, "contains")) {
        spoil_matcher(s, value, "contains", nobody, what);
    } else if (json_has(value, "oneOf")) {
        spoil_matcher(s, value, "oneOf", list, what);
    } else if (json_has(value, "from")) {
        from.next = &to;
        value->first = &from;
        try(s, what);
    } else if (value->kind == JSON_OBJECT && last) {
        while (last->next)
            last = last->next;
        spoil(s, last->name, last, what);
    } else {
        const int is_moment = length > 2 && strcmp(name + length - 2, "At") == 0;
        const char *const text = value->kind == JSON_TEXT && is_moment ? "2000-01-01T00:00:00Z" : "wrong";
        if (value->kind == JSON_BOOL)
            become(value, JSON_BOOL, strcmp(was.text, "true") == 0 ? "false" : "true", NULL);
        else if (value->kind == JSON_NUMBER)
            become(value, JSON_NUMBER, "-1", NULL);
        else
            become(value, JSON_TEXT, text, NULL);
        try(s, what);
    }
    *value = was;
}

/* Every way in which one expectation or exchange of the scenario's own steps can be wrong. */
static void spoil_each(spoiler *s)
{
    json *each, *member, *exchange, **link;
    int number = 0;
    for (each = json_get(s->scenario, "steps")->first; each; each = each->next) {
        json *const polar = json_get(each, "polar");
        number++;
        if (!is_for_c(each))
            continue;
        for (member = json_get(each, "expect")->first; member; member = member->next)
            spoil(s, member->name, member, json_format("`%s` of step %d", member->name, number));
        for (link = &polar->first; *link; link = &(*link)->next) {
            exchange = *link;
            /* without what happened meanwhile, the question need not be asked again */
            if (!json_has(exchange, "during")) {
                *link = exchange->next;
                try(s, json_format("an exchange of step %d left out", number));
                *link = exchange;
            }
            for (member = json_get(exchange, "body")->first; member; member = member->next)
                spoil(s, member->name, member, json_format("`%s` of an exchange of step %d", member->name, number));
        }
    }
}

static int goes_as_it_says(const char *file, const json *scenario)
{
    const int failures = run(file, scenario, json_has(scenario, "broken"));
    if (json_has(scenario, "broken") && failures == 0)
        fprintf(stderr, "%s: `%s` works although it says `broken`; remove that member\n", file,
                json_text(scenario, "name"));
    return json_has(scenario, "broken") ? failures > 0 : failures == 0;
}

int main(int count, char **arguments)
{
    const char *const wanted = getenv("SCENARIO") ? getenv("SCENARIO") : "";
    spoiler s = { 0 };
    const json *members, *names, *scenario;
    int at, ran = 0, failed = 0;
    CHECK(count > 4);
    s.stride = atoi(arguments[1]);
    members = json_read(arguments[2], json_file(arguments[2]), NULL);
    decision_members = json_get(members, "decision");
    error_members = json_get(members, "error");
    CHECK(json_length(decision_members) > 0 && json_length(error_members) > 0);
    names = json_get(json_read(arguments[3], json_file(arguments[3]), NULL), "names");
    common = json_read(arguments[3], json_file(arguments[3]), names);
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, listen, NULL, NULL) == POLAR_LICENSE_OK);
    for (at = 4; at < count; at++) {
        const json *const file = json_read(arguments[at], json_file(arguments[at]), names);
        s.file = arguments[at];
        for (scenario = json_get(file, "scenarios")->first; scenario; scenario = scenario->next) {
            if (!strstr(json_text(scenario, "name"), wanted))
                continue;
            ran++;
            failed += !goes_as_it_says(s.file, scenario);
            s.scenario = scenario;
            if (s.stride > 0 && !json_has(scenario, "broken"))
                spoil_each(&s);
        }
    }
    CHECK(polar_license_set_log(POLAR_LICENSE_LOG_DEBUG, NULL, NULL, NULL) == POLAR_LICENSE_OK);
    json_free_to(NULL);
    CHECK(log_lines > 0 || *wanted);
    printf("%d scenarios, %d not as they say\n", ran, failed);
    printf("%d step skipped: its key has a NUL inside\n", skipped);
    printf("%d of %d expectations spoiled, %d not noticed\n", s.tried, s.seen, s.unnoticed);
    if (failed || s.unnoticed || ran == 0)
        return 1;
    puts("ok");
    return 0;
}
