/*
 * naive_decode.c — one layer of escapes after another: percent-encoding, entities, backslashes.
 */
#include "bench/naive.h"

#include <ctype.h>
#include <stdlib.h>

enum { ENTITY_MAX = 12 };

/* Reads so many hexadecimal digits. What is not ASCII becomes 0xff, for it is only looked at. */
static bool read_digits(struct wv_slice text, size_t at, size_t count, uint8_t *byte)
{
    char digits[5] = {0};
    char *end;
    if (at > text.len || text.len - at < count || !isxdigit(text.ptr[at])) {
        return false;
    }
    memcpy(digits, text.ptr + at, count);
    const unsigned long code = strtoul(digits, &end, 16);
    *byte = code < 0x80 || count == 2 ? (uint8_t)code : 0xff;
    return *end == '\0';
}

/* The readers say how many bytes spell *byte; 0: nothing is spelled there. "%41", "%u0041". */
static size_t read_percent(struct wv_slice text, size_t at, uint8_t *byte)
{
    if (read_digits(text, at + 1, 2, byte)) {
        return 3;
    }
    const bool wide = at + 1 < text.len && wv_lower(text.ptr[at + 1]) == 'u';
    return wide && read_digits(text, at + 2, 4, byte) ? 6 : 0;
}

/* JSON inside of a text, quoted once or more often: \", \/, \n, \u0041, \x41. */
static size_t read_backslash(struct wv_slice text, size_t from, uint8_t *byte)
{
    size_t at = from;
    while (at < text.len && text.ptr[at] == '\\') {
        at++;
    }
    const uint8_t letter = at < text.len ? text.ptr[at] : 0;
    if (letter == '"' || letter == '\'' || letter == '/') {
        *byte = letter;
        return at + 1 - from;
    }
    if (letter != 0 && strchr("ntrfb", letter) != NULL) {
        *byte = '\n';
        return at + 1 - from;
    }
    const size_t digits = letter == 'u' ? 4 : 2;
    return (letter == 'u' || letter == 'x') && read_digits(text, at + 1, digits, byte)
               ? at + 1 + digits - from
               : 0;
}

/* "&#64;", "&#x40", "&amp;". What is not ASCII becomes 0xff, for it is only looked at. */
static size_t read_entity(struct wv_slice text, size_t at, uint8_t *byte)
{
    static const struct {
        const char *name;
        char byte;
    } names[] = {{"&amp;", '&'},   {"&lt;", '<'},     {"&gt;", '>'},     {"&quot;", '"'},
                 {"&apos;", '\''}, {"&commat;", '@'}, {"&period;", '.'}, {"&colon;", ':'}};
    char copy[ENTITY_MAX + 1] = {0};
    memcpy(copy, text.ptr + at, text.len - at < ENTITY_MAX ? text.len - at : ENTITY_MAX);
    if (copy[1] == '#') {
        const bool sixteen = copy[2] == 'x' || copy[2] == 'X';
        char *digits = copy + (sixteen ? 3 : 2);
        char *end;
        const unsigned long code = strtoul(digits, &end, sixteen ? 16 : 10);
        *byte = code < 0x80 ? (uint8_t)code : 0xff;
        return isxdigit((unsigned char)*digits) && end > digits
                   ? (size_t)(end - copy) + (*end == ';')
                   : 0;
    }
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        if (strncmp(copy, names[i].name, strlen(names[i].name)) == 0) {
            *byte = (uint8_t)names[i].byte;
            return strlen(names[i].name);
        }
    }
    return 0;
}

bool naive_decode(struct naive *naive, struct wv_slice text, const uint32_t *map, size_t layer,
                  struct wv_slice *out)
{
    uint8_t *bytes = naive->views[layer];
    uint32_t *places = naive->maps[layer];
    size_t len = 0;
    if (memchr(text.ptr, '%', text.len) == NULL && memchr(text.ptr, '&', text.len) == NULL &&
        memchr(text.ptr, '\\', text.len) == NULL) {
        return false;
    }
    for (size_t at = 0; at < text.len;) {
        uint8_t byte = text.ptr[at];
        const size_t spelled = byte == '%'    ? read_percent(text, at, &byte)
                               : byte == '&'  ? read_entity(text, at, &byte)
                               : byte == '\\' ? read_backslash(text, at, &byte)
                                              : 0;
        places[len] = map == NULL ? (uint32_t)at : map[at];
        bytes[len++] = spelled > 0 ? byte : text.ptr[at];
        at += spelled > 0 ? spelled : 1;
    }
    places[len] = map == NULL ? (uint32_t)text.len : map[text.len];
    *out = (struct wv_slice){bytes, len};
    return len < text.len;
}

size_t naive_escape_around(struct wv_slice text, size_t at)
{
    uint8_t byte;
    for (size_t back = 1; back <= 2 && back <= at; back++) {
        if (text.ptr[at - back] == '%' && read_percent(text, at - back, &byte) > back) {
            return at - back;
        }
    }
    return at;
}

/* Bytes of a form, in which a plus is a blank. The same memory may be read and written. */
static size_t read_form(struct wv_slice text, bool plus, uint8_t *out)
{
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint8_t byte = text.ptr[at] == '+' && plus ? ' ' : text.ptr[at];
        const size_t spelled = byte == '%' ? read_percent(text, at, &byte) : 0;
        out[len++] = byte;
        at += spelled > 0 ? spelled : 1;
    }
    return len;
}

struct wv_slice naive_form_value(struct naive *naive, struct wv_slice text)
{
    uint8_t *bytes = naive->value;
    if (text.len == 0 || text.len > sizeof naive->value) {
        return (struct wv_slice){0};
    }
    const struct wv_slice once = {bytes, read_form(text, true, bytes)};
    return (struct wv_slice){bytes, read_form(once, false, bytes)};
}
