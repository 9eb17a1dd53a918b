/*
 * suggest_names.c — the names and values inside of a value: a query, cookies, JSON.
 *
 * It only counts, so that what it misreads costs nothing but a count. Every byte is looked at a
 * fixed number of times.
 */
#include "app/suggest.h"

#include "base/lanes.h"
#include "filters/uri.h"

enum { NAME_MAX = 128 }; /* bytes of a name as it is written; no longer one is listed */

/* -1: no hexadecimal digit. */
static int hex_value(uint8_t byte)
{
    const uint8_t lower = byte | 0x20;
    return byte >= '0' && byte <= '9'     ? byte - '0'
           : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                          : -1;
}

/* The name as a server reads it; false: it is too long to be looked at. */
static bool decode_name(struct wv_slice raw, uint8_t out[NAME_MAX], struct wv_slice *name)
{
    size_t len = 0;
    if (raw.len > NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < raw.len; i++) {
        const int high = raw.ptr[i] == '%' && raw.len - i > 2 ? hex_value(raw.ptr[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_value(raw.ptr[i + 2]);
        out[len++] = (uint8_t)(low < 0 ? raw.ptr[i] : high << 4 | low);
        i += low < 0 ? 0 : 2;
    }
    *name = (struct wv_slice){out, len};
    return true;
}

static void tell(struct wv_suggest *suggest, uint64_t record, enum wv_suggest_in in,
                 struct wv_slice raw, struct wv_slice value)
{
    uint8_t memory[NAME_MAX];
    struct wv_slice name;
    if (!decode_name(raw, memory, &name)) {
        suggest->hidden++;
        return;
    }
    wv_suggest_parameter(suggest, record, in, name, value);
}

static void look_at_query(struct wv_suggest *suggest, uint64_t record, struct wv_slice text)
{
    struct wv_uri_query query = wv_uri_query_of(text);
    struct wv_uri_parameter parameter;
    while (wv_uri_query_next(&query, &parameter)) {
        if (parameter.value.ptr != NULL && parameter.name.len > 0) {
            tell(suggest, record, WV_IN_QUERY, parameter.name, parameter.value);
        }
    }
}

static struct wv_slice trimmed(struct wv_slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = wv_slice_sub(text, 1, text.len);
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static void look_at_cookies(struct wv_suggest *suggest, uint64_t record, struct wv_slice text)
{
    for (size_t at = 0; at < text.len;) {
        const size_t end = wv_find_byte(text, at, ';');
        const size_t sign = wv_find_byte(wv_slice_sub(text, 0, end), at, '=');
        const struct wv_slice name = trimmed(wv_slice_sub(text, at, sign));
        if (sign < end && name.len > 0) {
            tell(suggest, record, WV_IN_COOKIE, name, trimmed(wv_slice_sub(text, sign + 1, end)));
        }
        at = end + 1;
    }
}

/* The quote that ends the string that begins at `at`; text.len: there is none. */
static size_t string_end(struct wv_slice text, size_t at)
{
    for (at++; at < text.len && text.ptr[at] != '"'; at++) {
        at += text.ptr[at] == '\\';
    }
    return at < text.len ? at : text.len;
}

static size_t without_blanks(struct wv_slice text, size_t at)
{
    while (at < text.len && memchr(" \t\r\n", text.ptr[at], 4) != NULL) {
        at++;
    }
    return at;
}

/* The value that begins at `at`, where it is a string, a number or a word; otherwise empty. */
static struct wv_slice value_at(struct wv_slice text, size_t at)
{
    if (at == text.len || text.ptr[at] == '{' || text.ptr[at] == '[') {
        return (struct wv_slice){0};
    }
    if (text.ptr[at] == '"') {
        return wv_slice_sub(text, at + 1, string_end(text, at));
    }
    size_t end = at;
    while (end < text.len && memchr(",}] \t\r\n", text.ptr[end], 7) == NULL) {
        end++;
    }
    return wv_slice_sub(text, at, end);
}

/* Members at any depth, in JSON that need not be whole. */
static void look_at_json(struct wv_suggest *suggest, uint64_t record, struct wv_slice text)
{
    for (size_t at = wv_find_byte(text, 0, '"'); at < text.len; at = wv_find_byte(text, at, '"')) {
        const size_t close = string_end(text, at);
        const size_t sign = close == text.len ? close : without_blanks(text, close + 1);
        if (sign == text.len || text.ptr[sign] != ':') {
            at = close == text.len ? close : close + 1;
            continue;
        }
        const size_t from = without_blanks(text, sign + 1);
        const struct wv_slice value = value_at(text, from);
        if (value.len > 0 && close > at + 1) {
            tell(suggest, record, WV_IN_JSON, wv_slice_sub(text, at + 1, close), value);
        }
        at = value.ptr == NULL ? from : (size_t)(value.ptr - text.ptr) + value.len;
        at += at < text.len && text.ptr[at] == '"' && value.ptr != NULL;
    }
}

/* A text that may be JSON, a form, or hold a URL. */
static void look_at_text(struct wv_suggest *suggest, uint64_t record, struct wv_slice text)
{
    const size_t from = without_blanks(text, 0);
    if (from < text.len && (text.ptr[from] == '{' || text.ptr[from] == '[')) {
        look_at_json(suggest, record, text);
        return;
    }
    const size_t mark = wv_find_byte(text, 0, '?');
    const struct wv_slice query =
        wv_slice_sub(text, mark == text.len ? 0 : mark + 1, wv_find_byte(text, 0, '#'));
    if (wv_find_byte(query, 0, ' ') == query.len) {
        look_at_query(suggest, record, query);
    }
}

/* Whether the header of that name holds a list of cookies, and is not one of them. */
static bool is_cookie_header(struct wv_slice name)
{
    return name.len == 0 || wv_slice_eq(name, WV_LIT("cookie")) ||
           wv_slice_eq(name, WV_LIT("cookie2")) || wv_slice_eq(name, WV_LIT("set-cookie"));
}

void wv_suggest_names(struct wv_suggest *suggest, const struct wv_sight *sight)
{
    const struct wv_slice text = sight->text;
    if (sight->kind != WV_SIGHT_STRING || text.len == 0) {
        return;
    }
    const bool named = sight->name.len > 0;
    if (sight->class == WV_CLASS_QUERY && named) {
        tell(suggest, sight->record, WV_IN_QUERY, sight->name, text);
    } else if (sight->class == WV_CLASS_QUERY) {
        const size_t mark = text.ptr[0] == '?';
        look_at_query(suggest, sight->record, wv_slice_sub(text, mark, text.len));
    } else if (sight->class == WV_CLASS_COOKIE && is_cookie_header(sight->name)) {
        look_at_cookies(suggest, sight->record, text);
    } else if (sight->class == WV_CLASS_COOKIE) {
        tell(suggest, sight->record, WV_IN_COOKIE, sight->name, text);
    } else if (sight->class == WV_CLASS_REFERER || sight->class == WV_CLASS_BODY ||
               sight->class == WV_CLASS_MATCHED_PAYLOAD || sight->class == WV_CLASS_FREE_TEXT ||
               sight->class == WV_CLASS_HEADER) {
        look_at_text(suggest, sight->record, text);
    }
}
