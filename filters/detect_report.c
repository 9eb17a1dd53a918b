/*
 * detect_report.c — sentences in which a firewall tells what matched where.
 *
 *     Matched Data: X found within NAME: VALUE                       the core rule set's logdata
 *     … against variable `NAME' (Value: `VALUE' )                    libmodsecurity
 *
 * NAME is a collection of ModSecurity, with a key or none: ARGS:email, REQUEST_COOKIES:sid,
 * REQUEST_FILENAME; Azure says QueryParamValue:email. What the key says of its value holds for all
 * of VALUE, blanks included; a path is judged as one. X is a piece of VALUE, so what is personal
 * there is hidden here as well. Source: ModSecurity Reference Manual (v3), "Variables"; OWASP CRS 3
 * and 4, logdata of its rules.
 */
#include "filters/detect.h"
#include "filters/placeholder.h"

#include "filters/segment.h"

enum {
    PLACES_MAX = 4,      /* of a match in its value that are looked at */
    SHARED_MIN = 4,      /* bytes that a match and a value have in common by no coincidence */
    WORK_MAX = 1 << 18,  /* comparisons of bytes; what needs more goes whole */
    FINGERPRINT_MAX = 5, /* words that libinjection looks at */
    COLLECTION_MAX = 32, /* bytes of REQUEST_HEADERS_NAMES and the like */
};

static bool ends_with(struct wv_slice text, size_t to, struct wv_slice word)
{
    return to >= word.len && memcmp(text.ptr + to - word.len, word.ptr, word.len) == 0;
}

/* Where the word begins at or behind `from`; text.len: it is not there. */
static size_t find_word(struct wv_scan *scan, size_t from, struct wv_slice word)
{
    const struct wv_slice text = scan->text;
    const uint8_t *found =
        from < text.len ? memmem(text.ptr + from, text.len - from, word.ptr, word.len) : NULL;
    const size_t at = found == NULL ? text.len : (size_t)(found - text.ptr);
    scan->hits->steps += at > from ? at - from : 0;
    return at;
}

static bool is_collection_byte(uint8_t byte)
{
    return wv_is_letter(byte) || byte == '_';
}

/* The length of the name of a collection that the text begins with, or 0. */
static size_t collection_length(struct wv_slice text)
{
    size_t len = 0;
    while (len < text.len && len < COLLECTION_MAX && is_collection_byte(text.ptr[len])) {
        len++;
    }
    return len;
}

static bool is_path(struct wv_slice collection)
{
    static const char *const paths[] = {"REQUEST_BASENAME", "REQUEST_FILENAME", "REQUEST_URI",
                                        "REQUEST_URI_RAW",  "REQUEST_LINE",     "PATH_INFO",
                                        "RequestUri"};
    for (size_t i = 0; i < WV_COUNT(paths); i++) {
        if (wv_slice_eq(collection, wv_slice_of(paths[i]))) {
            return true;
        }
    }
    return false;
}

/* The ids in a path, which a query may follow. */
static void scan_path(struct wv_scan *scan, struct wv_range value)
{
    const struct wv_slice text = scan->text;
    size_t from = value.from;
    for (size_t to = from; to <= value.to && from < value.to; to++) {
        const uint8_t byte = to < value.to ? text.ptr[to] : '?';
        if (byte != '/' && byte != '?') {
            continue;
        }
        struct wv_piece piece = {0};
        while (wv_piece_next(wv_slice_sub(text, from, to), &piece)) {
            wv_scan_hit(scan, WV_HIT_SEGMENT, from + piece.from, from + piece.to, from + piece.from,
                        (uint8_t)piece.what);
        }
        if (byte == '?') {
            break;
        }
        from = to + 1;
    }
    scan->hits->steps += value.to - value.from;
}

static bool is_attack_byte(uint8_t byte)
{
    return byte == '"' || byte == '\'' || byte == '`' || byte == '<' || byte == '>' ||
           byte == ';' || byte == '(' || byte == ')' || byte == '|' || byte == '\\';
}

/* What parts the fields of a session, as in "ann|1795321384|token|hmac" of WordPress's, where a
 * word follows; before anything else it may begin an attack. */
static bool parts_fields(uint8_t byte)
{
    return byte == '|' || byte == ';' || byte == '(' || byte == ')' || byte == '\\';
}

static bool has_scheme(struct wv_slice text, struct wv_range value)
{
    size_t to = value.from;
    while (to < value.to && wv_is_letter(text.ptr[to])) {
        to++;
    }
    return wv_byte_at(text, to) == ' ' && wv_scheme_length(text, to, true) == to - value.from;
}

