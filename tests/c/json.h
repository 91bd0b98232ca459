/* Reads, changes and writes JSON, for test programs: a tree whose nodes live until json_free_to(). One
 * thread at a time. A text that is no JSON ends the program. */
#ifndef JSON_H
#define JSON_H

#include "check.h"

#include <stdarg.h>

typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } json_kind;

typedef struct json {
    json_kind kind;
    /* What a text says; a number as it was written; "true" or "false". */
    const char *text;
    /* As a member of an object. */
    const char *name;
    /* The entries of a list or an object, and what comes after this one in such. */
    struct json *first, *next;
} json;

/* ── memory: all blocks, the last one first ── */

typedef struct json_block {
    struct json_block *before;
    _Alignas(16) unsigned char bytes[];
} json_block;

static json_block *json_blocks;

static inline void *json_memory(size_t size)
{
    json_block *block = calloc(1, sizeof *block + size);
    CHECK(block != NULL);
    block->before = json_blocks;
    json_blocks = block;
    return block->bytes;
}

/* Frees what was made since json_blocks was `mark`. */
static inline void json_free_to(json_block *mark)
{
    while (json_blocks != mark) {
        json_block *block = json_blocks;
        json_blocks = block->before;
        free(block);
    }
}

/* As printf does, into memory of its own. */
static inline char *json_format(const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;
    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    text = json_memory((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* ── making and changing ── */

static json JSON_NOTHING = { JSON_NULL, "null", NULL, NULL, NULL };

static inline json *json_new(json_kind kind, const char *text)
{
    json *node = json_memory(sizeof *node);
    node->kind = kind;
    node->text = text;
    return node;
}

/* The member, or null. */
static inline json *json_get(const json *object, const char *name)
{
    json *member = object->kind == JSON_OBJECT ? object->first : NULL;
    while (member && strcmp(member->name, name) != 0)
        member = member->next;
    return member ? member : &JSON_NOTHING;
}

static inline int json_has(const json *object, const char *name)
{
    return json_get(object, name) != &JSON_NOTHING;
}

/* The member's text, or NULL. */
static inline const char *json_text(const json *object, const char *name)
{
    const json *member = json_get(object, name);
    return member->kind == JSON_TEXT ? member->text : NULL;
}

static inline int json_is_true(const json *object, const char *name)
{
    return json_get(object, name)->kind == JSON_BOOL && strcmp(json_get(object, name)->text, "true") == 0;
}

static inline size_t json_length(const json *list)
{
    size_t length = 0;
    const json *entry;
    for (entry = list->first; entry; entry = entry->next)
        length++;
    return length;
}

static inline void json_remove(json *object, const char *name)
{
    json **at = &object->first;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (*at)
        *at = (*at)->next;
}

/* Replaces the member, or adds it. What is in `value` is shared, not copied. */
static inline void json_set(json *object, const char *name, const json *value)
{
    json **at = &object->first;
    json *member = json_memory(sizeof *member);
    json_remove(object, name);
    while (*at)
        at = &(*at)->next;
    *member = *value;
    member->name = name;
    member->next = NULL;
    *at = member;
}

static inline void json_set_text(json *object, const char *name, const char *text)
{
    json_set(object, name, text ? json_new(JSON_TEXT, text) : &JSON_NOTHING);
}

/* Lays members over those of an object. */
static inline void json_set_all(json *object, const json *members)
{
    const json *member;
    for (member = members->first; member; member = member->next)
        json_set(object, member->name, member);
}

/* ── reading ── */

typedef struct json_reader {
    const char *start, *at;
    /* For errors. */
    const char *what;
    /* Texts that stand for others, or NULL. */
    const json *names;
} json_reader;

static inline _Noreturn void json_wrong(const json_reader *reader, const char *why)
{
    fprintf(stderr, "%s: byte %ld: %s\n", reader->what, (long)(reader->at - reader->start), why);
    exit(1);
}

static inline void json_skip(json_reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

/* Whether `letter` comes next; then it is behind. */
static inline int json_take(json_reader *reader, char letter)
{
    json_skip(reader);
    if (*reader->at != letter)
        return 0;
    reader->at++;
    return 1;
}

/* What stands for the NUL that a text in C cannot have: no byte of UTF-8. */
static const char JSON_NUL = '\xFF';

static inline unsigned json_hex(json_reader *reader)
{
    unsigned value = 0;
    int digit;
    for (digit = 0; digit < 4; digit++) {
        const char *const digits = "0123456789abcdef0123456789ABCDEF";
        const char *found = *reader->at ? strchr(digits, *reader->at) : NULL;
        if (!found)
            json_wrong(reader, "four hexadecimal digits are missing");
        value = value * 16 + (unsigned)(found - digits) % 16;
        reader->at++;
    }
    return value;
}

static inline char *json_utf8(char *to, unsigned point)
{
    const int further = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char first[] = { 0, 0xC0, 0xE0, 0xF0 };
    int byte;
    *to++ = (char)(first[further] | point >> (6 * further));
    for (byte = further - 1; byte >= 0; byte--)
        *to++ = (char)(0x80 | (point >> (6 * byte) & 0x3F));
    return to;
}

static inline char *json_escape(json_reader *reader, char *to)
{
    static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
    const char letter = *reader->at++;
    const char *found = letter ? strchr(from, letter) : NULL;
    unsigned point;
    if (found) {
        *to++ = is[found - from];
        return to;
    }
    if (letter != 'u')
        json_wrong(reader, "this is no escape");
    point = json_hex(reader);
    if (point >= 0xD800 && point < 0xDC00 && reader->at[0] == '\\' && reader->at[1] == 'u') {
        reader->at += 2;
        point = 0x10000 + ((point - 0xD800) << 10) + (json_hex(reader) - 0xDC00);
    }
    if (point == 0) {
        *to++ = JSON_NUL;
        return to;
    }
    return json_utf8(to, point);
}

static inline const char *json_read_text(json_reader *reader)
{
    char *text, *to;
    const char *end = reader->at;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    text = to = json_memory((size_t)(end - reader->at) + 1);
    while (*reader->at != '"') {
        if ((unsigned char)*reader->at < ' ')
            json_wrong(reader, "a text does not end");
        if (*reader->at == '\\') {
            reader->at++;
            to = json_escape(reader, to);
        } else {
            *to++ = *reader->at++;
        }
    }
    reader->at++;
    return reader->names && json_has(reader->names, text) ? json_text(reader->names, text) : text;
}

static inline json *json_read_value(json_reader *reader);

static inline json *json_read_entries(json_reader *reader, json *whole, char end)
{
    json **at = &whole->first;
    if (json_take(reader, end))
        return whole;
    do {
        const char *name = NULL;
        if (whole->kind == JSON_OBJECT) {
            if (!json_take(reader, '"'))
                json_wrong(reader, "the name of a member is missing");
            name = json_read_text(reader);
            if (json_has(whole, name))
                json_wrong(reader, "this member is there twice");
            if (!json_take(reader, ':'))
                json_wrong(reader, "`:` is missing");
        }
        *at = json_read_value(reader);
        (*at)->name = name;
        at = &(*at)->next;
    } while (json_take(reader, ','));
    if (!json_take(reader, end))
        json_wrong(reader, "`,` or an end is missing");
    return whole;
}

static inline json *json_read_word(json_reader *reader)
{
    static const struct { const char *text; json_kind kind; } words[] = {
        { "true", JSON_BOOL }, { "false", JSON_BOOL }, { "null", JSON_NULL }
    };
    const size_t length = strspn(reader->at, "-+.0123456789eE");
    size_t word;
    for (word = 0; word < sizeof words / sizeof *words; word++) {
        if (strncmp(reader->at, words[word].text, strlen(words[word].text)) == 0) {
            reader->at += strlen(words[word].text);
            return json_new(words[word].kind, words[word].text);
        }
    }
    if (length == 0)
        json_wrong(reader, "a value is missing");
    reader->at += length;
    return json_new(JSON_NUMBER, json_format("%.*s", (int)length, reader->at - length));
}

static inline json *json_read_value(json_reader *reader)
{
    if (json_take(reader, '{'))
        return json_read_entries(reader, json_new(JSON_OBJECT, NULL), '}');
    if (json_take(reader, '['))
        return json_read_entries(reader, json_new(JSON_LIST, NULL), ']');
    if (json_take(reader, '"'))
        return json_new(JSON_TEXT, json_read_text(reader));
    return json_read_word(reader);
}

/* Reads `text`. A text in it that is a member of `names`, and nothing else, becomes that member's. */
static inline json *json_read(const char *what, const char *text, const json *names)
{
    json_reader reader = { text, text, what, names };
    json *value = json_read_value(&reader);
    json_skip(&reader);
    if (*reader.at)
        json_wrong(&reader, "something comes after the end");
    return value;
}

static inline const char *json_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long length;
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    length = ftell(file);
    CHECK(length >= 0 && fseek(file, 0, SEEK_SET) == 0);
    text = json_memory((size_t)length + 1);
    CHECK(fread(text, 1, (size_t)length, file) == (size_t)length);
    fclose(file);
    return text;
}

/* ── comparing and writing ── */

static inline int json_equal(const json *one, const json *other)
{
    const json *entry, *opposite = other->first;
    if (one->kind != other->kind)
        return 0;
    switch (one->kind) {
    case JSON_NULL:
        return 1;
    case JSON_NUMBER:
        return strtod(one->text, NULL) == strtod(other->text, NULL);
    case JSON_OBJECT:
        for (entry = one->first; entry; entry = entry->next)
            if (!json_has(other, entry->name) || !json_equal(entry, json_get(other, entry->name)))
                return 0;
        return json_length(one) == json_length(other);
    case JSON_LIST:
        for (entry = one->first; entry && opposite; entry = entry->next, opposite = opposite->next)
            if (!json_equal(entry, opposite))
                return 0;
        return entry == NULL && opposite == NULL;
    default:
        return strcmp(one->text, other->text) == 0;
    }
}

typedef struct json_writer {
    char *text;
    size_t length, room;
} json_writer;

static inline void json_put(json_writer *to, const char *bytes, size_t length)
{
    if (to->length + length + 1 > to->room) {
        char *text = json_memory(to->room = 2 * (to->length + length + 32));
        if (to->length)
            memcpy(text, to->text, to->length);
        to->text = text;
    }
    memcpy(to->text + to->length, bytes, length);
    to->text[to->length += length] = 0;
}

static inline void json_put_text(json_writer *to, const char *text)
{
    json_put(to, "\"", 1);
    for (; *text; text++) {
        char escaped[8];
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            json_put(to, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*text & 0xFF));
        else
            json_put(to, text, 1);
    }
    json_put(to, "\"", 1);
}

static inline void json_put_value(json_writer *to, const json *value)
{
    const json *entry;
    if (value->kind == JSON_TEXT) {
        json_put_text(to, value->text);
    } else if (value->kind == JSON_LIST || value->kind == JSON_OBJECT) {
        json_put(to, value->kind == JSON_LIST ? "[" : "{", 1);
        for (entry = value->first; entry; entry = entry->next) {
            if (value->kind == JSON_OBJECT) {
                json_put_text(to, entry->name);
                json_put(to, ":", 1);
            }
            json_put_value(to, entry);
            if (entry->next)
                json_put(to, ",", 1);
        }
        json_put(to, value->kind == JSON_LIST ? "]" : "}", 1);
    } else {
        json_put(to, value->text, strlen(value->text));
    }
}

static inline const char *json_write(const json *value)
{
    json_writer to = { NULL, 0, 0 };
    json_put_value(&to, value);
    return to.text;
}

#endif
