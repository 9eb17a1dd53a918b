/*
 * policy_value.c — a value of a protected record against the one that is expected.
 */
#include "app/policy_value.h"

#include "app/show.h"
#include "keys/epoch.h"

#include <stdlib.h>

void wv_put_shown(struct wv_slice value, size_t most, FILE *out)
{
    size_t at = 0;
    while (at < value.len && at < most) {
        const size_t length = wv_show_length(value, at);
        if (length == 0) {
            (void)fprintf(out, "\\x%02X", value.ptr[at]);
        } else {
            (void)fwrite(value.ptr + at, 1, length, out);
        }
        at += length == 0 ? 1 : length;
    }
    if (at < value.len) {
        (void)fputs("…", out);
    }
}

/* ---- Differences --------------------------------------------------------------------------------
 */

bool wv_difference(struct wv_comparing *comparing, const char *what)
{
    comparing->differences++;
    if (comparing->differences > WV_DIFFERENCES_MAX) {
        return false;
    }
    (void)fputs("  ", comparing->out);
    wv_put_shown(wv_slice_of(what), WV_POINTER_SHOWN, comparing->out);
    (void)fputc('\n', comparing->out);
    return true;
}

void wv_put_json(const struct wv_comparing *comparing, const json_t *value)
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (value == NULL) {
        (void)fputs("nothing", comparing->out);
    } else if (text != NULL) {
        wv_put_shown(wv_slice_of(text), WV_SHOWN_MAX, comparing->out);
    }
    free(text);
}

static bool differ(struct wv_comparing *comparing, const json_t *expected, const json_t *got)
{
    const char *pointer = comparing->pointer;
    if (wv_difference(comparing, pointer[0] == '\0' ? "record" : pointer)) {
        (void)fputs("    expected ", comparing->out);
        wv_put_json(comparing, expected);
        (void)fputs("\n    got      ", comparing->out);
        wv_put_json(comparing, got);
        (void)fputc('\n', comparing->out);
    }
    return false;
}

/* ---- Values -------------------------------------------------------------------------------------
 */

/* '*' stands for any text. */
static bool is_like(struct wv_slice pattern, struct wv_slice text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t from = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

/* An epoch's id, a point and 26 characters of base32. */
static bool is_token(struct wv_slice text)
{
    if (text.len < WV_TOKEN_CODE + 2 || text.len > WV_TOKEN_MAX ||
        text.ptr[text.len - WV_TOKEN_CODE - 1] != '.') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const bool letter = byte >= 'a' && byte <= 'z';
        const bool in_code = i >= text.len - WV_TOKEN_CODE;
        const bool digit = byte >= (in_code ? '2' : '0') && byte <= (in_code ? '7' : '9');
        const bool point = i == text.len - WV_TOKEN_CODE - 1;
        if (!letter && !digit && !point && (in_code || byte != '-')) {
            return false;
        }
    }
    return true;
}

/* In _wafveil.tokens a member's name says whose token it is, and the rule of that class which kind;
 * elsewhere a token has its shape only. */
static bool is_kind(const struct wv_comparing *comparing, const char *kind)
{
    static const char prefix[] = "/_wafveil/tokens/";
    const char *at = comparing->pointer;
    enum wv_class class;
    if (strncmp(at, prefix, sizeof prefix - 1) != 0) {
        return true;
    }
    at += sizeof prefix - 1;
    const struct wv_slice word = {(const uint8_t *)at, strcspn(at, "/")};
    return !wv_class_find(word, &class) ||
           (comparing->obtained->kinds[class] >> wv_kind_find(wv_slice_of(kind)) & 1) != 0;
}

static bool matches(const struct wv_comparing *comparing, enum wv_expects matcher,
                    const json_t *argument, const json_t *got)
{
    const struct wv_slice text = {(const uint8_t *)json_string_value(got), json_string_length(got)};
    const struct wv_slice word = {(const uint8_t *)json_string_value(argument),
                                  json_string_length(argument)};
    if (matcher == WV_EXPECTS_ABSENT) {
        return got == NULL;
    }
    if (matcher == WV_EXPECTS_ANY) {
        return got != NULL;
    }
    if (!json_is_string(got) || !json_is_string(argument)) {
        return false;
    }
    return matcher == WV_EXPECTS_TOKEN
               ? is_token(text) && is_kind(comparing, json_string_value(argument))
               : matcher == WV_EXPECTS_LIKE && is_like(word, text);
}