/* Where an attack begins that stands behind the value of a named parameter. A password may hold
 * anything, and O'Neil is a name: there the quote is none unless a blank or a sign is behind it. */
static size_t value_end(struct wv_slice text, struct wv_range value, enum wv_parameter parameter)
{
    const bool secret = parameter == WV_PARAMETER_CREDENTIAL && !has_scheme(text, value);
    const bool exact = parameter == WV_PARAMETER_SESSION || parameter == WV_PARAMETER_CREDENTIAL ||
                       parameter == WV_PARAMETER_DEVICE || parameter == WV_PARAMETER_TRACKING ||
                       parameter == WV_PARAMETER_PAYMENT || parameter == WV_PARAMETER_NATIONAL_ID;
    for (size_t at = value.from; !secret && at < value.to; at++) {
        const uint8_t next = at + 1 < value.to ? text.ptr[at + 1] : 'x';
        if (is_attack_byte(text.ptr[at]) &&
            ((exact && !parts_fields(text.ptr[at])) || (!wv_is_word(next) && next < 0x80))) {
            return at;
        }
    }
    return value.to;
}

static void hide_value(struct wv_scan *scan, struct wv_range value, size_t seen_from,
                       enum wv_parameter parameter)
{
    const size_t to = value_end(scan->text, value, parameter);
    scan->hits->steps += to - value.from;
    if (to > value.from &&
        !wv_placeholder_is(wv_slice_sub(scan->text, value.from, to), scan->detection->patterns)) {
        wv_scan_hit(scan, WV_HIT_PARAMETER, value.from, to, seen_from, (uint8_t)parameter);
    }
}

/* What the name of a variable says of its value; UNLISTED: nothing. */
static enum wv_parameter scan_variable(struct wv_scan *scan, struct wv_range name,
                                       struct wv_range value)
{
    const struct wv_slice whole = wv_slice_sub(scan->text, name.from, name.to);
    const size_t len = collection_length(whole);
    if (len == whole.len) {
        if (is_path(whole)) {
            scan_path(scan, value);
        }
        return WV_PARAMETER_UNLISTED;
    }
    const struct wv_slice key = wv_slice_sub(whole, len + 1, whole.len);
    const enum wv_parameter parameter = wv_parameters_find(scan->detection->parameters, key);
    if (!wv_parameter_is_replaced(parameter)) {
        return WV_PARAMETER_UNLISTED;
    }
    hide_value(scan, value, name.from, parameter);
    return parameter;
}

/* Whether it is what libinjection says of SQL: up to five kinds of words, a letter each. */
static bool is_fingerprint(struct wv_slice match)
{
    for (size_t i = 0; i < match.len; i++) {
        if (match.ptr[i] == 0 || strchr("kUBEtfn1vscoOACTXF&(){}.,:;?\\", match.ptr[i]) == NULL) {
            return false;
        }
    }
    return match.len <= FINGERPRINT_MAX;
}

/* "Matched Data:" ends before `from`. */
static void scan_match(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    const struct wv_slice within = WV_LIT(" found within ");
    const size_t begin = from + (wv_byte_at(text, from) == ' ');
    const size_t end = find_word(scan, from, within);
    const size_t name = end + within.len;
    const size_t collection =
        end < text.len ? collection_length(wv_slice_sub(text, name, text.len)) : 0;
    const size_t name_end = find_word(scan, name + collection, WV_LIT(": "));
    if (collection == 0 || name_end >= text.len || begin >= end) {
        return;
    }
    scan->match = (struct wv_range){begin, end};
    scan->report = (struct wv_range){name_end + 2, text.len};
    const enum wv_parameter parameter =
        scan_variable(scan, (struct wv_range){name, name_end}, scan->report);
    const struct wv_slice match = wv_slice_sub(text, begin, end);
    if (parameter != WV_PARAMETER_UNLISTED && !is_fingerprint(match) &&
        find_word(scan, scan->report.from, match) == text.len) {
        /* A rule that looks twice tells the value that it saw last, a piece of the named one. */
        hide_value(scan, scan->match, begin, parameter);
    }
}

/* "(Value:" ends before `from`; "variable `NAME' " is before it. */
static void scan_value(struct wv_scan *scan, size_t from, size_t bracket)
{
    const struct wv_slice text = scan->text;
    if (!ends_with(text, bracket, WV_LIT("' ")) || wv_byte_at(text, from) != ' ' ||
        wv_byte_at(text, from + 1) != '`') {
        return;
    }
    struct wv_range name = {.from = bracket - 2, .to = bracket - 2};
    while (name.from > 0 && text.ptr[name.from - 1] != '`') {
        name.from--;
    }
    struct wv_range value = {from + 2, text.len};
    while (value.to > value.from && !ends_with(text, value.to, WV_LIT("' )"))) {
        value.to--;
    }
    value.to = value.to > value.from + 2 ? value.to - 3 : text.len;
    scan->hits->steps += name.to - name.from + text.len - value.from;
    scan_variable(scan, name, value);
}

