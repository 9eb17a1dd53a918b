/* uri.c — pieces of URLs and queries (RFC 3986, and what people write instead). */
#include "filters/uri.h"

#include "base/lanes.h"
#include "filters/entities.h"

enum { SCHEME_MAX = 32, PORT_MAX = 65535, PORT_DIGITS = 5 };

static bool is_alnum(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static bool is_scheme(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (!is_alnum(byte) && (i == 0 || (byte != '+' && byte != '-' && byte != '.'))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= SCHEME_MAX;
}

static bool is_port(struct wv_slice text)
{
    uint32_t port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    return text.len <= PORT_DIGITS && port <= PORT_MAX;
}

bool wv_uri_host(struct wv_slice authority, struct wv_slice *host)
{
    if (authority.len > 0 && authority.ptr[0] == '[') {
        const size_t close = wv_find_byte(authority, 0, ']');
        if (close == authority.len) {
            return false;
        }
        *host = wv_slice_sub(authority, 1, close);
        const struct wv_slice rest = wv_slice_sub(authority, close + 1, authority.len);
        return rest.len == 0 || (rest.ptr[0] == ':' && is_port(wv_slice_sub(rest, 1, rest.len)));
    }
    const size_t colon = wv_find_byte(authority, 0, ':');
    if (colon < authority.len && wv_find_byte(authority, colon + 1, ':') < authority.len) {
        *host = authority;
        return true;
    }
    *host = wv_slice_sub(authority, 0, colon);
    return colon == authority.len || is_port(wv_slice_sub(authority, colon + 1, authority.len));
}

bool wv_uri_split(struct wv_slice text, struct wv_uri *out)
{
    const size_t colon = wv_find_byte(text, 0, ':');
    if (text.len - colon < 3 || text.ptr[colon + 1] != '/' || text.ptr[colon + 2] != '/') {
        return false;
    }
    out->scheme = wv_slice_sub(text, 0, colon);
    size_t from = colon + 3;
    size_t to = from;
    size_t user = from;
    while (to < text.len && text.ptr[to] != '/' && text.ptr[to] != '?' && text.ptr[to] != '#' &&
           text.ptr[to] != '\\') {
        to++;
        user = text.ptr[to - 1] == '@' ? to : user;
    }
    out->rest = wv_slice_sub(text, to, text.len);
    return is_scheme(out->scheme) && wv_uri_host(wv_slice_sub(text, user, to), &out->host) &&
           out->host.len > 0;
}

struct wv_uri_query wv_uri_query_of(struct wv_slice text)
{
    return (struct wv_uri_query){.text = text,
                                 .semicolons = wv_find_byte(text, 0, '&') == text.len};
}

/* Whether name= stands there. */
static bool is_named(struct wv_slice text, size_t at)
{
    const size_t from = at;
    while (at < text.len && (is_alnum(text.ptr[at]) || text.ptr[at] == '_' || text.ptr[at] == '-' ||
                             text.ptr[at] == '.')) {
        at++;
    }
    return at > from && at < text.len && text.ptr[at] == '=';
}

/* Whether the ampersand begins a character reference of HTML, which is part of a value, as in
 * "x=a&#64;example.com". "&amp;" separates as an ampersand does. */
static bool is_reference(struct wv_slice text, size_t at)
{
    uint32_t character;
    const struct wv_slice rest = wv_slice_sub(text, at, text.len);
    const size_t len = wv_entity_read(rest, &character);
    return len > 0 && character != '&' && (rest.ptr[1] == '#' || rest.ptr[len - 1] == ';');
}

static size_t part_end(const struct wv_uri_query *query)
{
    if (!query->semicolons) {
        size_t end = wv_find_byte(query->text, query->at, '&');
        while (end < query->text.len && is_reference(query->text, end)) {
            end = wv_find_byte(query->text, end + 1, '&');
        }
        return end;
    }
    size_t end = wv_find_byte(query->text, query->at, ';');
    while (end < query->text.len && !is_named(query->text, end + 1)) {
        end = wv_find_byte(query->text, end + 1, ';');
    }
    return end;
}

bool wv_uri_query_holds_reference(const struct wv_uri_query *query)
{
    size_t at = wv_find_byte(query->text, 0, '&');
    while (at < query->text.len && !is_reference(query->text, at)) {
        at = wv_find_byte(query->text, at + 1, '&');
    }
    return at < query->text.len;
}

bool wv_uri_query_next(struct wv_uri_query *query, struct wv_uri_parameter *out)
{
    if (query->ended) {
        return false;
    }
    const size_t end = part_end(query);
    out->text = query->text.len == 0
                    ? (struct wv_slice){0}
                    : (struct wv_slice){query->text.ptr + query->at, end - query->at};
    const size_t sign = wv_find_byte(out->text, 0, '=');
    out->name = wv_slice_sub(out->text, 0, sign);
    out->value = sign == out->text.len
                     ? (struct wv_slice){0}
                     : (struct wv_slice){out->text.ptr + sign + 1, out->text.len - sign - 1};
    query->ended = end == query->text.len;
    query->at = end + 1;
    return true;
}