static bool compare(struct wv_comparing *comparing, const json_t *expected, const json_t *got);

/* "/a~1b" behind the pointer; a pointer that gets too long is cut, for it is only shown. */
static size_t step_down(struct wv_comparing *comparing, const char *name)
{
    const size_t before = strlen(comparing->pointer);
    size_t len = before;
    char *pointer = comparing->pointer;
    if (len + 1 < WV_POINTER_SHOWN) {
        pointer[len++] = '/';
    }
    for (; *name != '\0' && len + 2 < WV_POINTER_SHOWN; name++) {
        if (*name == '~' || *name == '/') {
            pointer[len++] = '~';
            pointer[len++] = *name == '~' ? '0' : '1';
        } else {
            pointer[len++] = *name;
        }
    }
    pointer[len] = '\0';
    return before;
}

/* Members that the expected object does not name may be there. */
static bool compare_objects(struct wv_comparing *comparing, const json_t *expected,
                            const json_t *got)
{
    bool same = true;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expected, name, value)
    {
        const size_t before = step_down(comparing, name);
        same = compare(comparing, value, json_object_get(got, name)) && same;
        comparing->pointer[before] = '\0';
    }
    return same;
}

static bool compare_arrays(struct wv_comparing *comparing, const json_t *expected,
                           const json_t *got)
{
    const size_t count = json_array_size(expected);
    if (json_array_size(got) != count) {
        return differ(comparing, expected, got);
    }
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", i);
        const size_t before = step_down(comparing, number);
        same = compare(comparing, json_array_get(expected, i), json_array_get(got, i)) && same;
        comparing->pointer[before] = '\0';
    }
    return same;
}

/* As deep as the expected value, which a document limits. */
static bool compare(struct wv_comparing *comparing, const json_t *expected, const json_t *got)
{
    const json_t *argument;
    const enum wv_expects matcher = wv_expects_of(expected, &argument);
    if (matcher != WV_EXPECTS_NONE) {
        return matches(comparing, matcher, argument, got) || differ(comparing, expected, got);
    }
    if (json_is_object(expected) && json_is_object(got)) {
        return compare_objects(comparing, expected, got);
    }
    if (json_is_array(expected) && json_is_array(got)) {
        return compare_arrays(comparing, expected, got);
    }
    return (got != NULL && json_equal(expected, got)) || differ(comparing, expected, got);
}

/* ---- JSON pointers ------------------------------------------------------------------------------
 */

/* The next step of a pointer without its escapes, in `name`; false: it does not fit. */
static bool next_step(const char **pointer, char name[WV_POINTER_SHOWN])
{
    const char *at = *pointer + 1;
    size_t len = 0;
    for (; *at != '\0' && *at != '/' && len + 1 < WV_POINTER_SHOWN; at++) {
        const bool escape = *at == '~' && (at[1] == '0' || at[1] == '1');
        name[len++] = !escape ? *at : at[1] == '0' ? '~' : '/';
        at += escape ? 1 : 0;
    }
    name[len] = '\0';
    *pointer = at;
    return *at == '\0' || *at == '/';
}

static const json_t *element(const json_t *array, const char *name)
{
    char *end;
    const unsigned long index = strtoul(name, &end, 10);
    const bool number = name[0] >= '0' && name[0] <= '9' && *end == '\0';
    return number ? json_array_get(array, index) : NULL;
}

/* NULL: nothing stands there. */
const json_t *wv_value_at(const json_t *root, const char *pointer)
{
    const json_t *at = root;
    char name[WV_POINTER_SHOWN];
    while (at != NULL && *pointer == '/') {
        if (!next_step(&pointer, name)) {
            return NULL;
        }
        at = json_is_array(at) ? element(at, name) : json_object_get(at, name);
    }
    return at;
}

void wv_compare_at(struct wv_comparing *comparing, const char *pointer, const json_t *expected,
                   const json_t *got)
{
    (void)snprintf(comparing->pointer, sizeof comparing->pointer, "%s", pointer);
    (void)compare(comparing, expected, wv_value_at(got, pointer));
    comparing->pointer[0] = '\0';
}