void wv_scan_report(struct wv_scan *scan, size_t colon)
{
    const struct wv_slice matched = WV_LIT("Matched Data");
    const struct wv_slice value = WV_LIT("(Value");
    const struct wv_slice text = scan->text;
    if (scan->reported || colon == 0 ||
        (text.ptr[colon - 1] != 'a' && text.ptr[colon - 1] != 'e')) {
        return;
    }
    if (ends_with(text, colon, matched)) {
        scan->reported = true;
        scan->match = scan->report = (struct wv_range){0};
        scan_match(scan, colon + 1);
    } else if (ends_with(text, colon, value)) {
        scan->reported = true;
        scan->match = scan->report = (struct wv_range){0};
        scan_value(scan, colon + 1, colon - value.len);
    }
}

/* Hides in the match what the hit covers of the value, where the match stands at `at` in it. */
static void echo_at(struct wv_scan *scan, struct wv_hit hit, size_t at)
{
    const size_t len = scan->match.to - scan->match.from;
    const size_t from = hit.from > at ? hit.from - at : 0;
    const size_t to = hit.to > at ? hit.to - at : 0;
    if (from < to && from < len) {
        const size_t begin = scan->match.from + from;
        wv_scan_hit(scan, (enum wv_hit_kind)hit.kind, begin,
                    scan->match.from + (to < len ? to : len), begin, hit.detail);
    }
}

static void hide_match(struct wv_scan *scan, struct wv_hit hit)
{
    wv_scan_hit(scan, (enum wv_hit_kind)hit.kind, scan->match.from, scan->match.to,
                scan->match.from, hit.detail);
}

/* How many bytes from `at` on are, but for case, some that the hit covers. */
static size_t shared_length(struct wv_scan *scan, size_t at, const struct wv_hit *hit)
{
    const struct wv_slice text = scan->text;
    size_t longest = 0;
    for (size_t k = hit->from; k < hit->to; k++) {
        size_t len = 0;
        while (at + len < scan->match.to && k + len < hit->to &&
               wv_lower(text.ptr[at + len]) == wv_lower(text.ptr[k + len])) {
            len++;
        }
        longest = len > longest ? len : longest;
    }
    scan->hits->steps += hit->to - hit->from;
    return longest;
}

/* The match is the value after some transformation: what both have in common is hidden. */
static void echo_shared(struct wv_scan *scan, struct wv_hit hit)
{
    for (size_t at = scan->match.from; at < scan->match.to;) {
        const size_t len = shared_length(scan, at, &hit);
        if (len >= SHARED_MIN) {
            wv_scan_hit(scan, (enum wv_hit_kind)hit.kind, at, at + len, at, hit.detail);
        }
        at += len >= SHARED_MIN ? len : 1;
    }
}

/* Where the match stands in the value as it is, what is hidden there is hidden in it. Returns at
 * how many places that is, at most PLACES_MAX. */
static size_t echo_places(struct wv_scan *scan, struct wv_slice match, size_t count)
{
    size_t places = 0;
    for (size_t at = scan->report.from; places < PLACES_MAX; at++, places++) {
        at = find_word(scan, at, match);
        if (at == scan->text.len) {
            break;
        }
        scan->hits->steps += match.len;
        for (size_t i = 0; i < count; i++) {
            echo_at(scan, scan->hits->items[i], at);
        }
    }
    return places;
}

void wv_scan_echo(struct wv_scan *scan)
{
    struct wv_hits *hits = scan->hits;
    const struct wv_slice match = wv_slice_sub(scan->text, scan->match.from, scan->match.to);
    const size_t end = hits->count;
    if (match.len == 0) {
        return;
    }
    const size_t places = echo_places(scan, match, end);
    uint64_t work = 0;
    for (size_t i = 0; i < end && (places == 0 || places == PLACES_MAX); i++) {
        const struct wv_hit hit = hits->items[i];
        if (hit.from < scan->report.from) {
            continue;
        }
        work += (uint64_t)match.len * (hit.to - hit.from);
        if (places == 0 && work <= WORK_MAX) {
            echo_shared(scan, hit);
        } else {
            hide_match(scan, hit);
        }
    }
}
