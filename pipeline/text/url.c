/*
 * url.c — the pieces of a URL, or of what stands where a URL should.
 *
 * Authorities are read as filters/uri.c reads them, with two differences on the strict side: one
 * that cannot be read still gives up its user, and only schemes that everybody uses pass as
 * syntax, because "192.0.2.7://x" is a scheme to some readers.
 */
#include "text/url.h"

#include "base/lanes.h"

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

/* What is looked for next. */
enum stage { STAGE_SCHEME = 0, STAGE_USER, STAGE_HOST, STAGE_PATH, STAGE_QUERY, STAGE_FRAGMENT };

/* Names for wv_reader.state. */
enum { STATE_STAGE, STATE_SCHEME_END, STATE_AUTHORITY_END };

static bool is_alnum(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z');
}

/* Where "://" stands behind a scheme; 0: nowhere. */
static uint32_t find_scheme_end(struct wv_slice text)
{
    uint32_t at = 0;
    while (at < text.len && (is_alnum(text.ptr[at]) || text.ptr[at] == '+' || text.ptr[at] == '-' ||
                             text.ptr[at] == '.')) {
        at++;
    }
    return wv_slice_starts(wv_slice_sub(text, at, text.len), WV_LIT("://")) ? at : 0;
}

static uint32_t find_authority_end(struct wv_slice text, uint32_t at)
{
    /* Browsers end it at a backslash, too: "http://good\\@evil". */
    while (at < text.len && text.ptr[at] != '/' && text.ptr[at] != '?' && text.ptr[at] != '#' &&
           text.ptr[at] != '\\') {
        at++;
    }
    return at;
}

static bool is_common_scheme(struct wv_slice scheme)
{
    static const char *const words[] = {"http", "https", "ws", "wss", "ftp"};
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        if (wv_slice_eq_nocase(scheme, wv_slice_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_port(struct wv_slice text)
{
    uint32_t port = 0;
    if (text.len > PORT_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    return port <= PORT_MAX;
}

/* The host in the bytes [from, to): without port and brackets if they can be read, otherwise all.
 */
static void find_host(struct wv_slice text, uint32_t from, uint32_t to, struct wv_part *part)
{
    part->start = from;
    part->end = to;
    const bool bracket = from < to && text.ptr[from] == '[';
    const size_t close = bracket ? wv_find_byte(wv_slice_sub(text, 0, to), from, ']') : from;
    if (close == to) {
        return;
    }
    const struct wv_slice rest = wv_slice_sub(text, bracket ? close + 1 : from, to);
    const size_t colon = wv_find_byte(rest, 0, ':');
    if (colon < rest.len && !is_port(wv_slice_sub(rest, colon + 1, rest.len))) {
        return; /* no port, or an IPv6 address without brackets */
    }
    if (bracket && colon == 0) {
        part->start = from + 1;
        part->end = (uint32_t)close;
    } else if (!bracket) {
        part->end = from + (uint32_t)colon;
    }
}

static void read_scheme(struct wv_reader *reader, struct wv_part *part)
{
    const uint32_t end = reader->state[STATE_SCHEME_END];
    part->key = WV_LIT("path");
    part->start = 0;
    part->end = is_common_scheme(wv_slice_sub(reader->text, 0, end)) ? 0 : end;
    part->from = 0;
    part->to = part->end;
    reader->at = end + 3;
    reader->state[STATE_AUTHORITY_END] = find_authority_end(reader->text, reader->at);
}

static void read_user(struct wv_reader *reader, struct wv_part *part)
{
    uint32_t sign = reader->state[STATE_AUTHORITY_END];
    while (sign > reader->at && reader->text.ptr[sign - 1] != '@') {
        sign--;
    }
    part->key = WV_LIT("user");
    part->start = reader->at;
    part->end = sign > reader->at ? sign - 1 : reader->at;
    part->from = part->start;
    part->to = sign;
    reader->at = sign;
}

static void read_host(struct wv_reader *reader, struct wv_part *part)
{
    part->key = WV_LIT("host");
    find_host(reader->text, reader->at, reader->state[STATE_AUTHORITY_END], part);
    part->from = part->start;
    part->to = part->end;
    reader->at = reader->state[STATE_AUTHORITY_END];
}

static void read_path(struct wv_reader *reader, struct wv_part *part)
{
    part->key = WV_LIT("path");
    part->start = reader->at;
    const size_t question = wv_find_byte(reader->text, reader->at, '?');
    part->end = (uint32_t)wv_find_byte(wv_slice_sub(reader->text, 0, question), reader->at, '#');
    part->from = part->start;
    part->to = part->end;
    reader->at = part->end;
}

static void read_query(struct wv_reader *reader, struct wv_part *part)
{
    const bool stands = reader->at < reader->text.len && reader->text.ptr[reader->at] == '?';
    part->key = WV_LIT("query");
    part->from = reader->at;
    part->start = reader->at + (stands ? 1 : 0);
    part->end = (uint32_t)wv_find_byte(reader->text, part->start, '#');
    part->to = part->end;
    reader->at = part->end;
}

static void read_fragment(struct wv_reader *reader, struct wv_part *part)
{
    const bool stands = reader->at < reader->text.len;
    part->key = WV_LIT("fragment");
    part->from = reader->at;
    part->start = reader->at + (stands ? 1 : 0);
    part->end = (uint32_t)reader->text.len;
    part->to = part->end;
    reader->at = part->end;
}

static void begin(struct wv_reader *reader)
{
    const uint32_t scheme_end = find_scheme_end(reader->text);
    reader->at = wv_slice_eq(reader->text, WV_LIT("*")) ? 1 : 0;
    reader->state[STATE_STAGE] = scheme_end == 0 ? STAGE_PATH : STAGE_SCHEME;
    reader->state[STATE_SCHEME_END] = scheme_end;
}

static void begin_authority(struct wv_reader *reader)
{
    begin(reader);
    if (reader->state[STATE_STAGE] == STAGE_PATH) {
        reader->state[STATE_STAGE] = STAGE_USER;
        reader->state[STATE_AUTHORITY_END] = find_authority_end(reader->text, reader->at);
    }
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    static void (*const stages[])(struct wv_reader *, struct wv_part *) = {
        [STAGE_SCHEME] = read_scheme, [STAGE_USER] = read_user,   [STAGE_HOST] = read_host,
        [STAGE_PATH] = read_path,     [STAGE_QUERY] = read_query, [STAGE_FRAGMENT] = read_fragment,
    };
    while (reader->state[STATE_STAGE] < WV_COUNT(stages)) {
        *part = (struct wv_part){.spelling = WV_SPELLING_PLAIN, .column = reader->column};
        stages[reader->state[STATE_STAGE]++](reader, part);
        if (part->start < part->end) {
            reader->column++;
            return WV_PART_FOUND;
        }
    }
    return WV_PART_END;
}

const struct wv_syntax wv_syntax_url = {"url", begin, next};
const struct wv_syntax wv_syntax_authority = {"authority", begin_authority, next};
