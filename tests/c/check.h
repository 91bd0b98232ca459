/* The assertions that every test program in C uses. A failing assertion prints its place. */
#ifndef CHECK_H
#define CHECK_H

#include "polar_license.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANIZATION "de300000-0000-4000-8000-000000000001"
#define PRO "de300000-0000-4000-8000-0000000000b1"
#define BASIC "de300000-0000-4000-8000-0000000000b2"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define CHECK_TEXT(actual, expected) \
    do { \
        const char *found = (actual); \
        if (found == NULL || strcmp(found, (expected)) != 0) { \
            fprintf(stderr, "%s:%d: %s is `%s`, not `%s`\n", __FILE__, __LINE__, #actual, found ? found : "NULL", \
                    (expected)); \
            exit(1); \
        } \
    } while (0)

/* An invalid sequence of UTF-8: a lone continuation byte. */
#define NO_UTF8 "a\x80z"

#endif
