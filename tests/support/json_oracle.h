/* json_oracle.h — whether what the engine wrote is JSON to somebody else. */
#ifndef WV_TESTS_SUPPORT_JSON_ORACLE_H
#define WV_TESTS_SUPPORT_JSON_ORACLE_H

#include "base/slice.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Escapes that only the engine accepts become letters, and long numbers short, before Jansson
 * looks. */
static inline void ensure_json(struct wv_slice value)
{
    char *copy = malloc(value.len + 1);
    wv_ensure(copy != NULL);
    bool in_string = false;
    size_t count = 0;
    for (size_t at = 0; at < value.len; at++) {
        const char byte = (char)value.ptr[at];
        if (in_string && byte == '\\' && at + 5 < value.len && value.ptr[at + 1] == 'u') {
            copy[count++] = 'u';
            at += 5;
        } else if (in_string && byte == '\\' && at + 1 < value.len) {
            copy[count++] = byte;
            copy[count++] = (char)value.ptr[++at];
        } else {
            in_string = in_string != (byte == '"');
            const bool digit = !in_string && byte >= '0' && byte <= '9';
            const bool again = count > 1 && copy[count - 1] >= '0' && copy[count - 1] <= '9' &&
                               copy[count - 2] >= '0' && copy[count - 2] <= '9';
            if (!digit || !again) {
                copy[count++] = byte;
            }
        }
    }
    json_error_t error;
    json_t *json = json_loadb(copy, count, JSON_ALLOW_NUL, &error);
    if (!json_is_object(json)) {
        fprintf(stderr, "%s at %d in %.*s\n", error.text, error.position, (int)value.len,
                (const char *)value.ptr);
    }
    wv_ensure(json_is_object(json));
    json_decref(json);
    free(copy);
}

#endif
